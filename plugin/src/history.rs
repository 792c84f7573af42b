//! Lets a rule read like straight-line code, although the host calls the policy again after every effect.
//!
//! A rule asks for an effect with `history.perform(effect)?`. If the history already contains the effect, the call
//! returns the recorded reply and the rule continues. If not, `?` ends the rule with "perform this effect". The host
//! performs it, appends the exchange and calls again: the rule runs from its first line over the recorded replies and
//! gets one effect further. A rule sees only its task and these replies, so it takes the same path every time. If it
//! does not, this rule did not produce the history, and it stops with `diverged` instead of continuing on false data.

use crate::contract::{
    Diverged, Effect, Exchange, Failed, Failure, Finished, Outcome, Perform, PolicyFailure, Reply, Step,
};
use crate::reason::Explanation;

/// A task's history while a rule runs over it.
pub struct History<'a> {
    recorded: &'a [Exchange],
    at: usize,
    reasons: Vec<Explanation>,
    at_rest: bool,
}

/// Why a rule ends before it has an outcome.
#[derive(Debug)]
pub enum Interrupt {
    /// These effects have no reply yet.
    Perform(Vec<Effect>),
    /// The history does not match the rule.
    Diverged(Box<Diverged>),
    /// The task fails.
    Failed(Box<Failure>),
}

/// The result of a rule; `?` passes an interrupt on.
pub type RuleResult = Result<Outcome, Interrupt>;

impl From<Box<Failure>> for Interrupt {
    fn from(failure: Box<Failure>) -> Self {
        Self::Failed(failure)
    }
}

impl From<Failure> for Interrupt {
    // Inlined in each rule, it would make a component a kilobyte larger.
    #[inline(never)]
    fn from(failure: Failure) -> Self {
        Self::Failed(Box::new(failure))
    }
}

impl Interrupt {
    /// The task fails with a failure of this policy's own, and an operator must check what is right.
    #[inline(never)]
    pub fn needs_operator(code: &str, text: &str) -> Self {
        Failure::Other(PolicyFailure { code: code.into(), text: text.into(), needs_operator: true }).into()
    }
}

impl<'a> History<'a> {
    /// A rule's view of `recorded`, from its beginning.
    pub fn of(recorded: &'a [Exchange]) -> Self {
        Self { recorded, at: 0, reasons: Vec::new(), at_rest: false }
    }

    /// From now on, no move of this task may touch a server that another migration is moving.
    pub fn require_rest(&mut self) {
        self.at_rest = true;
    }

    /// Whether the task requires it.
    pub fn requires_rest(&self) -> bool {
        self.at_rest
    }

    /// Adds a reason for the next step. Reasons that were added before a recorded effect belong to an earlier step.
    pub fn explain(&mut self, reason: impl Into<Explanation>) {
        self.reasons.push(reason.into());
    }

    /// The recorded reply to `effect`, or an interrupt that asks for it.
    pub fn perform(&mut self, effect: Effect) -> Result<&'a Reply, Interrupt> {
        let [reply] = self.perform_all([effect])?;
        Ok(reply)
    }

    /// The replies to effects that may run at the same time. If only the first ones are recorded (the host died in
    /// between), the interrupt asks only for the others.
    pub fn perform_all<const N: usize>(&mut self, effects: [Effect; N]) -> Result<[&'a Reply; N], Interrupt> {
        let there = self.exchanges(&effects)?;
        // `exchanges` returns one for each effect.
        let there = there.first_chunk::<N>().ok_or_else(|| Interrupt::Perform(effects.into()))?;
        Ok(there.each_ref().map(|exchange| &exchange.reply))
    }

    /// The recorded exchanges of `asked`, or the interrupt.
    fn exchanges(&mut self, asked: &[Effect]) -> Result<&'a [Exchange], Interrupt> {
        let rest = self.recorded.get(self.at..).unwrap_or_default();
        if let Some(misfit) = asked.iter().zip(rest).position(|(asked, there)| there.effect != *asked) {
            self.at += misfit;
            return Err(self.diverged(asked.get(misfit).cloned()));
        }
        let Some(there) = rest.get(..asked.len()) else {
            return Err(Interrupt::Perform(asked.iter().skip(rest.len()).cloned().collect()));
        };
        self.at += asked.len();
        self.reasons.clear();
        Ok(there)
    }

    /// The interrupt for a reply of a kind that does not answer its effect: the effect performed last (`back` = 1), or
    /// the one `back` places before the end of the last step.
    pub fn unexpected_reply(&mut self, back: usize) -> Interrupt {
        self.at = self.at.saturating_sub(back);
        // The rule asked for the recorded effect, or it would not have the reply.
        let asked = self.recorded.get(self.at).map(|exchange| exchange.effect.clone());
        self.diverged(asked)
    }

    /// The exchanges that the rule has used so far.
    pub fn performed(&self) -> &'a [Exchange] {
        self.recorded.get(..self.at).unwrap_or_default()
    }

    /// The index of the effect performed last.
    pub fn last(&self) -> u32 {
        place(self.at.saturating_sub(1))
    }

    /// Turns the end of a rule into a step. If the history continues after this end, it does not match the rule either.
    pub fn close(mut self, end: RuleResult) -> Step {
        let end = match end {
            Err(interrupt @ (Interrupt::Perform(_) | Interrupt::Diverged(_))) => Err(interrupt),
            _ if self.at < self.recorded.len() => Err(self.diverged(None)),
            end => end,
        };
        let reasons = self.reasons.into_iter().map(Into::into).collect();
        match end {
            Ok(outcome) => Step::Finished(Finished { outcome, reasons }),
            Err(Interrupt::Perform(effects)) => Step::Perform(Perform { effects, reasons }),
            Err(Interrupt::Failed(failure)) => Step::Failed(Failed { failure: *failure, reasons }),
            Err(Interrupt::Diverged(diverged)) => {
                Step::Failed(Failed { failure: Failure::Diverged(*diverged), reasons })
            }
        }
    }

    fn diverged(&mut self, asked: Option<Effect>) -> Interrupt {
        self.reasons.clear();
        match self.recorded.get(self.at) {
            Some(_) => Interrupt::Diverged(Box::new(Diverged { index: place(self.at), asked })),
            // Nothing is recorded at this index, so nothing can differ: ask for the effect.
            None => Interrupt::Perform(asked.into_iter().collect()),
        }
    }
}

