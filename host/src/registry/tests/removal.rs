//! Policies that are removed.

use super::*;

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
    registry.set_shadow(Some(registry.policy(*shadow).await.unwrap())).await.unwrap();
    promote(&registry, *first, true).await.unwrap();
    let standard = Digest::of(BUILT_IN[0].component);
    for (needed, why) in [(*first, "the active policy"), (*shadow, "the shadow policy"), (standard, "comes with")] {
        let error = registry.remove(needed).await.unwrap_err();
        assert!(matches!(&error, RegistryError::InUse { .. }) && error.to_string().contains(why), "{error}");
        assert!(registry.check_stored(needed).await.is_ok(), "{why}");
    }
    // It was loaded before it was removed.
    let late = registry.candidate(*second, true).await.unwrap();
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
