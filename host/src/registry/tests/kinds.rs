//! Roles of policies by kind of task.

use serde_json::json;

use super::*;
use crate::contract::Task;
use crate::engine::CallError;
use crate::failure::Failure;
use crate::journal::tests::databases::Empty;

fn kinds(names: &str) -> Kinds {
    names.parse().unwrap()
}

async fn promote_for(registry: &PolicyRegistry, digest: Digest, names: &str) -> Result<PolicyRoles, RegistryError> {
    registry.promote(registry.candidate(digest, true, Some(kinds(names))).await?).await
}

/// A policy that is stored and has rules for moves.
async fn hostile_policy(registry: &PolicyRegistry, name: &str) -> Arc<Policy> {
    registry.add(hostile(name), None).await.unwrap()
}

/// A task of this kind, which ended because the policy trapped, or ended well.
async fn ended(registry: &PolicyRegistry, policy: &Policy, kind: TaskKind, trapped: bool) -> bool {
    let [server, consumer] = ["1", "2"].map(|digit| format!("{digit}1111111-1111-4111-8111-111111111111"));
    let task: Task = serde_json::from_value(match kind {
        TaskKind::Release => json!({ "kind": "release", "consumer": consumer, "server": server }),
        TaskKind::Revert => json!({ "kind": "revert", "server": server, "migration": consumer }),
        _ => json!({ "kind": "move", "source": server, "target": consumer, "target_is_new": true }),
    })
    .unwrap();
    assert_eq!(task.kind(), kind);
    let trap = Failure::from(CallError::Trapped("unreachable".into()));
    let failure = trapped.then_some(&trap);
    registry.task_ended(policy, EndedTask { task: &task, began_so: true, history: &[], failure }).await
}

#[tokio::test]
async fn a_policy_decides_only_the_kinds_that_it_was_promoted_for() {
    let journal = Journal::off();
    let registry = open(&journal, &Trust::default()).await.unwrap();
    let standard = registry.active(MOVE);
    let other = hostile_policy(&registry, "panics").await;
    promote_for(&registry, other.digest(), "move,revert").await.unwrap();
    let decides = |registry: &PolicyRegistry, kind| registry.active(kind).digest();
    for registry in [registry, open(&journal, &Trust::default()).await.unwrap()] {
        assert_eq!(decides(&registry, MOVE), other.digest());
        assert_eq!(decides(&registry, TaskKind::Migrate), standard.digest());
        assert_eq!(registry.roles().previous(TaskKind::Revert), Some(&standard.digest()));
        assert_eq!(registry.ended_statuses(), standard.description().ended_statuses);
        let error = registry.remove(other.digest()).await.unwrap_err();
        assert!(error.to_string().contains("it is the active policy"), "{error}");
    }
    // A program that knows no roles by kind does not start with this journal.
    let active = journal.setting(ACTIVE).await.unwrap().unwrap();
    assert_eq!(active, format!("{} and others by kind of task", standard.digest()));
    let registry = open(&journal, &Trust::default()).await.unwrap();
    registry.roll_back(None).await.unwrap();
    assert_eq!(journal.setting(ACTIVE).await.unwrap(), Some(standard.digest().to_string()));
    assert_eq!(
        (registry.roles(), journal.setting("active/move").await.unwrap()),
        (PolicyRoles::of(standard.digest()), None)
    );
}

#[tokio::test]
async fn a_policy_gets_no_role_for_a_kind_without_rules() {
    let registry = open(&Journal::off(), &Trust::default()).await.unwrap();
    let moves = hostile_policy(&registry, "moves_only").await;
    let says = "hostile has no rules for revert, migrate: name only kinds that it has rules for (`--for move`)";
    let error = promote_for(&registry, moves.digest(), "move,migrate,revert").await.unwrap_err();
    assert_eq!(error.to_string(), says);
    let error = registry.set_shadow(Some(moves.clone()), Some(&kinds("revert,migrate"))).await.unwrap_err();
    assert_eq!(error.to_string(), says);
    promote_for(&registry, moves.digest(), "move").await.unwrap();
    // Without kinds it may listen to all tasks, as ever.
    registry.set_shadow(Some(moves), None).await.unwrap();
}

