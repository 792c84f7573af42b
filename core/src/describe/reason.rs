//! Reasons as text.

use serde_json::Value;

use super::{one_printable_line, refusal_text};
use crate::contract::{BuiltInReason, Reason, Silence};

/// The rule that led to a step, as text: built from the data if this project knows the code, otherwise the data's own
/// `text`, or the code with the data.
#[must_use]
pub fn reason(reason: &Reason) -> String {
    let Reason { code, data } = reason;
    one_printable_line(match (reason.built_in(), data) {
        (Some(known), _) => built_in(&known),
        (None, Some(data)) => own_text(data).unwrap_or_else(|| format!("{code} {data}")),
        (None, None) => code.clone(),
    })
}

/// The field `text` of a reason's data.
fn own_text(data: &str) -> Option<String> {
    let data: Value = serde_json::from_slice(data.as_bytes()).ok()?;
    Some(data.get("text")?.as_str()?.to_owned())
}

fn built_in(reason: &BuiltInReason) -> String {
    match reason {
        BuiltInReason::ReadSource => "what does the source hold now? The target is new".to_owned(),
        BuiltInReason::ReadBoth(a) if a.number == 1 => "what do they hold now?".to_owned(),
        BuiltInReason::ReadBoth(a) => format!("attempt {} of {}: what do they hold now?", a.number, a.of),
        BuiltInReason::TargetIsNew => "the source holds and the target is new: swap".to_owned(),
        BuiltInReason::TargetHolds(o) => format!("both hold: overwrite the target at its generation {}", o.generation),
        BuiltInReason::NewTargetHolds(o) => {
            format!(
                "the task says that the target is new, but it holds something: overwrite it at its generation {}",
                o.generation
            )
        }
        BuiltInReason::TargetIsEmpty => {
            "the target should exist and holds nothing: does its server still exist?".to_owned()
        }
        BuiltInReason::ServerIsGone => {
            "the server does not exist: do not restore its allocations (bug 1848343)".to_owned()
        }
        BuiltInReason::ServerIsPresent => "the server exists".to_owned(),
        BuiltInReason::ServerIsBeingDeleted => {
            "nova is deleting the server, and then deletes its allocations: it has them until then".to_owned()
        }
        BuiltInReason::ServerIsUnknown => "it is not known whether the server exists".to_owned(),
        BuiltInReason::CheckAfterRestore => "it may have been deleted meanwhile: does it still exist?".to_owned(),
        BuiltInReason::SourceIsEmpty => {
            "the source holds nothing and the target does: it has been moved already".to_owned()
        }
        BuiltInReason::BothEmpty => "neither holds anything".to_owned(),
        BuiltInReason::SameConsumer => "source and target are the same consumer".to_owned(),
        BuiltInReason::ConsumerConflict(c) => {
            format!(
                "another writer changed a consumer (attempt {} of {}): {}",
                c.attempt.number,
                c.attempt.of,
                refusal_text(&c.refusal)
            )
        }
        BuiltInReason::ProviderConflict(c) => {
            format!(
                "another writer changed a provider (attempt {} of {}): {}",
                c.attempt.number,
                c.attempt.of,
                refusal_text(&c.refusal)
            )
        }
        BuiltInReason::OrphanTarget(r) => {
            format!("the target is an empty record that no read shows: take it over at generation {}", r.generation)
        }
        BuiltInReason::WriteWasLost(a) => {
            format!("no answer to the write (attempt {} of {}): read again", a.number, a.of)
        }
        BuiltInReason::LostWriteWasDone => "the unanswered write was done, as the read shows".to_owned(),
        BuiltInReason::ReadAgain => "it seems to hold nothing: is the answer out of date?".to_owned(),
        BuiltInReason::WriteAsRead => "write again what it holds, which fails if the read was out of date".to_owned(),
        BuiltInReason::AttemptsUsedUp(a) => format!("all {} attempts are used up", a.of),
        BuiltInReason::NodeNotNamed => "on which compute node is the server?".to_owned(),
        BuiltInReason::NodeIsHeld(n) => format!("the server holds something of its compute node {}: swap", n.node),
        BuiltInReason::NodeNotHeld(n) => format!("the server holds nothing of its compute node {}", n.node),
        BuiltInReason::NotRetried(refusal) => format!("trying again would not help: {}", refusal_text(refusal)),
        BuiltInReason::NoAnswer(Silence { detail }) => format!("no answer: {detail}"),
        BuiltInReason::ServerError(refusal) => format!("the write may have been done: {}", refusal_text(refusal)),
        BuiltInReason::NotPlacement(answer) => format!("{} from something that is not Placement", answer.status),
        other => super::migration::reason(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(code: &str, data: Option<&str>) -> String {
        reason(&Reason { code: code.into(), data: data.map(str::to_owned) })
    }

    #[test]
    fn a_known_code_is_put_into_words_from_its_data() {
        assert_eq!(said("both-empty", None), "neither holds anything");
        assert_eq!(said("read-both", Some(r#"{"number":2,"of":4}"#)), "attempt 2 of 4: what do they hold now?");
    }

    #[test]
    fn another_code_speaks_for_itself() {
        assert_eq!(said("my-rule", None), "my-rule");
        assert_eq!(said("my-rule", Some(r#"{"text":"it is\nMonday"}"#)), "it is\\nMonday");
        assert_eq!(said("my-rule", Some(r#"{"day":1}"#)), r#"my-rule {"day":1}"#);
        // The data is not that of the known code.
        assert_eq!(said("read-both", Some(r#"{"number":"two"}"#)), r#"read-both {"number":"two"}"#);
        assert_eq!(said("both-empty", Some("{}")), "both-empty {}");
    }
}
