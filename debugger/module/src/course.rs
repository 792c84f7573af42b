//! A course: one task played to its end under some rules, with what can be seen of it at each point.

use std::collections::BTreeMap;

use serde::Serialize;
use swaparoo_contract::{Effect, Exchange, Outcome, Reason, Reply, Step, Task};
use swaparoo_core::authority::OutOfBounds;
#[cfg(feature = "full")]
use swaparoo_core::record::End;
use swaparoo_core::{evidence, words};
use tsify::Tsify;

use crate::change::{Change, Offer};
use crate::moment::{Moment, ProviderView};
use crate::verdict::Verdict;

/// All of it.
#[derive(Debug, Clone, Serialize, Tsify)]
#[tsify(missing_as_null)]
pub struct Course {
    /// What was asked.
    #[tsify(type = "Task")]
    pub task: Task,
    /// The steps, in order; the last one is the end, if there is one.
    pub steps: Vec<StepView>,
    /// The exchanges, in order.
    pub exchanges: Vec<ExchangeView>,
    /// The world before the first exchange and after each.
    pub moments: Vec<Moment>,
    /// All providers.
    pub providers: Vec<ProviderView>,
    /// How it ended.
    pub end: EndView,
    /// The verdict on it.
    pub verdict: Verdict,
    /// How many exchanges were recorded, of a task that was run somewhere.
    pub recorded: Option<usize>,
    /// From this exchange on it is not as recorded, and where it is their count, only the end is not; none where all of
    /// it is, or nothing was recorded.
    pub leaves_record_at: Option<usize>,
    /// Changes whose place never came, or that could not happen there.
    pub unused: Vec<Change>,
}

/// What the rules said at one point.
#[derive(Debug, Clone, Serialize, Tsify)]
#[tsify(missing_as_null)]
pub struct StepView {
    /// The first exchange that came of it.
    pub at: usize,
    /// How many came of it.
    pub count: usize,
    /// Which rules spoke.
    pub reasons: Vec<ReasonView>,
    /// As the rules said it.
    #[tsify(type = "Step")]
    pub step: Step,
}

/// Which rule spoke.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Tsify)]
#[tsify(missing_as_null)]
pub struct ReasonView {
    /// Its name in the contract.
    pub rule: String,
    /// For people.
    pub words: String,
}

/// One exchange.
#[derive(Debug, Clone, Serialize, Tsify)]
#[tsify(missing_as_null)]
pub struct ExchangeView {
    /// Its place in `steps`.
    pub step: usize,
    /// `placement`, `conductor` or `host`: who was asked.
    pub by: &'static str,
    /// Its kind, and how often that was asked by then.
    pub kind: &'static str,
    /// From 1.
    pub nth: usize,
    /// What was asked.
    #[tsify(type = "Effect")]
    pub effect: Effect,
    /// What came back.
    #[tsify(type = "Reply")]
    pub reply: Reply,
    /// The effect for people.
    pub asked: String,
    /// The reply for people.
    pub answered: String,
    /// `well`, `no` or `silence`.
    pub mood: &'static str,
    /// What happened just before, or to it, for people.
    pub happened: Vec<String>,
    /// Whether the reply is the record's.
    pub recorded: bool,
    /// What else could have happened here.
    pub offers: Vec<Offer>,
}

/// How it ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Tsify)]
#[tsify(missing_as_null)]
pub struct EndView {
    /// `finished`, `failed`, `open` (a task that is still at work) or `broken` (the rules broke down).
    pub kind: &'static str,
    /// The outcome's or failure's name in the contract.
    pub name: String,
    /// For people.
    pub words: String,
    /// Which rules spoke.
    pub reasons: Vec<ReasonView>,
    /// It says that a person must look: no rule can tell what is right now.
    pub needs_person: bool,
}

impl ExchangeView {
    /// As it is seen; what happened and what could have is added by who played it.
    #[must_use]
    pub fn of(exchange: Exchange, step: usize, nth: usize) -> Self {
        let Exchange { effect, reply } = exchange;
        let by = match (&effect, effect.answered_by()) {
            (Effect::Pause(_), _) => "host",
            (_, None) => "placement",
            _ => "conductor",
        };
        Self {
            step,
            by,
            kind: effect.name(),
            nth,
            asked: words::effect(&effect),
            answered: words::reply(&reply),
            mood: mood(&reply),
            effect,
            reply,
            happened: Vec::new(),
            recorded: false,
            offers: Vec::new(),
        }
    }
}

