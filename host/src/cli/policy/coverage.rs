//! What the scenarios have shown of a policy: its reasons and ends, and which replies its effects have met.

use std::collections::BTreeMap;

use serde::Serialize;
use swaparoo::contract::{Effect, Step};
use swaparoo::drive::Run;
use swaparoo::printable;

use crate::cli::stdout::say;

/// Counts over all runs.
#[derive(Debug, Default, Serialize)]
pub struct Coverage {
    /// The codes of reasons, with the steps that they explained.
    reasons: BTreeMap<String, usize>,
    /// The outcomes and failures, with the tasks that ended so.
    ends: BTreeMap<String, usize>,
    /// For each effect that the policy has asked for: the replies that it may get, with the times that it got them.
    replies: BTreeMap<&'static str, BTreeMap<&'static str, usize>>,
    /// The share of these pairs that were met, in percent.
    percent: usize,
}

impl Coverage {
    /// The coverage of these runs.
    pub fn of(runs: &[Run]) -> Self {
        let mut coverage = Self::default();
        runs.iter().for_each(|run| coverage.add(run));
        let met = coverage.pairs().filter(|(_, _, times)| *times > 0).count();
        coverage.percent = (100 * met).checked_div(coverage.pairs().count()).unwrap_or(100);
        coverage
    }

    fn add(&mut self, run: &Run) {
        for reason in run.steps.iter().flat_map(reasons) {
            *self.reasons.entry(reason.to_owned()).or_default() += 1;
        }
        let end = match &run.end {
            Ok(outcome) => outcome.name().to_owned(),
            Err(failure) => failure.code(),
        };
        *self.ends.entry(end).or_default() += 1;
        for exchange in &run.history {
            *self.replies_to(&exchange.effect).entry(exchange.reply.name()).or_default() += 1;
        }
        // The last effects may have had no reply.
        for step in &run.steps {
            if let Step::Perform(perform) = step {
                perform.effects.iter().for_each(|effect| _ = self.replies_to(effect));
            }
        }
    }

    fn replies_to(&mut self, effect: &Effect) -> &mut BTreeMap<&'static str, usize> {
        let possible = || effect.replies().into_iter().map(|reply| (reply, 0)).collect();
        self.replies.entry(effect.name()).or_insert_with(possible)
    }

    fn pairs(&self) -> impl Iterator<Item = (&'static str, &'static str, usize)> {
        self.replies.iter().flat_map(|(effect, replies)| replies.iter().map(|(reply, times)| (*effect, *reply, *times)))
    }

    /// Whether at least this share of the pairs was met.
    pub fn reaches(&self, percent: usize) -> bool {
        self.percent >= percent
    }

    /// Prints the tables.
    pub fn print(&self, threshold: usize) {
        say!("\nreasons                                  steps");
        for (code, times) in &self.reasons {
            say!("  {:<38} {times:>5}", printable::line(code));
        }
        say!("\nends                                     tasks");
        for (code, times) in &self.ends {
            say!("  {:<38} {times:>5}", printable::line(code));
        }
        say!("\neffect                 reply             times");
        for (effect, reply, times) in self.pairs() {
            let times = if times == 0 { "never".to_owned() } else { times.to_string() };
            say!("  {effect:<20} {reply:<17} {times:>5}");
        }
        say!("  {} % of these pairs of effect and reply were met", self.percent);
        if !self.reaches(threshold) {
            say!("  this is less than the threshold of {threshold} %");
        }
    }
}

fn reasons(step: &Step) -> impl Iterator<Item = &str> {
    let reasons = match step {
        Step::Perform(perform) => &perform.reasons,
        Step::Finished(finished) => &finished.reasons,
        Step::Failed(failed) => &failed.reasons,
    };
    reasons.iter().map(|reason| reason.code.as_str())
}
