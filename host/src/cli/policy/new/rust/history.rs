//! Runs a rule over the history of its task.
//!
//! A rule asks for an effect with `history.perform(effect)?` and gets the reply. The host calls the policy again after
//! every step, with all that has happened so far: so the rule runs from its first line each time, over the recorded
//! replies, and gets one step further; at the first effect without a reply, `?` ends it. A rule must take the same path
//! every time: it may use only its task, its settings and the replies.

use crate::contract::swaparoo::policy::log::PolicyFailure;
use crate::contract::swaparoo::policy::moves::{
    Diverged, Effect, Exchange, Failed, Failure, Finished, Outcome, Perform, Reason, Reply, Step,
};

/// The history of a task while a rule runs over it.
pub struct History<'a> {
    recorded: &'a [Exchange],
    at: usize,
    reasons: Vec<Reason>,
}

/// Why a rule ends before it has a result.
pub enum Interrupt {
    /// These effects have no reply yet.
    Perform(Vec<Effect>),
    /// The task fails.
    Failed(Failure),
}

/// The result of a rule; `?` passes an interrupt on.
pub type Rule<T = Outcome> = Result<T, Interrupt>;

impl From<Failure> for Interrupt {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl Interrupt {
    /// A failure of this policy's own, for an operator.
    pub fn operator(code: &str, text: &str) -> Self {
        Failure::Other(PolicyFailure { code: code.to_owned(), text: text.to_owned(), needs_operator: true }).into()
    }
}

impl<'a> History<'a> {
    /// A history from its beginning.
    pub fn of(recorded: &'a [Exchange]) -> Self {
        Self { recorded, at: 0, reasons: Vec::new() }
    }

    /// Adds a reason to the next step. `text` is shown to people; `code` names the rule in tests and tools.
    pub fn because(&mut self, code: &str, text: &str) {
        let data = serde_json::json!({ "text": text });
        self.reasons.push(Reason { code: code.to_owned(), data: Some(data.to_string()) });
    }

    /// The position of the exchange that was answered last.
    pub fn last(&self) -> u32 {
        index(self.at.saturating_sub(1))
    }

    /// The reply to an effect.
    pub fn perform(&mut self, effect: Effect) -> Rule<&'a Reply> {
        let [reply] = self.perform_all([effect])?;
        Ok(reply)
    }

    /// The replies to effects that may run at the same time.
    pub fn perform_all<const N: usize>(&mut self, effects: [Effect; N]) -> Rule<[&'a Reply; N]> {
        let rest = self.recorded.get(self.at..).unwrap_or_default();
        for (place, (effect, exchange)) in effects.iter().zip(rest).enumerate() {
            if exchange.effect != *effect {
                return Err(diverged(self.at + place, Some(effect.clone())));
            }
        }
        // If the host ended between the effects of a step, only the first ones are recorded.
        if let Some(missing) = effects.get(rest.len()..).filter(|missing| !missing.is_empty()) {
            return Err(Interrupt::Perform(missing.to_vec()));
        }
        self.at += N;
        self.reasons.clear();
        Ok(std::array::from_fn(|place| &rest[place].reply))
    }

    /// For a reply of a kind that cannot answer its effect, `back` effects before the next one.
    pub fn unexpected(&self, back: usize) -> Interrupt {
        let at = self.at.saturating_sub(back);
        diverged(at, self.recorded.get(at).map(|exchange| exchange.effect.clone()))
    }

    /// The next step, from the end of the rule.
    pub fn close(self, end: Rule) -> Step {
        let reasons = self.reasons;
        let end = match end {
            Err(Interrupt::Perform(effects)) => return Step::Perform(Perform { effects, reasons }),
            Ok(_) | Err(Interrupt::Failed(_)) if self.at < self.recorded.len() => Err(diverged(self.at, None)),
            end => end,
        };
        match end {
            Ok(outcome) => Step::Finished(Finished { outcome, reasons }),
            Err(Interrupt::Failed(failure)) => Step::Failed(Failed { failure, reasons }),
            Err(Interrupt::Perform(effects)) => Step::Perform(Perform { effects, reasons }),
        }
    }
}

/// These rules cannot have produced the history.
fn diverged(at: usize, asked: Option<Effect>) -> Interrupt {
    Failure::Diverged(Diverged { index: index(at), asked }).into()
}

fn index(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
