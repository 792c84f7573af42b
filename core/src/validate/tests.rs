//! Which tasks are accepted.

use super::{ValidationError, reply, task};
use crate::contract::{
    Effect, FindServer, MigrationTask, MoveTask, ReleaseTask, ReplaceTask, Reply, ResourceAmount, RevertTask,
    ServerAnswer, ServerDetails, ServerMigration, ServerState, Task,
};

const ONE: &str = "aaaaaaaa-1111-4111-8111-111111111111";
const TWO: &str = "22222222-2222-4222-8222-222222222222";

/// Tasks of each kind that names two consumers and little else.
fn tasks(one: &str, other: &str) -> [Task; 7] {
    let (server, migration) = (one.to_owned(), other.to_owned());
    let of = || MigrationTask { server: server.clone(), migration: migration.clone() };
    let move_task = |target_is_new| MoveTask { source: server.clone(), target: migration.clone(), target_is_new };
    [
        Task::Move(move_task(true)),
        Task::Move(move_task(false)),
        Task::Replace(ReplaceTask { server: server.clone(), migration: migration.clone(), source_node: None }),
        Task::Revert(RevertTask { server: server.clone(), migration: migration.clone() }),
        Task::Confirm(of()),
        Task::RevertResize(of()),
        Task::Abort(of()),
    ]
}

#[test]
fn a_task_of_one_consumer_twice_is_refused() {
    for same in tasks(ONE, ONE) {
        let ValidationError { field, why } = task(&same).unwrap_err();
        assert!(["target", "migration", "server"].contains(&field.as_str()), "{same:?}: {field}");
        assert!(why.contains(ONE) && why.contains("name two different consumers"), "{same:?}: {why}");
    }
    tasks(ONE, TWO).iter().for_each(|two| assert_eq!(task(two), Ok(()), "{two:?}"));
}

#[test]
fn a_release_may_name_a_server_alone() {
    for consumer in [ONE, TWO] {
        let release = ReleaseTask { consumer: consumer.into(), server: ONE.into() };
        assert_eq!(task(&Task::Release(release)), Ok(()));
    }
}

#[test]
fn the_details_of_a_server_are_names_amounts_and_uuids() {
    let found = |change: fn(&mut ServerDetails)| {
        let mut details = ServerDetails {
            host: Some("h1".into()),
            node: Some("n1".into()),
            vm_state: Some("active".into()),
            task_state: None,
            flavor: Some(vec![ResourceAmount { class: "VCPU".into(), amount: 2 }]),
            migrations: Some(vec![ServerMigration { migration: TWO.into(), status: "error".into() }]),
        };
        change(&mut details);
        let answer = ServerAnswer { state: ServerState::Present, details: Some(details) };
        let asked = Effect::FindServer(FindServer { server: ONE.into() });
        reply(&asked, &Reply::Server(answer)).map_err(|ValidationError { field, .. }| field)
    };
    assert_eq!(found(|_| {}), Ok(()));
    assert_eq!(found(|details| details.host = Some(String::new())), Err("details.host".into()));
    assert_eq!(found(|details| details.task_state = Some("a\nb".into())), Err("details.task_state".into()));
    let field = found(|details| details.flavor = Some(vec![ResourceAmount { class: "VCPU".into(), amount: 0 }]));
    assert!(field.unwrap_err().starts_with("details.flavor"));
    let field = found(|details| {
        details.migrations = Some(vec![ServerMigration { migration: "M".into(), status: "error".into() }]);
    });
    assert_eq!(field, Err("details.migrations[0].migration".into()));
    let field = found(|details| {
        details.migrations = Some(vec![ServerMigration { migration: TWO.into(), status: "error".into() }; 1_025]);
    });
    assert_eq!(field, Err("details.migrations".into()));
}