#[tokio::test]
async fn traps_in_one_kind_roll_back_that_kind() {
    let registry = open(&Journal::off(), &Trust::default()).await.unwrap();
    let standard = registry.active(MOVE);
    let other = hostile_policy(&registry, "panics").await;
    promote_for(&registry, other.digest(), "move,revert").await.unwrap();
    for kind in [MOVE, MOVE] {
        assert!(!ended(&registry, &other, kind, true).await);
    }
    // Neither a task of another kind nor one of another policy ends the row.
    assert!(!ended(&registry, &standard, TaskKind::Release, true).await);
    assert!(!ended(&registry, &standard, TaskKind::Release, false).await);
    assert!(ended(&registry, &other, MOVE, true).await);
    let roles = registry.roles();
    assert_eq!((roles.active(MOVE), roles.active(TaskKind::Revert)), (&standard.digest(), &other.digest()));
    assert_eq!((roles.previous(MOVE), roles.previous(TaskKind::Revert)), (None, Some(&standard.digest())));
    let error = registry.roll_back(Some(&kinds("move,revert"))).await.unwrap_err();
    assert!(error.to_string().starts_with("no policy was active before for move: promote another"), "{error}");
    registry.roll_back(Some(&kinds("revert"))).await.unwrap();
    assert_eq!(registry.roles(), PolicyRoles::of(standard.digest()));
}

#[tokio::test]
async fn kinds_without_roles_of_their_own_are_counted_and_rolled_back_together() {
    let registry = open(&Journal::off(), &Trust::default()).await.unwrap();
    let standard = registry.active(MOVE).digest();
    let seed = registry.policy(Digest::of(BUILT_IN[1].component)).await.unwrap();
    promote(&registry, seed.digest(), true).await.unwrap();
    let other = hostile_policy(&registry, "panics").await;
    promote_for(&registry, other.digest(), "revert").await.unwrap();
    assert!(!ended(&registry, &seed, MOVE, true).await);
    assert!(!ended(&registry, &seed, TaskKind::Release, true).await);
    assert!(ended(&registry, &seed, MOVE, true).await);
    let roles = registry.roles();
    assert_eq!((roles.active(MOVE), roles.active(TaskKind::Abort)), (&standard, &standard));
    assert_eq!(
        (roles.active(TaskKind::Revert), roles.previous(TaskKind::Revert)),
        (&other.digest(), Some(&seed.digest()))
    );
}

#[tokio::test]
async fn a_shadow_of_one_kind_loses_only_that_role() {
    let journal = Journal::off();
    let registry = open(&journal, &Trust::default()).await.unwrap();
    let other = hostile_policy(&registry, "panics").await;
    registry.set_shadow(Some(other.clone()), Some(&kinds("move,revert"))).await.unwrap();
    assert!(registry.shadow(TaskKind::Migrate).is_none());
    for _ in 0..2 {
        registry.shadow_was_slow(&other, MOVE).await;
        registry.shadow_was_slow(&other, TaskKind::Revert).await;
    }
    assert_eq!(registry.roles().shadow(MOVE), Some(&other.digest()));
    registry.shadow_was_slow(&other, MOVE).await;
    let registry = open(&journal, &Trust::default()).await.unwrap();
    assert_eq!((registry.shadow(MOVE).is_some(), registry.shadow(TaskKind::Revert).is_some()), (false, true));
    registry.set_shadow(None, Some(&kinds("revert"))).await.unwrap();
    assert_eq!(journal.settings().await.unwrap().iter().filter(|(name, _)| name.contains('/')).count(), 0);
}

#[tokio::test]
async fn runners_share_roles_and_failures_of_each_kind() {
    for empty in Empty::each() {
        let empty = empty.synced().await;
        let journal = async || Journal::connect(&empty.options(), "").await.unwrap();
        let first = open(&journal().await, &Trust::default()).await.unwrap();
        let second = open(&journal().await, &Trust::default()).await.unwrap();
        let standard = first.active(MOVE);
        let other = hostile_policy(&first, "panics").await;
        promote_for(&first, other.digest(), "move,revert").await.unwrap();
        let late = promote_for(&second, standard.digest(), "abort").await.unwrap_err();
        assert!(matches!(late, RegistryError::RolesChanged), "{late}");
        second.follow().await.unwrap();
        assert_eq!(second.roles(), first.roles());
        assert!(!ended(&first, &other, MOVE, true).await);
        assert!(!ended(&second, &other, MOVE, true).await);
        assert!(!ended(&second, &other, TaskKind::Revert, true).await);
        assert!(ended(&first, &other, MOVE, true).await, "the third at all runners");
        second.follow().await.unwrap();
        assert_eq!(second.active(MOVE).digest(), standard.digest());
        assert_eq!(second.active(TaskKind::Revert).digest(), other.digest());
        let started = open(&journal().await, &Trust::default()).await.unwrap();
        assert_eq!(started.roles(), second.roles());
        started.roll_back(None).await.unwrap();
        assert_eq!(empty.sql("SELECT name FROM settings WHERE name LIKE '%/%'").trim(), "");
    }
}
