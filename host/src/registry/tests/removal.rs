//! Policies that are removed.

use super::*;
use crate::journal::tests::databases::Empty;

#[tokio::test]
async fn a_removed_policy_leaves_nothing_in_the_cache() {
    let cache = tempfile::tempdir().unwrap();
    let engine = Engine::new(Limits { instances: 4, ..Limits::default() }, Cache::at(cache.path())).unwrap();
    let loader = Loader::new(Arc::new(engine), Isolation::InProcess);
    let (journal, trust) = (Journal::off(), Trust::default());
    let registry = PolicyRegistry::open(loader, journal, "standard", trust, Traps(3)).await.unwrap();
    let entries = || std::fs::read_dir(cache.path()).unwrap().count();
    let before = entries();
    let digest = registry.add(hostile("panics"), None).await.unwrap().digest();
    assert_eq!(entries(), before + 1);
    registry.remove(digest).await.unwrap();
    assert_eq!(entries(), before);
}

#[tokio::test]
async fn a_policy_without_a_role_is_removed() {
    let journal = Journal::off();
    let registry = open(&journal, &Trust::default()).await.unwrap();
    let [first, second, shadow] = ["panics", "older", "loops"].map(hostile);
    let mut digests = Vec::new();
    for component in [first, second, shadow] {
        digests.push(registry.add(component, None).await.unwrap().digest());
    }
    let [first, second, shadow] = digests.as_slice() else { panic!("{digests:?}") };
    registry.set_shadow(Some(registry.policy(*shadow).await.unwrap()), None).await.unwrap();
    promote(&registry, *first, true).await.unwrap();
    let standard = Digest::of(BUILT_IN[0].component);
    for (needed, why) in [(*first, "the active policy"), (*shadow, "the shadow policy"), (standard, "comes with")] {
        let error = registry.remove(needed).await.unwrap_err();
        assert!(matches!(&error, RegistryError::InUse { .. }) && error.to_string().contains(why), "{error}");
        assert!(registry.check_stored(needed).await.is_ok(), "{why}");
    }
    // It was loaded before it was removed.
    let late = registry.candidate(*second, true, None).await.unwrap();
    registry.remove(*second).await.unwrap();
    for error in [
        registry.remove(*second).await.unwrap_err(),
        registry.policy(*second).await.unwrap_err(),
        registry.promote(late).await.unwrap_err(),
    ] {
        assert!(matches!(error, RegistryError::Unknown(unknown) if unknown == *second), "{error}");
    }
    promote(&registry, standard, true).await.unwrap();
    let error = registry.remove(*first).await.unwrap_err().to_string();
    assert!(error.contains("it is the previous policy, and a rollback needs it"), "{error}");
}

#[tokio::test]
async fn a_policy_under_which_another_runner_may_begin_a_task_is_not_removed() {
    let empty = Empty::postgres().synced().await;
    let journal = async || Journal::connect(&empty.options(), "").await.unwrap();
    let [first, second] =
        [open(&journal().await, &Trust::default()).await, open(&journal().await, &Trust::default()).await];
    let [first, second] = [first.unwrap(), second.unwrap()];
    let digest = first.add(hostile("panics"), None).await.unwrap().digest();
    let refused = async |why: &str| {
        let error = first.check_unused(digest).await.unwrap_err();
        assert!(matches!(&error, RegistryError::InUse { .. }) && error.to_string().contains(why), "{error}");
        assert!(first.remove(digest).await.is_err());
    };
    promote(&second, digest, true).await.unwrap();
    refused("it is the active policy").await;
    second.roll_back(None).await.unwrap();
    refused("another runner may still begin a task under it; try again in 1").await;
    tokio::time::sleep(std::time::Duration::from_secs(16)).await;
    first.check_unused(digest).await.unwrap();
    // A change of the roles that the first runner has not seen.
    promote(&second, digest, true).await.unwrap();
    assert!(matches!(first.remove(digest).await.unwrap_err(), RegistryError::RolesChanged));
    assert!(second.check_stored(digest).await.is_ok());
    second.roll_back(None).await.unwrap();
}
