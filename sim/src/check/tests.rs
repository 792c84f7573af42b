//! Tests of the search, with small policies.

use super::*;
use crate::contract::{
    DeleteAllocations, Effect, Exchange, Failed, Failure, FindServer, Finished, GetAllocations, Holding, NewHolding,
    Outcome as TaskOutcome, Perform, PostAllocations, Removal, Reply, ServerState, Silence, Step, Task, Transfer,
    Undecided,
};
use crate::fixture::{MIGRATION, SERVER};
use crate::{SimEvent, Violation};

const NO_FAULT: Limits = Limits { faults: 0, states: 10_000, repairs: false };

fn scene(name: &str) -> Scene {
    scenes().unwrap().into_iter().find(|scene| scene.name == name).unwrap()
}

fn get(consumer: &str) -> Effect {
    Effect::GetAllocations(GetAllocations { consumer: consumer.into() })
}

fn perform(effects: Vec<Effect>) -> Step {
    Step::Perform(Perform { effects, reasons: Vec::new() })
}

fn finished(outcome: TaskOutcome) -> Step {
    Step::Finished(Finished { outcome, reasons: Vec::new() })
}

fn failed(failure: Failure) -> Step {
    Step::Failed(Failed { failure, reasons: Vec::new() })
}

/// Reads the record, and nova's word about the server; then gives back, or drops for a server that is gone.
fn gives_back(asks: bool) -> impl FnMut(&Task, &[Exchange]) -> Step {
    move |_, history| match history {
        [] => perform(vec![get(MIGRATION), get(SERVER)]),
        [_, _] if asks => perform(vec![Effect::FindServer(FindServer { server: SERVER.into() })]),
        [Exchange { reply: Reply::Holding(held), .. }, Exchange { reply: Reply::Holding(server), .. }, rest @ ..] => {
            after_reads(held, server, rest, asks)
        }
        _ => failed(Failure::Unreachable(Silence { detail: "no answer to a read".into() })),
    }
}

fn after_reads(held: &Holding, server: &Holding, rest: &[Exchange], asks: bool) -> Step {
    let state = match rest.first().map(|exchange| &exchange.reply) {
        Some(Reply::Server(answer)) => answer.state,
        _ => ServerState::Unknown,
    };
    match rest.last().map(|exchange| (&exchange.effect, &exchange.reply)) {
        Some((Effect::PostAllocations(_), Reply::Written)) => finished(TaskOutcome::Moved(Transfer {
            source: MIGRATION.into(),
            target: SERVER.into(),
            allocations: held.allocations.clone(),
        })),
        Some((Effect::DeleteAllocations(_), Reply::Written)) => finished(TaskOutcome::SourceDeleted(Removal {
            consumer: MIGRATION.into(),
            allocations: held.allocations.clone(),
        })),
        Some((Effect::FindServer(_), _)) if state == ServerState::Gone => {
            let Some(owner) = &held.owner else { return failed(undecided()) };
            let (project, user) = (owner.project.clone(), owner.user.clone());
            let (consumer, generation) = (MIGRATION.into(), owner.generation);
            perform(vec![Effect::DeleteAllocations(DeleteAllocations { consumer, project, user, generation })])
        }
        Some((Effect::FindServer(_), _)) if state == ServerState::Present => transfer(held, server),
        None if !asks => transfer(held, server),
        _ => failed(undecided()),
    }
}

fn undecided() -> Failure {
    Failure::Undecided(Undecided { server: SERVER.into(), holdings: Vec::new() })
}

fn transfer(held: &Holding, server: &Holding) -> Step {
    let Some(owner) = &held.owner else { return failed(undecided()) };
    let entry = |consumer: &str, generation, allocations| NewHolding {
        consumer: consumer.into(),
        project: owner.project.clone(),
        user: owner.user.clone(),
        generation,
        allocations,
    };
    let target = entry(SERVER, server.owner.as_ref().map(|owner| owner.generation), held.allocations.clone());
    let source = entry(MIGRATION, Some(owner.generation), Vec::new());
    perform(vec![Effect::PostAllocations(PostAllocations { consumers: vec![source, target] })])
}

/// Takes a write without an answer for done.
fn takes_silence_for_done(task: &Task, history: &[Exchange]) -> Step {
    match gives_back(true)(task, history) {
        Step::Failed(_) if history.len() == 4 => {
            let Reply::Holding(held) = &history[0].reply else { return failed(undecided()) };
            let (source, target) = (MIGRATION.into(), SERVER.into());
            finished(TaskOutcome::Moved(Transfer { source, target, allocations: held.allocations.clone() }))
        }
        step => step,
    }
}

