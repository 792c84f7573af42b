//! Which policies can be loaded and which may decide, with and without trusted keys.

mod kinds;
mod removal;
mod slow_shadow;

use std::path::Path;
use std::sync::LazyLock;

use tempfile::TempDir;

use super::*;
use crate::contract::{CONTRACT, Description, TaskKind};
use crate::engine::tests::hostile;
use crate::engine::{Cache, Engine, Limits, LoadError};
use crate::journal::StoredPolicy;
use crate::registry::signature::{Envelope, PrivateKey, Statement};

/// A kind of task, where any kind will do.
const MOVE: TaskKind = TaskKind::Move;

fn previous(registry: &PolicyRegistry) -> Option<Digest> {
    registry.roles().previous(MOVE).copied()
}

fn shadow(registry: &PolicyRegistry) -> Option<Digest> {
    registry.roles().shadow(MOVE).copied()
}

fn loader() -> Loader {
    static CACHE: LazyLock<TempDir> = LazyLock::new(|| tempfile::tempdir().unwrap());
    let limits = Limits { instances: 4, ..Limits::default() };
    let engine = Engine::new(limits, Cache::at(CACHE.path())).unwrap();
    Loader::new(Arc::new(engine), Isolation::InProcess)
}

async fn open(journal: &Journal, trust: &Trust) -> Result<PolicyRegistry, RegistryError> {
    PolicyRegistry::open(loader(), journal.clone(), "standard", trust.clone(), Traps(3)).await
}

fn trust(key: &PrivateKey, built_in: &[&str]) -> Trust {
    let built_in: Vec<String> = built_in.iter().map(ToString::to_string).collect();
    Trust::given(&[key.public().to_string()], &built_in).unwrap()
}

fn signed(key: &PrivateKey, component: &[u8], name: &str, version: &str) -> Envelope {
    let (name, version, contract) = (name.into(), version.into(), CONTRACT.into());
    let description = Description {
        name,
        version,
        contract,
        tasks: vec![TaskKind::Move],
        settings_schema: None,
        ended_statuses: Vec::new(),
    };
    Statement::of(Digest::of(component), &description).unwrap().sign(key).unwrap()
}

/// A component that uses all its fuel when it is loaded: the error shows that it was loaded.
const UNLOADABLE: &str = "describes_for_ever";

/// Stores a component as if it had been added when no key was configured.
async fn keep(journal: &Journal, component: &[u8]) -> Digest {
    let digest = Digest::of(component);
    let (name, version) = ("hostile".to_owned(), "0.1.0".to_owned());
    let meta = PolicyMeta { digest: digest.to_string(), name, version, signature: None, added_at: 1 };
    journal.store_policy(&StoredPolicy { meta, component: component.to_vec() }).await.unwrap();
    digest
}

/// Asserts that the missing signature is the first error.
fn unsigned<T>(way: &str, result: Result<T, RegistryError>) {
    let why = match result {
        Ok(_) => panic!("{way} lets it in"),
        Err(RegistryError::Distrusted(why)) => why,
        Err(RegistryError::RoleDistrusted { why, .. } | RegistryError::BootstrapDistrusted { why, .. }) => why,
        Err(error) => panic!("{way} looks into it first: {error}"),
    };
    assert!(matches!(why, Distrust::Unsigned), "{way}: {why}");
}