/// An index in the history in the contract's type. A host ends a task long before an index that does not fit.
fn place(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::{History, RuleResult};
    use crate::contract::{
        BuiltInReason, Diverged, Effect, Exchange, Failed, Failure, FindServer, Outcome, Pause, Paused, Perform, Reply,
        ServerAnswer, ServerState, Step,
    };

    fn pause(up_to_ms: u32) -> Effect {
        Effect::Pause(Pause { up_to_ms })
    }

    fn paused(up_to_ms: u32) -> Exchange {
        Exchange::new(pause(up_to_ms), Reply::Paused(Paused { ms: 1 }))
    }

    /// Two effects at the same time, then one; each step with one reason.
    fn rule(history: &mut History<'_>) -> RuleResult {
        history.explain(BuiltInReason::BothEmpty);
        history.perform_all([pause(1), pause(2)])?;
        history.explain(BuiltInReason::SourceIsEmpty);
        history.perform(pause(3))?;
        history.explain(BuiltInReason::SameConsumer);
        Ok(Outcome::NothingToMove)
    }

    fn step(recorded: &[Exchange]) -> Step {
        let mut history = History::of(recorded);
        let end = rule(&mut history);
        history.close(end)
    }

    fn asks(recorded: &[Exchange], effects: &[Effect], reason: BuiltInReason) {
        assert_eq!(step(recorded), Step::Perform(Perform { effects: effects.to_vec(), reasons: vec![reason.into()] }));
    }

    fn parts(recorded: &[Exchange], index: u32, asked: Option<Effect>) {
        let failure = Failure::Diverged(Diverged { index, asked });
        assert_eq!(step(recorded), Step::Failed(Failed { failure, reasons: vec![] }));
    }

    #[test]
    fn a_rule_goes_one_step_further_with_each_call() {
        asks(&[], &[pause(1), pause(2)], BuiltInReason::BothEmpty);
        asks(&[paused(1), paused(2)], &[pause(3)], BuiltInReason::SourceIsEmpty);
        let Step::Finished(end) = step(&[paused(1), paused(2), paused(3)]) else { panic!("not finished") };
        assert_eq!((end.outcome, end.reasons), (Outcome::NothingToMove, vec![BuiltInReason::SameConsumer.into()]));
    }

    #[test]
    fn a_step_cut_short_asks_for_the_rest_of_it() {
        asks(&[paused(1)], &[pause(2)], BuiltInReason::BothEmpty);
    }

    #[test]
    fn another_effect_than_the_one_asked_for_is_named_with_its_place() {
        parts(&[paused(9)], 0, Some(pause(1)));
        parts(&[paused(1), paused(9)], 1, Some(pause(2)));
        parts(&[paused(1), paused(2), paused(9)], 2, Some(pause(3)));
    }

    #[test]
    fn exchanges_after_the_end_are_noticed() {
        parts(&[paused(1), paused(2), paused(3), paused(4)], 3, None);
    }

    #[test]
    fn a_reply_of_the_wrong_kind_is_noticed() {
        let asked = Effect::FindServer(FindServer { server: "s".into() });
        let wrong = Exchange::new(asked.clone(), Reply::Written);
        let right = Reply::Server(ServerAnswer { state: ServerState::Gone, details: None });
        let ask = |history: &mut History<'_>| crate::ask::server(history, "s").map(|_| Outcome::NothingToMove);
        let close = |recorded: &[Exchange]| {
            let mut history = History::of(recorded);
            let end = ask(&mut history);
            history.close(end)
        };
        let failure = Failure::Diverged(Diverged { index: 0, asked: Some(asked.clone()) });
        assert_eq!(close(&[wrong]), Step::Failed(Failed { failure, reasons: vec![] }));
        assert!(matches!(close(&[Exchange::new(asked, right)]), Step::Finished(_)));
    }
}
