//! A policy of the world `move-policy` decides moves like one of the world `migration-policy`, and gets no other task.

use futures_util::FutureExt as _;

use super::*;
use crate::contract::{Failed, Failure, Step};
use crate::drive::{Run, drive};
use crate::engine::World;
use crate::simulation::SimWorld;
use crate::simulation::scenario::{Scenario, built_in};

const MOVES: [TaskKind; 3] = [TaskKind::Move, TaskKind::Replace, TaskKind::Revert];

fn play(name: &str, scenario: &Scenario) -> Run {
    drive(&policy(name), &scenario.task, &SimWorld::new(scenario), &mut ()).now_or_never().unwrap()
}

#[test]
fn a_policy_knows_its_world() {
    let of_moves = policy("standard-moves");
    assert_eq!((of_moves.world(), of_moves.world().name()), (World::MovePolicy, "move-policy"));
    assert_eq!(of_moves.description().tasks, MOVES);
    assert_eq!(policy("standard").world(), World::MigrationPolicy);
    assert_eq!(policy("moves_only").world(), World::MigrationPolicy);
    assert_eq!(of_moves.with_settings(None).unwrap().world(), World::MovePolicy);
}

#[test]
fn a_policy_of_moves_plays_every_scenario_of_a_move_as_standard_does() {
    let moves: Vec<&Scenario> = built_in().iter().filter(|one| MOVES.contains(&one.task.kind())).collect();
    assert_eq!(moves.len(), 33);
    let mut moved = 0;
    for scenario in moves {
        let [expected, found] = ["standard", "standard-moves"].map(|name| play(name, scenario));
        assert_eq!((&found.history, &found.steps), (&expected.history, &expected.steps), "{}", scenario.name);
        assert_eq!(found.end.is_ok(), expected.end.is_ok(), "{}", scenario.name);
        moved += usize::from(matches!(found.end, Ok(crate::contract::Outcome::Moved(_))));
    }
    assert!(moved > 5, "only {moved} scenarios move allocations");
}

#[test]
fn a_policy_of_moves_gets_no_task_of_a_migration() {
    let of_migrations = built_in().iter().filter(|one| !MOVES.contains(&one.task.kind()));
    for scenario in of_migrations {
        let run = play("standard-moves", scenario);
        assert_eq!(run.end.unwrap_err().code(), "unsupported-task", "{}", scenario.name);
        assert_eq!((run.steps.len(), run.history.len()), (0, 0), "{}", scenario.name);
    }
}

#[test]
fn a_history_that_its_world_does_not_have_diverges_without_a_call() {
    let mut history = read_both();
    let expected = policy("standard-moves").next_step(&task(1), &history).unwrap();
    assert!(expected.fuel_used > 0);
    assert_eq!(expected.step, policy("standard").next_step(&task(1), &history).unwrap().step);
    history[1].reply = Reply::Done;
    let decision = policy("standard-moves").next_step(&task(1), &history).unwrap();
    let Step::Failed(Failed { failure: Failure::Diverged(diverged), .. }) = &decision.step else {
        panic!("{decision:?}")
    };
    assert_eq!((diverged.index, diverged.asked.as_ref()), (1, Some(&history[1].effect)));
    assert_eq!(decision.fuel_used, 0);
}

#[test]
fn its_calls_have_the_same_limits() {
    let limits = Limits { instances: 4, fuel: 1_000, ..Limits::default() };
    let engine = Engine::new(limits, Cache::off()).unwrap();
    let error = engine.load("standard-moves", &built("standard-moves")).unwrap_err();
    assert!(format!("{:#}", anyhow::Error::new(error)).contains("used up its 1000 units of fuel"));
}
