//! The types of `moves` convert to the full types and back, and a case of a migration does not convert.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    missing_docs,
    reason = "a failing unwrap shows its line; clippy.toml allows this in tests, and this line in their helpers"
)]

mod samples;

use std::fmt::Debug;

use samples::sample;
use serde::de::DeserializeOwned;
use swaparoo_contract::{
    Description, Effect, Exchange, Failure, NotInMoves, Outcome, Reply, Step, Task, TaskKind, moves,
};

/// Converts a value of each case of `Full`; returns the names of the cases that `Small` has.
fn check<Full, Small>(of: &'static str, names: &[&'static str]) -> Vec<&'static str>
where
    Full: DeserializeOwned + Clone + PartialEq + Debug + From<Small>,
    Small: TryFrom<Full, Error = NotInMoves>,
{
    let converts = |case: &&'static str| {
        let full: Full = sample(case);
        match Small::try_from(full.clone()) {
            Ok(small) => {
                assert_eq!(Full::from(small), full, "{of} {case}");
                true
            }
            Err(error) => {
                assert_eq!(error, NotInMoves { of, case });
                false
            }
        }
    };
    names.iter().copied().filter(converts).collect()
}

#[test]
fn every_case_of_moves_converts_and_no_other() {
    assert_eq!(check::<Task, moves::Task>("task", &Task::NAMES), moves::Task::NAMES);
    assert_eq!(check::<Effect, moves::Effect>("effect", &Effect::NAMES), moves::Effect::NAMES);
    assert_eq!(check::<Reply, moves::Reply>("reply", &Reply::NAMES), moves::Reply::NAMES);
    assert_eq!(check::<Step, moves::Step>("step", &Step::NAMES), moves::Step::NAMES);
    assert_eq!(check::<Outcome, moves::Outcome>("outcome", &Outcome::NAMES), moves::Outcome::NAMES);
    assert_eq!(check::<Failure, moves::Failure>("failure", &Failure::NAMES), moves::Failure::NAMES);
}

#[test]
fn every_kind_of_a_move_converts_and_no_other() {
    let known = TaskKind::ALL.into_iter().filter_map(|kind| moves::TaskKind::try_from(kind).ok());
    let known: Vec<moves::TaskKind> = known.collect();
    assert_eq!(known, moves::TaskKind::ALL);
    assert_eq!(known.iter().map(|kind| kind.name()).collect::<Vec<_>>(), moves::Task::NAMES);
    let refused = moves::TaskKind::try_from(TaskKind::Release);
    assert_eq!(refused, Err(NotInMoves { of: "task-kind", case: "release" }));
}

#[test]
fn a_record_converts_with_all_its_fields() {
    let (effect, reply): (Effect, Reply) = (sample("find-server"), sample("server"));
    let exchange = Exchange { effect, reply, asked_at: 3, answered_at: 5 };
    assert_eq!(Exchange::from(moves::Exchange::try_from(exchange.clone()).unwrap()), exchange);
    let of_migration = Exchange::new(exchange.effect, sample("cell"));
    assert_eq!(moves::Exchange::try_from(of_migration), Err(NotInMoves { of: "reply", case: "cell" }));

    let [name, version, contract] = ["n", "1", "1.0.0"].map(String::from);
    let (tasks, ended_statuses) = (vec![TaskKind::Revert, TaskKind::Move], vec!["error".to_owned()]);
    let described = Description { name, version, contract, tasks, settings_schema: Some("{}".into()), ended_statuses };
    assert_eq!(Description::from(moves::Description::try_from(described.clone()).unwrap()), described);
}

#[test]
fn the_error_names_the_case_and_the_way_out() {
    let error = moves::Effect::try_from(sample::<Effect>("prep-resize")).unwrap_err();
    let expected =
        "the interface `moves` does not have the effect `prep-resize`: use a policy of the world `migration-policy`";
    assert_eq!(error.to_string(), expected);
}
