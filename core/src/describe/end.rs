//! The end of a task as text.

use super::{
    allocations, at_the_door, effect, holds, migration, one_line, one_printable_line, refusal_text, reply, unanswered,
};
use crate::contract::{Diverged, Effect, Exchange, Failure, Holding, Outcome, Reply, Silence};
use crate::record::End;

/// Why a task has no outcome. `history` is the task's history, because a failure may name an index in it.
#[must_use]
pub fn failure(failure: &Failure, history: &[Exchange]) -> String {
    let place = |index: u32| usize::try_from(index).ok().and_then(|index| history.get(index));
    one_printable_line(match failure {
        Failure::AllocationMoveFailed(refusal) => {
            format!(
                "another writer kept changing the same allocations; Placement's last answer: {}",
                refusal_text(refusal)
            )
        }
        Failure::AllocationDeleteFailed(refusal) => {
            at_the_door(refusal.status, format!("the allocations were not deleted: {}", refusal_text(refusal)))
        }
        Failure::AllocationRetrievalFailed(refusal) => {
            at_the_door(refusal.status, format!("the allocations could not be read: {}", refusal_text(refusal)))
        }
        Failure::OutOfRetries(refusal) => format!("out of retries; Placement's last answer: {}", refusal_text(refusal)),
        Failure::Refused(refusal) => {
            at_the_door(refusal.status, format!("Placement refused: {}", refusal_text(refusal)))
        }
        Failure::MalformedAnswer(answer) => at_the_door(
            answer.status,
            format!("the answer {} is not from Placement: {}", answer.status, one_line(&answer.body)),
        ),
        Failure::Unreachable(silence) if is_placements(silence, history) => unanswered(&silence.detail),
        Failure::Unreachable(silence) => silence.detail.clone(),
        Failure::Undecided(undecided) => format!(
            "it is not known whether server {} still exists, or nova does not show which of these allocations are its \
             own, so nothing was changed: compare them with its host and its flavor. {}",
            undecided.server,
            who_holds(&undecided.holdings)
        ),
        Failure::Unsettled(unsettled) => format!(
            "a write got no answer, and it is not known whether it was done ({}); read the allocations again first. {}",
            place(unsettled.write_at).map_or_else(String::new, |write| effect(&write.effect)),
            who_holds(&unsettled.holdings)
        ),
        Failure::Leaked(removal) => format!(
            "server {} was deleted while its allocations were restored, and they could not be deleted again: \
             delete {}",
            removal.consumer,
            allocations(&removal.allocations)
        ),
        Failure::OrphanInTheWay(orphan) => format!(
            "an empty record of consumer {} blocks the write and could not be taken over: {}",
            orphan.consumer,
            refusal_text(&orphan.refusal)
        ),
        Failure::ComputeHostNotFound(find) => format!("nova has no compute node for server {}", find.server),
        Failure::UnsupportedTask(unsupported) => format!("the policy has no rule for `{}`", unsupported.task.name()),
        Failure::NoValidHost(failed)
        | Failure::MaxRetriesExceeded(failed)
        | Failure::NovaFailed(failed)
        | Failure::Abandoned(failed) => migration::failed(failed),
        Failure::NotRolledBack(not) => format!(
            "{}; the rollback failed ({}): migration {} may still hold the server's allocations; `swaparoo abort` \
             tries again",
            migration::nova_error(&not.cause),
            not.because,
            not.migration
        ),
        Failure::CastUnsettled(cast) => format!(
            "it is not known whether the cast of migration {} was sent (its status: {}), so nothing was rolled back; \
             once it is known that no compute service has begun it, `swaparoo abort` rolls back",
            cast.migration,
            cast.status.as_deref().unwrap_or("not known")
        ),
        Failure::StillInUse(used) => match &used.status {
            Some(status) => format!("migration {} is {status}: nothing was changed", used.consumer),
            None => format!(
                "server {} exists, and nothing that it holds is known to be left over: nothing was changed",
                used.consumer
            ),
        },
        Failure::Diverged(diverged) => diverged_at(diverged, place(diverged.index)),
        Failure::Other(other) => format!("{}: {}", other.code, one_line(&other.text)),
    })
}