/// A way back during which the server is not deleted.
fn undisturbed() -> Scene {
    let mut scene = scene("give-back");
    scene.start.actors.retain(|actor| actor.mover().is_some());
    scene
}

fn up_to(faults: u32) -> Limits {
    Limits { faults, ..NO_FAULT }
}

fn answered(event: SimEvent) -> Action {
    Action::Effect { actor: 0, event }
}

fn other(action: OtherAction) -> Action {
    Action::Other { actor: 1, action }
}

#[test]
fn a_policy_that_does_nothing_wrong_has_no_counterexample() {
    let outcome = check(&mut gives_back(true), &undisturbed(), up_to(1), &mut |_| {});
    assert_eq!(outcome.counterexamples, []);
    assert!(outcome.is_complete);
    assert_eq!((outcome.states, outcome.calls, outcome.longest), (31, 44, 6));
}

#[test]
fn a_leak_is_found_on_its_shortest_way() {
    let scene = scene("give-back");
    let outcome = check(&mut gives_back(false), &scene, up_to(1), &mut |_| {});
    let [found] = outcome.counterexamples.as_slice() else { panic!("{outcome:?}") };
    assert_eq!((found.property, found.violation, found.faults), (Property::RightAtRest, Violation::DeletedHolds, 0));
    let read = answered(SimEvent::ANSWERED);
    use OtherAction::{AllocationsDeleted, Deleting, Gone};
    let way = [read, read, other(Deleting), other(Gone), other(AllocationsDeleted), answered(SimEvent::ANSWERED)];
    assert_eq!(found.actions, way);
    let text = Transcript::of(&mut gives_back(false), &scene, found).text();
    assert!(text.contains("    * nova: DELETE of the server's allocations\n      POST /allocations M1"), "{text}");
    assert!(text.ends_with("server S does not exist and holds 2048 MEMORY_MB + 2 VCPU on source\n    migration M1 (error) holds nothing\n"), "{text}");
}

#[test]
fn a_leak_cannot_be_avoided_after_the_deletion_has_ended() {
    let scene = scene("give-back");
    let found = check(&mut gives_back(false), &scene, up_to(1), &mut |_| {}).counterexamples.remove(0);
    // The restore may come before the deletion's own DELETE, until that is done.
    assert_eq!(unavoidable_after(&mut gives_back(false), &scene, &found, false), Some(5));
    let transcript = Transcript::with_unavoidable(&mut gives_back(false), &scene, &found, 5);
    assert_eq!(transcript.tasks[0].unavoidable_after, Some(2));
    let Line::Unavoidable = transcript.lines[6] else { panic!("{:?}", transcript.lines) };
}

#[test]
fn the_first_counterexample_has_one_fault_and_no_more_steps_than_it_needs() {
    let none = check(&mut takes_silence_for_done, &undisturbed(), NO_FAULT, &mut |_| {});
    assert_eq!(none.counterexamples, []);
    let outcome = check(&mut takes_silence_for_done, &undisturbed(), up_to(2), &mut |_| {});
    let found = &outcome.counterexamples[0];
    assert_eq!((found.property, found.violation, found.faults), (Property::Safe, Violation::StepRefused, 1));
    let [reads @ .., write] = found.actions.as_slice() else { panic!("{found:?}") };
    assert_eq!(reads, [answered(SimEvent::ANSWERED); 3]);
    assert!(write.is_fault(), "{write:?}");
}

#[test]
fn a_policy_that_goes_on_for_ever_is_cut_off() {
    let mut endless = |_: &Task, _: &[Exchange]| perform(vec![get(SERVER)]);
    let outcome = check(&mut endless, &undisturbed(), NO_FAULT, &mut |_| {});
    let [found] = outcome.counterexamples.as_slice() else { panic!("{outcome:?}") };
    assert_eq!((found.property, found.violation, found.actions.len()), (Property::Ends, Violation::Broken, 400));
}

#[test]
fn a_policy_that_does_nothing_does_not_work() {
    let mut refuses = |_: &Task, _: &[Exchange]| failed(undecided());
    let outcome = check(&mut refuses, &undisturbed(), NO_FAULT, &mut |_| {});
    let [found] = outcome.counterexamples.as_slice() else { panic!("{outcome:?}") };
    assert_eq!((found.property, found.violation, found.actions.len()), (Property::Works, Violation::NotDone, 0));
    assert_eq!(check(&mut refuses, &undisturbed().with_refusals(), NO_FAULT, &mut |_| {}).counterexamples, []);
}