#[tokio::test]
async fn a_component_is_loaded_only_after_its_signature_was_checked() {
    let (journal, component) = (Journal::off(), hostile(UNLOADABLE));
    let registry = open(&journal, &Trust::default()).await.unwrap();
    let loaded = registry.add(component.clone(), None).await.unwrap_err();
    assert!(
        matches!(loaded, RegistryError::Invalid(LoadError::Describe { .. })),
        "the component must fail when it is loaded: {loaded}"
    );

    let trust = trust(&PrivateKey::generate().unwrap(), &["standard"]);
    let registry = open(&journal, &trust).await.unwrap();
    let digest = keep(&journal, &component).await;
    unsigned("a push", registry.add(component.clone(), None).await);
    unsigned("a comparison, or the shadow", registry.policy(digest).await);
    unsigned("a resumption, or a start with an open task", registry.deciding(digest).await);
    unsigned("a promotion", registry.candidate(digest, true, None).await);

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.wasm");
    std::fs::write(&file, &component).unwrap();
    unsigned("policies.default, checked", BootstrapPolicy::read(&loader(), file.to_str().unwrap(), &trust).await);
    unsigned("policies.default", first(&file, &trust).await);

    let loader = VouchedLoader::new(loader());
    for of in [(ACTIVE, Duty::Decide), (PREVIOUS, Duty::Decide), (SHADOW, Duty::Listen)] {
        journal.set(&[(of.0, Some(digest.to_string()))]).await.unwrap();
        unsigned(of.0, stored::role(&loader, &journal, &trust, (digest, of.1)).await);
    }
    unsigned("a start under it", open(&journal, &trust).await);
    let standard = Digest::of(BUILT_IN[0].component).to_string();
    journal.set(&[(ACTIVE, Some(standard))]).await.unwrap();
    let registry = open(&journal, &trust).await.unwrap();
    assert_eq!((previous(&registry), shadow(&registry)), (None, None));
    assert!(matches!(registry.roll_back(None).await, Err(RegistryError::NoPrevious)));
}

async fn first(file: &Path, trust: &Trust) -> Result<PolicyRegistry, RegistryError> {
    PolicyRegistry::open(loader(), Journal::off(), file.to_str().unwrap(), trust.clone(), Traps(3)).await
}

#[tokio::test]
async fn the_name_of_a_built_in_policy_is_not_taken_by_another_one() {
    // An empty custom section named x, which changes the bytes only.
    let component = [BUILT_IN[0].component, &[0, 2, 1, b'x']].concat();
    let registry = open(&Journal::off(), &Trust::default()).await.unwrap();
    let pushed = registry.add(component.clone(), None).await.unwrap_err();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.wasm");
    std::fs::write(&file, &component).unwrap();
    let first = first(&file, &Trust::default()).await.map(drop).unwrap_err();
    let reserved = |error: &LoadError| matches!(error, LoadError::Reserved { reserved: "standard", .. });
    assert!(matches!(&pushed, RegistryError::Invalid(error) if reserved(error)), "{pushed}");
    assert!(matches!(&first, RegistryError::Bootstrap(error) if reserved(error)), "{first}");
}

#[tokio::test]
async fn a_description_that_differs_from_the_signature_is_refused() {
    let (key, component) = (PrivateKey::generate().unwrap(), hostile("older"));
    let registry = open(&Journal::off(), &trust(&key, &["standard"])).await.unwrap();
    for (name, version) in [("hostile", "0.1.0"), ("standard", "0.0.9")] {
        let stated = signed(&key, &component, name, version);
        let error = registry.add(component.clone(), Some(stated)).await.unwrap_err().to_string();
        let says =
            format!("a trusted key has signed {name} {version}, but the component describes itself as hostile 0.0.9");
        assert!(error.contains(&says), "{error}");
    }
    let stated = signed(&key, &component, "hostile", "0.0.9");
    registry.add(component.clone(), Some(stated)).await.unwrap();
    assert!(registry.candidate(Digest::of(&component), false, None).await.is_ok());
}

/// Makes a policy active, if that is allowed.
async fn promote(registry: &PolicyRegistry, digest: Digest, allow_older: bool) -> Result<PolicyRoles, RegistryError> {
    registry.promote(registry.candidate(digest, allow_older, None).await?).await
}

