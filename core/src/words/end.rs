//! How a task ended, in words.

use super::{
    allocations, at_the_door, effect, holds, migration, one_line, one_printable_line, reply, said, unanswered,
};
use crate::contract::{Diverged, Effect, Exchange, Failure, Holding, Outcome, Reply, Silence};

/// Why a task has no outcome. A failure names places in `history`, the one that it ended.
#[must_use]
pub fn failure(failure: &Failure, history: &[Exchange]) -> String {
    let place = |index: u32| usize::try_from(index).ok().and_then(|index| history.get(index));
    one_printable_line(match failure {
        Failure::AllocationMoveFailed(refusal) => {
            format!("somebody else kept changing what is moved; Placement's last word: {}", said(refusal))
        }
        Failure::AllocationDeleteFailed(refusal) => {
            at_the_door(refusal.status, format!("the allocations were not deleted: {}", said(refusal)))
        }
        Failure::AllocationRetrievalFailed(refusal) => {
            at_the_door(refusal.status, format!("the allocations could not be read: {}", said(refusal)))
        }
        Failure::OutOfRetries(refusal) => format!("out of retries; Placement's last word: {}", said(refusal)),
        Failure::Refused(refusal) => at_the_door(refusal.status, format!("Placement refused: {}", said(refusal))),
        Failure::MalformedAnswer(answer) => at_the_door(
            answer.status,
            format!("{} answered in Placement's place: {}", answer.status, one_line(&answer.body)),
        ),
        Failure::KeyError(error) => {
            format!("nova raises KeyError: {:?}, since neither consumer holds anything", error.key)
        }
        Failure::Unreachable(silence) if is_placements(silence, history) => unanswered(&silence.detail),
        Failure::Unreachable(silence) => silence.detail.clone(),
        Failure::Undecided(undecided) => format!(
            "nobody could tell whether server {} still exists, so nothing was touched; ask nova and say so by --server. {}",
            undecided.server,
            who_holds(&undecided.holdings)
        ),
        Failure::Unsettled(unsettled) => format!(
            "a write went unanswered and nothing tells whether it is done ({}); look again before anything else. {}",
            place(unsettled.write_at).map_or_else(String::new, |write| effect(&write.effect)),
            who_holds(&unsettled.holdings)
        ),
        Failure::Leaked(removal) => format!(
            "server {} was gone by the time that it had its allocations back, and they could not be taken away again: \
             delete {}",
            removal.consumer,
            allocations(&removal.allocations)
        ),
        Failure::OrphanInTheWay(orphan) => format!(
            "an empty record of consumer {} stands in the way and could not be taken over: {}",
            orphan.consumer,
            said(&orphan.refusal)
        ),
        Failure::ComputeHostNotFound(find) => format!("nova has no compute node for server {}", find.server),
        Failure::UnsupportedTask(unsupported) => format!("the policy has no rule for {:?}", unsupported.task),
        Failure::NoValidHost(failed)
        | Failure::MaxRetriesExceeded(failed)
        | Failure::NovaFailed(failed)
        | Failure::Abandoned(failed) => migration::failed(failed),
        Failure::NotRolledBack(not) => format!(
            "{}; and it could not be rolled back ({}): migration {} may still hold what the server had; `swaparoo abort` \
             tries again",
            migration::said(&not.cause),
            not.because,
            not.migration
        ),
        Failure::CastUnsettled(cast) => format!(
            "nobody knows whether the cast of migration {} was sent (its status: {}), so nothing was rolled back; once \
             its compute services are known not to have begun, `swaparoo abort` rolls back",
            cast.migration,
            cast.status.as_deref().unwrap_or("not known")
        ),
        Failure::StillInUse(used) => match &used.status {
            Some(status) => format!("migration {} is {status}: nothing was touched", used.consumer),
            None => format!("server {} exists and holds what is its own: nothing was touched", used.consumer),
        },
        Failure::Diverged(diverged) => diverged_at(diverged, place(diverged.index)),
    })
}

/// The ends after which only a person can tell what is right, by the contract's names.
const NEED_A_PERSON: [&str; 5] = ["undecided", "unsettled", "leaked", "not-rolled-back", "cast-unsettled"];

/// Whether a failure of this name says that a person must look.
#[must_use]
pub fn needs_a_person(failure: &str) -> bool {
    NEED_A_PERSON.contains(&failure)
}

/// What is so now.
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
                "{} was gone by then, so what it had been given is deleted: {}",
                r.consumer,
                allocations(&r.allocations)
            )
        }
        Outcome::NothingToMove => "neither holds anything".to_owned(),
        Outcome::Started(s) => {
            let held = if s.swapped { "holds what the server held" } else { "holds nothing" };
            format!("begun, to {}; migration {} {held}", migration::node(&s.destination), s.migration)
        }
        Outcome::Released(r) => format!("dropped what {} held: {}", r.consumer, allocations(&r.allocations)),
        Outcome::NothingHeld(n) => format!("nothing to do: {} holds nothing", n.consumer),
        Outcome::Aborted(a) => format!("migration {} is ended; {}", a.migration, migration::fate(a.allocations)),
        Outcome::NotHeld(n) => format!("server {} holds nothing of its compute node {}: no swap", n.server, n.node),
    })
}

/// Whether it was Placement that was asked, and not nova.
fn is_placements(silence: &Silence, history: &[Exchange]) -> bool {
    history.iter().any(|Exchange { effect, reply }| {
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
        "the history is not one of these rules': at place {} it has \"{recorded}\" where they {rules}; the record was \
         edited, or made by another policy",
        diverged.index
    )
}

fn who_holds(holdings: &[Holding]) -> String {
    if holdings.is_empty() {
        return "who holds what could not be read".to_owned();
    }
    let each = holdings.iter().map(|holding| format!("{} holds {}", holding.consumer, holds(holding)));
    each.collect::<Vec<_>>().join("; ")
}
