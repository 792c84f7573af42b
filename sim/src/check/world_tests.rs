//! Tests of what can happen: faults that go on, writes in two halves, and journals that forget.

use super::mover::PolicyCalls;
use super::*;
use crate::contract::{
    DeleteAllocations, Effect, Exchange, FindServer, GetAllocations, OfMigration, Pause, Perform, Reply, Step, Task,
};
use crate::fixture::{MIGRATION, SERVER};
use crate::{EffectFault, SimEvent};

const STALE: SimEvent = SimEvent::Fault(EffectFault::Stale);
const NOT_LISTED: SimEvent = SimEvent::Fault(EffectFault::NotListed);

fn at(event: SimEvent) -> Action {
    Action::Effect { actor: 0, event }
}

/// The state of the scene `give-back` under a policy that asks for these effects in turn, one a step.
fn state(effects: Vec<Effect>, then: impl FnOnce(&mut State, &mut PolicyCalls<'_>)) -> State {
    let mut policy = |_: &Task, history: &[Exchange]| {
        let next = effects.get(history.len()).unwrap_or(&effects[0]).clone();
        Step::Perform(Perform { effects: vec![next], reasons: Vec::new() })
    };
    let mut calls = PolicyCalls { policy: &mut policy, count: 0, ended: Vec::new() };
    let mut state = scenes().unwrap().into_iter().find(|scene| scene.name == "give-back").unwrap().start;
    state.start(&mut calls);
    then(&mut state, &mut calls);
    state
}

fn get(consumer: &str) -> Effect {
    Effect::GetAllocations(GetAllocations { consumer: consumer.into() })
}

fn at_the_start() -> crate::SimCloud {
    state(vec![get(SERVER)], |_, _| {}).cloud
}

#[test]
fn a_replica_that_is_behind_counts_once_until_a_pause() {
    let pause = Effect::Pause(Pause { up_to_ms: 5_000 });
    let effects = vec![get(MIGRATION), get(SERVER), pause, get(SERVER)];
    state(effects, |state, calls| {
        assert!(state.actions().contains(&at(STALE)) && state.is_fault(at(STALE)));
        let Some(Reply::Holding(shown)) = state.apply(at(STALE), calls) else { panic!("no answer") };
        assert!(shown.allocations.is_empty(), "before the swap the record held nothing: {shown:?}");
        // The second read of the pair may reach the replica, too, or not.
        let actions = state.actions();
        assert!(actions.contains(&at(STALE)) && actions.contains(&at(SimEvent::ANSWERED)), "{actions:?}");
        assert!(!state.is_fault(at(STALE)));
        state.apply(at(SimEvent::ANSWERED), calls);
        state.apply(at(SimEvent::ANSWERED), calls);
        assert!(!state.actions().contains(&at(STALE)), "the replica has caught up");
    });
}

#[test]
fn a_record_that_is_not_listed_counts_once_until_a_pause() {
    let asks = Effect::GetMigration(OfMigration { migration: MIGRATION.into() });
    let pause = Effect::Pause(Pause { up_to_ms: 5_000 });
    state(vec![asks.clone(), asks.clone(), pause, asks], |state, calls| {
        assert!(state.is_fault(at(NOT_LISTED)));
        state.apply(at(NOT_LISTED), calls);
        assert!(state.actions().contains(&at(NOT_LISTED)) && !state.is_fault(at(NOT_LISTED)));
        state.apply(at(NOT_LISTED), calls);
        state.apply(at(SimEvent::ANSWERED), calls);
        assert!(state.is_fault(at(NOT_LISTED)));
    });
}

/// Placement does not check again what a consumer that is emptied still holds (docs/rules.md).
#[test]
fn others_write_between_the_halves_of_a_write() {
    let effects = || vec![get(MIGRATION), get(SERVER), crate::fixture::give_back(&at_the_start()), get(SERVER)];
    let arrives = |state: &mut State, calls: &mut PolicyCalls<'_>| {
        let (project, user) = ("project".to_owned(), "user".to_owned());
        let dropped = DeleteAllocations { consumer: MIGRATION.into(), project, user, generation: 1 };
        state.in_flight.push(Effect::DeleteAllocations(dropped));
        state.apply(Action::Arrives { request: 0 }, calls);
        assert!(state.cloud.held(MIGRATION).is_empty());
    };
    let read_both = |state: &mut State, calls: &mut PolicyCalls<'_>| {
        state.apply(at(SimEvent::ANSWERED), calls);
        state.apply(at(SimEvent::ANSWERED), calls);
    };
    let state_after = state(effects(), |state, calls| {
        read_both(state, calls);
        assert!(state.actions().contains(&Action::Begins { actor: 0 }));
        state.apply(Action::Begins { actor: 0 }, calls);
        let of_mover = state.actions().into_iter().filter(|action| matches!(action, Action::Effect { .. })).count();
        assert_eq!(of_mover, 2, "the answer, or none");
        arrives(state, calls);
        assert_eq!(state.apply(at(SimEvent::ANSWERED), calls), Some(Reply::Written));
    });
    assert!(!state_after.cloud.held(SERVER).is_empty());
    state(effects(), |state, calls| {
        read_both(state, calls);
        arrives(state, calls);
        let Some(Reply::Refused(refusal)) = state.apply(at(SimEvent::ANSWERED), calls) else { panic!("not refused") };
        assert_eq!(refusal.status, 409);
    });
}

