//! Reasons as text.

use super::{one_printable_line, refusal_text};
use crate::contract::{Reason, Silence};

/// The rule that led to a step, as text.
#[must_use]
pub fn reason(reason: &Reason) -> String {
    one_printable_line(match reason {
        Reason::ReadBoth(a) if a.number == 1 => "what do they hold now?".to_owned(),
        Reason::ReadBoth(a) => format!("attempt {} of {}: what do they hold now?", a.number, a.of),
        Reason::TargetIsNew => "the source holds and the target is new: swap".to_owned(),
        Reason::TargetHolds(o) => format!("both hold: overwrite the target at its generation {}", o.generation),
        Reason::NewTargetHolds(o) => {
            format!(
                "the task says that the target is new, but it holds something: overwrite it at its generation {}",
                o.generation
            )
        }
        Reason::TargetIsEmpty => "the target should exist and holds nothing: does its server still exist?".to_owned(),
        Reason::ServerIsGone => "the server does not exist: do not restore its allocations (bug 1848343)".to_owned(),
        Reason::ServerIsPresent => "the server exists, although Placement does not know it".to_owned(),
        Reason::ServerIsUnknown => "it is not known whether the server exists".to_owned(),
        Reason::CheckAfterRestore => "it may have been deleted meanwhile: does it still exist?".to_owned(),
        Reason::PlacementForgotTarget => {
            "Placement does not know the target: delete the source's allocations".to_owned()
        }
        Reason::RecreateTarget => "the target holds nothing: create it again without asking nova".to_owned(),
        Reason::SourceIsEmpty => "the source holds nothing and the target does: it has been moved already".to_owned(),
        Reason::BothEmpty => "neither holds anything".to_owned(),
        Reason::SameConsumer => "source and target are the same consumer".to_owned(),
        Reason::ConsumerConflict(c) => {
            format!(
                "another writer changed a consumer (attempt {} of {}): {}",
                c.attempt.number,
                c.attempt.of,
                refusal_text(&c.refusal)
            )
        }
        Reason::ProviderConflict(c) => {
            format!(
                "another writer changed a provider (attempt {} of {}): {}",
                c.attempt.number,
                c.attempt.of,
                refusal_text(&c.refusal)
            )
        }
        Reason::OrphanTarget(r) => {
            format!("the target is an empty record that no read shows: take it over at generation {}", r.generation)
        }
        Reason::WriteWasLost(a) => format!("no answer to the write (attempt {} of {}): read again", a.number, a.of),
        Reason::LostWriteWasDone => "the unanswered write was done, as the read shows".to_owned(),
        Reason::AttemptsUsedUp(a) => format!("all {} attempts are used up", a.of),
        Reason::NodeNotNamed => "on which compute node is the server?".to_owned(),
        Reason::NodeIsHeld(n) => format!("the server holds something of its compute node {}: swap", n.node),
        Reason::NodeNotHeld(n) => format!("the server holds nothing of its compute node {}", n.node),
        Reason::NotRetried(refusal) => format!("trying again would not help: {}", refusal_text(refusal)),
        Reason::NoAnswer(Silence { detail }) => format!("no answer: {detail}"),
        Reason::NotPlacement(answer) => format!("{} from something that is not Placement", answer.status),
        other => super::migration::reason(other),
    })
}