/// The contract's names of the failures after which an operator must check what is right.
const NEED_A_PERSON: [&str; 5] = ["undecided", "unsettled", "leaked", "not-rolled-back", "cast-unsettled"];

/// True if an operator must check what is right after this failure.
#[must_use]
pub fn needs_a_person(failure: &Failure) -> bool {
    match failure {
        Failure::Other(other) => other.needs_operator,
        failure => NEED_A_PERSON.contains(&failure.name()),
    }
}

/// The same for the end in a record.
#[must_use]
pub fn end_needs_a_person(end: &End) -> bool {
    let End::Failed(failure) = end else { return false };
    match end.name() {
        Some("other") => failure.pointer("/data/needs_operator").is_some_and(|needs| *needs == true),
        name => name.is_some_and(|name| NEED_A_PERSON.contains(&name)),
    }
}

/// The result of a task.
#[must_use]
pub fn outcome(outcome: &Outcome) -> String {
    one_printable_line(match outcome {
        Outcome::Moved(t) => format!("{} holds what {} held: {}", t.target, t.source, allocations(&t.allocations)),
        Outcome::AlreadyMoved(t) if t.source == t.target => {
            format!("nothing to do: {} is source and target, and holds {}", t.target, allocations(&t.allocations))
        }
        Outcome::AlreadyMoved(t) => {
            format!("nothing to do: {} holds {} and {} nothing", t.target, allocations(&t.allocations), t.source)
        }
        Outcome::SourceDeleted(r) => format!("deleted what {} held: {}", r.consumer, allocations(&r.allocations)),
        Outcome::TargetDeleted(r) => {
            format!(
                "{} was deleted in the meantime, so its new allocations were deleted again: {}",
                r.consumer,
                allocations(&r.allocations)
            )
        }
        Outcome::NothingToMove => "neither holds anything".to_owned(),
        Outcome::Started(s) => {
            let held = if s.swapped { "holds what the server held" } else { "holds nothing" };
            format!("begun, to {}; migration {} {held}", migration::node(&s.destination), s.migration)
        }
        Outcome::Released(r) => format!("deleted what {} held: {}", r.consumer, allocations(&r.allocations)),
        Outcome::Reduced(r) => {
            format!(
                "server {} keeps its own allocations; deleted the others: {}",
                r.consumer,
                allocations(&r.allocations)
            )
        }
        Outcome::NothingHeld(n) => format!("nothing to do: {} holds nothing", n.consumer),
        Outcome::Aborted(a) => format!("migration {} has ended; {}", a.migration, migration::fate(a.allocations)),
        Outcome::NotHeld(n) => format!("server {} holds nothing of its compute node {}: no swap", n.server, n.node),
    })
}

/// True if the request went to Placement, not to nova.
fn is_placements(silence: &Silence, history: &[Exchange]) -> bool {
    history.iter().any(|Exchange { effect, reply, .. }| {
        let asked = effect.answered_by().is_none() && !matches!(effect, Effect::Pause(_));
        asked && matches!(reply, Reply::Unreachable(said) | Reply::Lost(said) if said == silence)
    })
}

fn diverged_at(diverged: &Diverged, there: Option<&Exchange>) -> String {
    let recorded = there.map_or_else(|| "nothing".to_owned(), |there| effect(&there.effect));
    let rules = match (&diverged.asked, there) {
        (None, _) => "had ended".to_owned(),
        (Some(asked), Some(there)) if *asked == there.effect => {
            format!("get an answer of the wrong kind ({})", reply(&there.reply))
        }
        (Some(asked), _) => format!("ask \"{}\"", effect(asked)),
    };
    format!(
        "the history does not match these rules: at index {} it has \"{recorded}\", but they {rules}; the record was \
         edited, or made by another policy",
        diverged.index
    )
}

fn who_holds(holdings: &[Holding]) -> String {
    if holdings.is_empty() {
        return "the holdings could not be read".to_owned();
    }
    let each = holdings.iter().map(|holding| format!("{} holds {}", holding.consumer, holds(holding)));
    each.collect::<Vec<_>>().join("; ")
}