#[test]
fn a_journal_forgets_a_write_that_was_done() {
    let effects = vec![get(MIGRATION), get(SERVER), crate::fixture::give_back(&at_the_start()), get(SERVER)];
    state(effects, |state, calls| {
        state.apply(at(SimEvent::ANSWERED), calls);
        assert!(!state.actions().iter().any(|action| matches!(action, Action::Forgets { .. })), "a read");
        state.apply(at(SimEvent::ANSWERED), calls);
        for left in [0, 1, 2] {
            assert!(state.actions().contains(&Action::Forgets { actor: 0, left }), "{left}");
        }
        let before = state.key();
        state.apply(Action::Forgets { actor: 0, left: 1 }, calls);
        let mover = state.actors[0].mover().unwrap();
        assert_eq!((mover.exchanges(), mover.effect()), (1, Some(&get(SERVER))));
        assert!(!state.cloud.held(SERVER).is_empty(), "the write was done");
        assert_ne!(state.key(), before);
    });
}

#[test]
fn the_conductor_dies_between_any_two_questions_of_a_step() {
    let ask = || Effect::FindServer(FindServer { server: SERVER.into() });
    let mut both =
        |_: &Task, _: &[Exchange]| Step::Perform(Perform { effects: vec![ask(), ask()], reasons: Vec::new() });
    let mut calls = PolicyCalls { policy: &mut both, count: 0, ended: Vec::new() };
    let mut state = scenes().unwrap().into_iter().find(|scene| scene.name == "give-back").unwrap().start;
    state.start(&mut calls);
    let dies = at(SimEvent::ConductorDies { done: false });
    for _ in 0..3 {
        assert!(state.actions().contains(&dies));
        state.apply(at(SimEvent::ANSWERED), &mut calls);
    }
}

#[test]
fn reads_are_refused_and_nova_is_out_of_reach_only_in_scenes_that_ask_for_it() {
    let refusals = [EffectFault::Forbidden, EffectFault::ServerError].map(|fault| at(SimEvent::Fault(fault)));
    let unreachable = at(SimEvent::Fault(EffectFault::Unreachable));
    let asks = Effect::FindServer(FindServer { server: SERVER.into() });
    state(vec![get(SERVER), asks], |state, calls| {
        assert!(refusals.iter().all(|refusal| !state.actions().contains(refusal)));
        state.refused_requests = true;
        assert!(refusals.iter().all(|refusal| state.actions().contains(refusal)));
        state.apply(at(SimEvent::ANSWERED), calls);
        assert!(state.actions().contains(&unreachable), "{:?}", state.actions());
        let unanswered = state.apply(unreachable, calls);
        assert!(matches!(unanswered, Some(Reply::Unreachable(_))), "{unanswered:?}");
    });
}

#[test]
fn a_prompt_cast_arrives_before_a_pause_ends_and_is_finished_after_the_task() {
    let scene = scenes().unwrap().into_iter().find(|scene| scene.name == "abort-cast-arrives").unwrap();
    let mut pauses = |_: &Task, _: &[Exchange]| {
        Step::Perform(Perform { effects: vec![Effect::Pause(Pause { up_to_ms: 5_000 })], reasons: Vec::new() })
    };
    let mut calls = PolicyCalls { policy: &mut pauses, count: 0, ended: Vec::new() };
    let mut state = scene.start;
    state.start(&mut calls);
    assert_eq!(state.actions(), [Action::Arrives { request: 0 }]);
    state.apply(Action::Arrives { request: 0 }, &mut calls);
    assert_eq!(state.actions(), [at(SimEvent::ANSWERED)], "the migration has begun, and does not end yet");
}