#[tokio::test]
async fn an_older_version_becomes_active_only_where_that_is_said() {
    let journal = Journal::off();
    let registry = open(&journal, &Trust::default()).await.unwrap();
    let newer = registry.add(hostile("panics"), None).await.unwrap().digest();
    let older = registry.add(hostile("older"), None).await.unwrap().digest();
    promote(&registry, older, false).await.unwrap();
    promote(&registry, newer, false).await.unwrap();
    let refused = |result: Result<PolicyRoles, RegistryError>| {
        let error = result.unwrap_err().to_string();
        assert!(error.starts_with("hostile 0.0.9 is older than 0.1.0, which was active here"), "{error}");
        assert!(error.contains("--allow-older"), "{error}");
    };
    refused(promote(&registry, older, false).await);
    assert_eq!(
        registry.roll_back(None).await.unwrap(),
        PolicyRoles::of(older),
        "a rollback to an older version is allowed"
    );
    promote(&registry, older, false).await.expect("it is active already");
    let standard = Digest::of(BUILT_IN[0].component);
    promote(&registry, standard, false).await.expect("of another name");
    drop(registry);

    let registry = open(&journal, &Trust::default()).await.unwrap();
    refused(promote(&registry, older, false).await);
    // Another policy may become active during the promotion check.
    let candidate = registry.candidate(newer, false, None).await.unwrap();
    assert_eq!(*registry.promote(candidate).await.unwrap().active(MOVE), newer);
    assert_eq!(*promote(&registry, older, true).await.unwrap().active(MOVE), older);
    promote(&registry, newer, false).await.unwrap();
    refused(promote(&registry, older, false).await);
}

#[tokio::test]
async fn other_built_in_policies_decide_only_if_configured() {
    let key = PrivateKey::generate().unwrap();
    let journal = Journal::off();
    for own in &BUILT_IN[1..] {
        let digest = Digest::of(own.component);
        let registry = open(&journal, &trust(&key, &["standard"])).await.unwrap();
        for result in
            [registry.deciding(digest).await.map(drop), registry.candidate(digest, false, None).await.map(drop)]
        {
            let error = result.unwrap_err();
            assert!(matches!(error, RegistryError::Distrusted(Distrust::BuiltIn(name)) if name == own.name), "{error}");
        }
        let policy = registry.policy(digest).await.expect("it may be judged");
        registry.set_shadow(Some(policy), None).await.expect("and listen");
        let error = registry.candidate(digest, false, None).await.unwrap_err();
        assert!(matches!(error, RegistryError::Distrusted(Distrust::BuiltIn(_))), "also when it is in memory: {error}");

        let registry = open(&journal, &trust(&key, &["standard", own.name])).await.unwrap();
        assert!(registry.candidate(digest, false, None).await.is_ok(), "the configuration says so");
        let registry = open(&journal, &trust(&key, &["standard"])).await.unwrap();
        let stated =
            signed(&key, own.component, own.name, &registry.policy(digest).await.unwrap().description().version);
        registry.add(own.component.to_vec(), Some(stated)).await.unwrap();
        assert!(registry.candidate(digest, false, None).await.is_ok(), "a trusted key says so");
    }
}

#[tokio::test]
async fn a_list_does_not_read_components_again() {
    let (key, component, journal) = (PrivateKey::generate().unwrap(), hostile("older"), Journal::off());
    let registry = open(&journal, &trust(&key, &["standard"])).await.unwrap();
    let of = |key: &PrivateKey| signed(key, &component, "hostile", "0.0.9").to_string();
    let digest =
        registry.add(component.clone(), Some(signed(&key, &component, "hostile", "0.0.9"))).await.unwrap().digest();
    let meta = |signature: Option<String>| {
        let (name, version) = ("hostile".to_owned(), "0.0.9".to_owned());
        PolicyMeta { digest: digest.to_string(), name, version, signature, added_at: 1 }
    };
    assert_eq!(registry.signed(&meta(Some(of(&key)))).await.unwrap(), Signed::Verified);
    // The component is gone, so that it could not be read again.
    assert!(journal.forget_policy(&digest.to_string()).await.unwrap());
    assert_eq!(registry.signed(&meta(Some(of(&key)))).await.unwrap(), Signed::Verified);
    assert_eq!(registry.signed(&meta(None)).await.unwrap(), Signed::No);
    // Another signature is another matter.
    let other = registry.signed(&meta(Some(of(&PrivateKey::generate().unwrap())))).await;
    assert!(matches!(other, Err(RegistryError::Unknown(_))), "{other:?}");
}