/// The deletion makes it fail, as in `give-back`: without a write, and the record's allocations are left to a person.
#[test]
fn a_policy_may_fail_when_others_act() {
    let mut gives_up = |task: &Task, history: &[Exchange]| match gives_back(true)(task, history) {
        Step::Finished(Finished { outcome: TaskOutcome::SourceDeleted(_), .. }) => failed(undecided()),
        step => step,
    };
    let outcome = check(&mut gives_up, &scene("give-back"), NO_FAULT, &mut |_| {});
    assert!(outcome.ends.contains_key("undecided"), "{outcome:?}");
    assert!(outcome.counterexamples.iter().all(|found| found.property != Property::Works), "{outcome:?}");
}

#[test]
fn the_bound_of_states_is_reported() {
    let limits = Limits { states: 3, ..NO_FAULT };
    let outcome = check(&mut gives_back(true), &undisturbed(), limits, &mut |_| {});
    assert_eq!((outcome.states, outcome.is_complete), (3, false));
}

#[test]
fn a_request_in_flight_arrives_after_its_task_has_ended() {
    let outcome = check(&mut gives_back(true), &undisturbed(), up_to(1), &mut |_| {});
    assert!(outcome.at_rest > 1, "{outcome:?}");
    let mut state = undisturbed().start;
    state.in_flight.push(transfer_effect());
    assert!(!state.is_at_rest());
}

fn transfer_effect() -> Effect {
    Effect::PostAllocations(PostAllocations { consumers: Vec::new() })
}

#[test]
fn every_scene_has_its_own_name_and_begins_without_a_policy() {
    let scenes = scenes().unwrap();
    let names: std::collections::BTreeSet<&str> = scenes.iter().map(|scene| scene.name).collect();
    assert_eq!((names.len(), scenes.len()), (49, 49));
}

#[test]
fn two_policies_differ_first_in_the_state_with_the_fewest_steps() {
    let scene = scene("give-back");
    let compared = |asks| compare(&mut gives_back(true), &mut gives_back(asks), &scene, up_to(1), &mut |_| {});
    let Some(Difference { actions, faults, call }) = compared(false).difference else { panic!("no difference") };
    assert_eq!((actions.as_slice(), faults), ([answered(SimEvent::ANSWERED); 2].as_slice(), 0));
    assert_eq!((&call.task, call.history.len()), (&scene.start.actors[0].mover().unwrap().task().unwrap().clone(), 2));
    let [(first, _), (second, _)] = [&call.first, &call.second].map(|step| call.words(step));
    assert!(
        first[0].starts_with("ask nova for server") && second[0].starts_with("POST /allocations"),
        "{first:?} {second:?}"
    );

    let same = compared(true);
    assert_eq!((same.difference, same.is_complete), (None, true));
    let checked = check(&mut gives_back(true), &scene, up_to(1), &mut |_| {});
    assert_eq!((same.states, same.calls), (checked.states, checked.calls));
}

#[test]
fn two_policies_may_differ_only_after_a_fault() {
    let scene = undisturbed();
    let compared =
        |faults| compare(&mut gives_back(true), &mut takes_silence_for_done, &scene, up_to(faults), &mut |_| {});
    assert_eq!(compared(0).difference, None);
    let Some(Difference { actions, faults, .. }) = compared(1).difference else { panic!("no difference") };
    assert_eq!((actions.len(), faults), (4, 1));
}

#[test]
fn reasons_are_no_difference_and_an_error_is() {
    let scene = undisturbed();
    let mut with_reasons = |task: &Task, history: &[Exchange]| match gives_back(true)(task, history) {
        Step::Perform(Perform { effects, .. }) => {
            let reasons = vec![crate::contract::Reason { code: "because".into(), data: None }];
            Step::Perform(Perform { effects, reasons })
        }
        step => step,
    };
    let same = compare(&mut gives_back(true), &mut with_reasons, &scene, NO_FAULT, &mut |_| {});
    assert_eq!(same.difference, None);
    struct Broken;
    impl crate::explorer::Policy for Broken {
        fn next_step(&mut self, _: &Task, _: &[Exchange], _: usize) -> Result<Step, String> {
            Err("it trapped".to_owned())
        }
    }
    let broken = compare(&mut gives_back(true), &mut Broken, &scene, NO_FAULT, &mut |_| {});
    let call = broken.difference.expect("a difference").call;
    assert_eq!((call.history.len(), call.words(&call.second).0), (0, vec!["broken: it trapped".to_owned()]));
}
