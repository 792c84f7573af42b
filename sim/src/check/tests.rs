//! Tests of the search, with small policies.

use super::*;
use crate::contract::{
    BuiltInReason, DeleteAllocations, Effect, Exchange, Failed, Failure, FindServer, Finished, GetAllocations, Holding,
    NewHolding, Outcome as TaskOutcome, Perform, PostAllocations, Removal, Reply, ServerState, Silence, Step, Task,
    Transfer, Undecided,
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
    let gone = matches!(rest.first().map(|of| &of.reply), Some(Reply::Server(of)) if of.state != ServerState::Present);
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
        Some((Effect::FindServer(_), _)) if gone => {
            let Some(owner) = &held.owner else { return failed(undecided()) };
            let (project, user) = (owner.project.clone(), owner.user.clone());
            let (consumer, generation) = (MIGRATION.into(), owner.generation);
            perform(vec![Effect::DeleteAllocations(DeleteAllocations { consumer, project, user, generation })])
        }
        None | Some((Effect::FindServer(_), _)) if asks == !rest.is_empty() => transfer(held, server),
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

#[test]
fn probe() {
    let _ = BuiltInReason::ServerIsGone;
    for scene in scenes().unwrap() {
        if scene.name == "give-back" {
            for asks in [false, true] {
                let outcome = check(&mut gives_back(asks), &scene, NO_FAULT, &mut |_| {});
                println!("{asks} {outcome:#?}");
                for found in &outcome.counterexamples {
                    println!("{}", Transcript::of(&mut gives_back(asks), &scene, found).text());
                }
            }
        }
    }
}