/// Why a host would not believe this outcome. As in `play`, the page's own rules need no such check.
fn unfounded(task: &Task, history: &[Exchange], outcome: &Outcome) -> Option<String> {
    if cfg!(not(feature = "full")) {
        return None;
    }
    evidence::check(task, history, outcome).err().map(|unfounded| unfounded.to_string())
}

impl EndView {
    /// The end that a step is, and the outcome if it is one; none when the step goes on. A host believes no outcome that the
    /// history does not show: it is a failure of the policy's then.
    #[must_use]
    pub fn of(task: &Task, step: &Step, history: &[Exchange]) -> Option<(Self, Option<Outcome>)> {
        match step {
            Step::Perform(_) => None,
            Step::Finished(end) => {
                if let Some(words) = unfounded(task, history, &end.outcome) {
                    let view = Self { reasons: reasons(step), ..Self::said("failed", "unfounded-end", words) };
                    return Some((view, None));
                }
                let (name, words) = (end.outcome.name(), words::outcome(&end.outcome));
                let view = Self { reasons: reasons(step), ..Self::said("finished", name, words) };
                Some((view, Some(end.outcome.clone())))
            }
            Step::Failed(end) => {
                let (name, words) = (end.failure.name(), words::failure(&end.failure, history));
                Some((Self { reasons: reasons(step), ..Self::said("failed", name, words) }, None))
            }
        }
    }

    /// The end of a record, in the record's own words.
    #[cfg(feature = "full")]
    #[must_use]
    pub fn recorded(end: &End) -> (Self, Option<Outcome>) {
        let name = end.name().unwrap_or("unnamed");
        match end {
            End::Finished(value) => {
                let outcome = serde_json::from_value::<Outcome>(value.clone()).ok();
                let words = outcome.as_ref().map_or_else(|| value.to_string(), words::outcome);
                (Self::said("finished", name, words), outcome)
            }
            End::Failed(value) => {
                let detail = value.get("detail").and_then(|detail| detail.as_str());
                (Self::said("failed", name, detail.map_or_else(|| value.to_string(), str::to_owned)), None)
            }
        }
    }

    /// The rules broke down.
    #[must_use]
    pub fn broken(why: String) -> Self {
        Self::said("broken", "broken", why)
    }

    /// The rules ask for what the task does not name, and the host sends nothing.
    #[must_use]
    pub fn refused(why: &OutOfBounds) -> Self {
        Self::said("failed", "out-of-bounds", why.to_string())
    }

    /// The task has not ended yet.
    #[must_use]
    pub fn open() -> Self {
        Self::said("open", "open", "the task is still at work: this is as far as it has come".to_owned())
    }

    /// What was opened does not tell how the task ended.
    #[cfg(feature = "full")]
    #[must_use]
    pub fn untold() -> Self {
        Self::said("open", "not-recorded", "how the task ended is not in what was opened".to_owned())
    }

    fn said(kind: &'static str, name: &str, words: String) -> Self {
        let needs_person = kind == "failed" && words::needs_a_person(name);
        Self { kind, name: name.to_owned(), words, reasons: Vec::new(), needs_person }
    }
}

/// A step's reasons.
#[must_use]
pub fn reasons(step: &Step) -> Vec<ReasonView> {
    let reasons = match step {
        Step::Perform(step) => &step.reasons,
        Step::Finished(step) => &step.reasons,
        Step::Failed(step) => &step.reasons,
    };
    let view = |reason| ReasonView { rule: rule(reason), words: words::reason(reason) };
    reasons.iter().map(view).collect()
}

/// How often each kind of effect was asked.
#[derive(Debug, Clone, Default)]
pub struct Counts(BTreeMap<&'static str, usize>);

impl Counts {
    /// Counts one more, and says how often it was asked by now.
    pub fn ask(&mut self, effect: &Effect) -> usize {
        let count = self.0.entry(effect.name()).or_default();
        *count += 1;
        *count
    }
}

/// A migration's rules are named by nova's method; the others by what they saw.
fn rule(reason: &Reason) -> String {
    match reason {
        Reason::ByRule(rule) => words::rule(rule.rule).to_owned(),
        other => other.name().to_owned(),
    }
}

fn mood(reply: &Reply) -> &'static str {
    match reply {
        Reply::Refused(_) | Reply::Foreign(_) | Reply::NovaError(_) => "no",
        Reply::Lost(_) | Reply::Unreachable(_) | Reply::Abandoned(_) => "silence",
        _ => "well",
    }
}
