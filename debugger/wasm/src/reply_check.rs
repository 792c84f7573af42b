//! Checks that a reply can be the answer to an effect, since a reply that is written by hand may not be.

use swaparoo_contract::{Effect, Reply};

/// Checks the kind of a reply, and that it is about the consumer of the effect.
///
/// # Errors
/// A host would not pass it to the rules; the error lists the replies that are possible.
pub fn check(effect: &Effect, reply: &Reply) -> Result<(), String> {
    let kinds = effect.replies();
    if !kinds.contains(&reply.name()) {
        let can = kinds.join(", ");
        return Err(format!("{} is never answered by {}, but by one of: {can}", effect.name(), reply.name()));
    }
    match (effect, reply) {
        (Effect::GetAllocations(asked), Reply::Holding(holding)) if asked.consumer != holding.consumer => {
            Err(format!("{} is another consumer than was asked about, {}", holding.consumer, asked.consumer))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use swaparoo_contract::{GetAllocations, Holding};

    use super::*;

    fn read() -> Effect {
        Effect::GetAllocations(GetAllocations { consumer: "one".into() })
    }

    fn holding(consumer: &str) -> Reply {
        Reply::Holding(Holding { consumer: consumer.into(), owner: None, allocations: Vec::new() })
    }

    #[test]
    fn only_what_a_host_can_hand_over_fits() {
        assert_eq!(check(&read(), &holding("one")), Ok(()));
        assert!(check(&read(), &holding("other")).unwrap_err().contains("another consumer"));
        let written = check(&read(), &Reply::Written).unwrap_err();
        assert!(
            written.starts_with("get-allocations is never answered by written, but by one of: holding"),
            "{written}"
        );
    }
}
