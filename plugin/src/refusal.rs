//! What Placement's refusals mean. Placement gives each a code. Where one code has several meanings, only the text
//! differs; no other module reads this text (sources: placement handlers/util.py, objects/allocation.py).

use crate::contract::Refusal;

const CONCURRENT_UPDATE: &str = "placement.concurrent_update";
const CONSUMER_CONFLICT: &str = "consumer generation conflict";
/// Placement created a record for the consumer at generation 0, and nothing was ever written to it; or the consumer's
/// first write is just in progress.
const EMPTY_RECORD: &str = "expected 0 but got None";

/// Refusals, classified by the right reaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// A consumer is not at the generation that was given.
    ConsumerConflict,
    /// The consumer has an empty record, which a read does not show.
    EmptyRecord,
    /// A provider changed during the write, or a consumer did (Placement uses the same text for both).
    ProviderConflict,
    /// A retry does not help.
    Final,
}

/// Classifies the refusal of a write.
pub fn meaning(refusal: &Refusal) -> Meaning {
    if refusal.status != 409 || refusal.code != CONCURRENT_UPDATE {
        Meaning::Final
    } else if !says(refusal, CONSUMER_CONFLICT) {
        Meaning::ProviderConflict
    } else if says(refusal, EMPTY_RECORD) {
        Meaning::EmptyRecord
    } else {
        Meaning::ConsumerConflict
    }
}

/// Not `str::contains`: its searcher for long texts would be a twentieth of the whole component.
fn says(refusal: &Refusal, words: &str) -> bool {
    refusal.detail.as_bytes().windows(words.len()).any(|there| there == words.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::{Meaning, meaning};
    use crate::contract::Refusal;

    fn check(status: u16, code: &str, detail: &str, expected: Meaning) {
        let refusal = Refusal { status, code: code.into(), detail: detail.into() };
        assert_eq!(meaning(&refusal), expected, "{refusal:?}");
    }

    #[test]
    fn each_answer_of_placement_has_its_meaning() {
        let code = "placement.concurrent_update";
        check(409, code, "consumer generation conflict - expected 2 but got 1", Meaning::ConsumerConflict);
        check(409, code, "consumer generation conflict - expected null but got 1", Meaning::ConsumerConflict);
        check(409, code, "consumer generation conflict - expected 3 but got None", Meaning::ConsumerConflict);
        check(409, code, "consumer generation conflict - expected 0 but got None", Meaning::EmptyRecord);
        check(409, code, "Another thread concurrently updated the data.", Meaning::ProviderConflict);
        check(409, "placement.undefined_code", "The requested amount would exceed the capacity.", Meaning::Final);
        check(400, "placement.undefined_code", "JSON does not validate", Meaning::Final);
        check(500, code, "consumer generation conflict", Meaning::Final);
    }
}
