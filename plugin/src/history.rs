//! What lets a rule read like straight-line code although the policy is called anew after every effect.
//!
//! A rule asks for an effect by `history.perform(effect)?`. If the history already holds it, the recorded reply comes
//! back and the rule goes on; if not, `?` ends the rule with "perform this effect". The host does so, appends the
//! exchange and calls again: the rule runs from its first line over the recorded replies and gets one effect further.
//! Since a rule sees nothing but its task and these replies, it takes the same way every time. If it does not, the
//! history is not one of this rule's, and it stops with `diverged` rather than go on from a false belief.

use crate::contract::{Diverged, Effect, Exchange, Failed, Failure, Finished, Outcome, Perform, Reason, Reply, Step};

/// A task's history while a rule runs over it.
pub struct History<'a> {
    recorded: &'a [Exchange],
    at: usize,
    reasons: Vec<Reason>,
}

/// Why a rule stops short of an outcome.
#[derive(Debug)]
pub enum Stop {
    /// These effects have no reply yet.
    Perform(Vec<Effect>),
    /// The history does not fit.
    Diverged(Box<Diverged>),
    /// The task fails.
    Failed(Box<Failure>),
}

/// What a rule ends with; `?` passes a stop on.
pub type Ending = Result<Outcome, Stop>;

impl From<Box<Failure>> for Stop {
    fn from(failure: Box<Failure>) -> Self {
        Self::Failed(failure)
    }
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failed(Box::new(failure))
    }
}

impl<'a> History<'a> {
    /// A rule's view of `recorded`, from its beginning.
    pub fn of(recorded: &'a [Exchange]) -> Self {
        Self { recorded, at: 0, reasons: Vec::new() }
    }

    /// Says why the next step is what it is. What was said before a recorded effect belongs to an earlier step.
    pub fn because(&mut self, reason: Reason) {
        self.reasons.push(reason);
    }

    /// The recorded reply to `effect`, or a stop that asks for it.
    pub fn perform(&mut self, effect: Effect) -> Result<&'a Reply, Stop> {
        let [reply] = self.perform_all([effect])?;
        Ok(reply)
    }

    /// The replies to effects that do not wait for each other. When only the first ones are recorded (the host died in
    /// between), the stop asks for the others alone.
    pub fn perform_all<const N: usize>(&mut self, effects: [Effect; N]) -> Result<[&'a Reply; N], Stop> {
        let rest = self.recorded.get(self.at..).unwrap_or_default();
        if let Some(misfit) = effects.iter().zip(rest).position(|(asked, there)| there.effect != *asked) {
            self.at += misfit;
            return Err(self.diverged(effects.into_iter().nth(misfit)));
        }
        let Some(there) = rest.first_chunk::<N>() else {
            return Err(Stop::Perform(effects.into_iter().skip(rest.len()).collect()));
        };
        self.at += N;
        self.reasons.clear();
        Ok(there.each_ref().map(|exchange| &exchange.reply))
    }

    /// The stop for a reply of a kind that does not answer `asked`, the effect performed last (`back` = 1) or the one
    /// `back` places before the end of the last step.
    pub fn misfit(&mut self, asked: Effect, back: usize) -> Stop {
        self.at = self.at.saturating_sub(back);
        self.diverged(Some(asked))
    }

    /// The step that a rule's end makes. An end before the history's own is a misfit too.
    pub fn close(mut self, end: Ending) -> Step {
        let end = match end {
            Err(stop @ (Stop::Perform(_) | Stop::Diverged(_))) => Err(stop),
            _ if self.at < self.recorded.len() => Err(self.diverged(None)),
            end => end,
        };
        let reasons = self.reasons;
        match end {
            Ok(outcome) => Step::Finished(Finished { outcome, reasons }),
            Err(Stop::Perform(effects)) => Step::Perform(Perform { effects, reasons }),
            Err(Stop::Failed(failure)) => Step::Failed(Failed { failure: *failure, reasons }),
            Err(Stop::Diverged(diverged)) => Step::Failed(Failed { failure: Failure::Diverged(*diverged), reasons }),
        }
    }

    fn diverged(&mut self, asked: Option<Effect>) -> Stop {
        self.reasons.clear();
        match self.recorded.get(self.at) {
            Some(there) => {
                let index = u32::try_from(self.at).unwrap_or(u32::MAX);
                Stop::Diverged(Box::new(Diverged { index, recorded: there.clone(), asked }))
            }
            // Nothing is recorded there, so nothing can disagree: ask for it.
            None => Stop::Perform(asked.into_iter().collect()),
        }
    }
}
