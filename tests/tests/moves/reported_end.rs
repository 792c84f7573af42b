//! The end that a task reports, and whether it is true.

use swaparoo::contract::{Allocation, Failure as Said, Outcome, ResourceAmount};
use swaparoo::drive::Run;
use swaparoo::failure::Failure;

use super::fixture::Fixture;

/// An end as one word, with its number.
pub fn end(run: &Run) -> String {
    match &run.end {
        Ok(outcome) => serde_json::to_value(outcome).unwrap()["kind"].as_str().unwrap().to_owned(),
        Err(failure) => code(failure) + &number(failure),
    }
}

/// The failure's code; the policy's own, if it has one.
fn code(failure: &Failure) -> String {
    match failure {
        Failure::Policy(said, _) if let Said::Other(own) = &**said => own.code.clone(),
        _ => failure.code(),
    }
}

/// The status of a refusal, or the index of a write.
fn number(failure: &Failure) -> String {
    let Failure::Policy(said, _) = failure else { return String::new() };
    match &**said {
        Said::AllocationMoveFailed(refusal)
        | Said::AllocationDeleteFailed(refusal)
        | Said::AllocationRetrievalFailed(refusal)
        | Said::OutOfRetries(refusal)
        | Said::Refused(refusal) => format!(":{}", refusal.status),
        Said::OrphanInTheWay(orphan) => format!(":{}", orphan.refusal.status),
        Said::MalformedAnswer(answer) => format!(":{}", answer.status),
        Said::Unsettled(unsettled) if unsettled.holdings.is_empty() => format!(":{}?", unsettled.write_at),
        Said::Unsettled(unsettled) => format!(":{}", unsettled.write_at),
        _ => String::new(),
    }
}

/// The false parts of an end. Nothing else changes after the end.
pub async fn false_claims(run: &Run, fixture: &Fixture) -> String {
    let mut false_claims = String::new();
    for (consumer, said) in claims(run) {
        let so = held(fixture, &consumer).await;
        if said != so {
            false_claims.push_str(&format!("; it says that {consumer} holds {said:?}, which holds {so:?}"));
        }
    }
    false_claims
}

/// The allocations that the end implies.
fn claims(run: &Run) -> Vec<(String, Vec<Allocation>)> {
    match &run.end {
        Ok(Outcome::Moved(done) | Outcome::AlreadyMoved(done)) => {
            let given = (done.target.clone(), done.allocations.clone());
            let left = (done.source.clone(), Vec::new());
            if done.source == done.target { vec![given] } else { vec![given, left] }
        }
        Ok(Outcome::SourceDeleted(removal) | Outcome::TargetDeleted(removal)) => {
            assert!(!removal.allocations.is_empty(), "there was nothing to delete: {removal:?}");
            vec![(removal.consumer.clone(), Vec::new())]
        }
        Ok(Outcome::NothingToMove | Outcome::NotHeld(_)) => Vec::new(),
        Ok(other) => panic!("a move cannot end with {other:?}"),
        Err(Failure::Policy(said, _)) => match &**said {
            Said::Undecided(undecided) => undecided.holdings.iter().map(holding).collect(),
            Said::Unsettled(unsettled) => unsettled.holdings.iter().map(holding).collect(),
            Said::Leaked(removal) => vec![(removal.consumer.clone(), removal.allocations.clone())],
            _ => Vec::new(),
        },
        Err(failure) => panic!("the host ended it: {}", failure.detail()),
    }
}

fn holding(holding: &swaparoo::contract::Holding) -> (String, Vec<Allocation>) {
    (holding.consumer.clone(), holding.allocations.clone())
}

async fn held(fixture: &Fixture, consumer: &str) -> Vec<Allocation> {
    let shown = fixture.shown(consumer).await;
    let mut held = Vec::new();
    for (provider, of) in shown["allocations"].as_object().unwrap() {
        let resources = of["resources"].as_object().unwrap().iter();
        let amount = |amount: &serde_json::Value| u32::try_from(amount.as_u64().unwrap()).unwrap();
        let resources = resources.map(|(class, n)| ResourceAmount { class: class.clone(), amount: amount(n) });
        held.push(Allocation { provider: provider.clone(), resources: resources.collect() });
    }
    held.sort_by(|one, other| one.provider.cmp(&other.provider));
    held
}
