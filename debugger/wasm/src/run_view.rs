//! A run: one task played to its end under some rules, with everything that the page shows at each point.

use serde::Serialize;
#[cfg(feature = "full")]
use swaparoo_contract::Outcome;
use swaparoo_contract::{Effect, Exchange, Reason, Reply, Step, Task};
#[cfg(feature = "full")]
use swaparoo_core::record::End;
use swaparoo_core::task::TaskEnd;
use swaparoo_core::{describe, printable};
use tsify::Tsify;

use crate::change::{Change, PossibleEvent};
use crate::snapshot::{ProviderView, Snapshot};
use crate::verdict::Verdict;

/// The whole run.
#[derive(Debug, Clone, Serialize, Tsify)]
#[tsify(missing_as_null)]
pub struct RunView {
    /// In the contract's form.
    #[tsify(type = "Task")]
    pub task: Task,
    /// The steps, in order; the last one is the end, if the task has ended.
    pub steps: Vec<StepView>,
    /// The exchanges, in order.
    pub exchanges: Vec<ExchangeView>,
    /// The world before the first exchange and after each.
    pub snapshots: Vec<Snapshot>,
    /// All providers.
    pub providers: Vec<ProviderView>,
    /// How it ended.
    pub end: EndView,
    /// The verdict on its end.
    pub verdict: Verdict,
    /// For a recorded task: the number of recorded exchanges.
    pub recorded: Option<usize>,
    /// The first exchange that is not as recorded; the number of exchanges if only the end differs; none if all of it
    /// is as recorded, or nothing was recorded.
    pub leaves_record_at: Option<usize>,
    /// Changes whose place was not reached, or that could not happen there.
    pub unused: Vec<Change>,
}

/// A step of the rules.
#[derive(Debug, Clone, Serialize, Tsify)]
#[tsify(missing_as_null)]
pub struct StepView {
    /// The first exchange of this step.
    pub at: usize,
    /// The number of exchanges of this step.
    pub count: usize,
    /// The rules that decided it, with their reasons.
    pub reasons: Vec<ReasonView>,
    /// The step in the contract's form.
    #[tsify(type = "Step")]
    pub step: Step,
}

/// A rule that decided a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Tsify)]
#[tsify(missing_as_null)]
pub struct ReasonView {
    /// Its name in the contract.
    pub rule: String,
    /// Text for display.
    pub text: String,
}

/// One exchange.
#[derive(Debug, Clone, Serialize, Tsify)]
#[tsify(missing_as_null)]
pub struct ExchangeView {
    /// The index of its step in `steps`.
    pub step: usize,
    /// Who received the effect: `placement`, `conductor` or `host`.
    pub receiver: &'static str,
    /// The effect's kind.
    pub kind: &'static str,
    /// The number of the effect among those of its kind, from 1.
    pub nth: usize,
    /// In the contract's form.
    #[tsify(type = "Effect")]
    pub effect: Effect,
    /// The reply in the contract's form.
    #[tsify(type = "Reply")]
    pub reply: Reply,
    /// The effect as text.
    pub effect_text: String,
    /// The reply as text.
    pub reply_text: String,
    /// Whether the reply is an `answer`, a `refusal` or `missing`.
    pub reply_class: &'static str,
    /// What happened just before it, or to it, as text.
    pub happened: Vec<String>,
    /// Whether the reply comes from the record.
    pub recorded: bool,
    /// Other things that could have happened here.
    pub possible_events: Vec<PossibleEvent>,
}

/// How it ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Tsify)]
#[tsify(missing_as_null)]
pub struct EndView {
    /// `finished`, `failed`, `open` (the task is still running) or `broken` (the rules failed).
    pub kind: &'static str,
    /// The outcome's or failure's name in the contract.
    pub name: String,
    /// Text for display.
    pub text: String,
    /// The rules that decided it, with their reasons.
    pub reasons: Vec<ReasonView>,
    /// Whether the end says that a person must look, since no rule can decide what is right.
    pub needs_person: bool,
}

impl ExchangeView {
    /// The view of an exchange; the caller adds what happened and what could have happened.
    #[must_use]
    pub fn of(exchange: Exchange, step: usize, nth: usize) -> Self {
        let Exchange { effect, reply, .. } = exchange;
        let receiver = match (&effect, effect.answered_by()) {
            (Effect::Pause(_), _) => "host",
            (_, None) => "placement",
            _ => "conductor",
        };
        Self {
            step,
            receiver,
            kind: effect.name(),
            nth,
            effect_text: describe::effect(&effect),
            reply_text: describe::reply(&reply),
            reply_class: reply_class(&reply),
            effect,
            reply,
            happened: Vec::new(),
            recorded: false,
            possible_events: Vec::new(),
        }
    }
}

impl EndView {
    /// The end of a task, which `step` states. A host accepts only an outcome that the history shows; another one is a
    /// failure of the policy.
    #[must_use]
    pub fn of(end: &TaskEnd, step: Option<&Step>, history: &[Exchange]) -> Self {
        let (kind, text, needs_person) = match end {
            TaskEnd::Finished(outcome) => ("finished", describe::outcome(outcome), false),
            TaskEnd::Failed(failure) => {
                ("failed", describe::failure(failure, history), describe::needs_a_person(failure))
            }
            // The page's built-in rules need no such check, as in `play`.
            refused if cfg!(feature = "full") => ("failed", refused.words(history), false),
            _ => ("failed", String::new(), false),
        };
        Self { reasons: step.map(reasons).unwrap_or_default(), needs_person, ..Self::of_kind(kind, end.name(), text) }
    }

    /// The end of a record, with the record's own text.
    #[cfg(feature = "full")]
    #[must_use]
    pub fn recorded(end: &End) -> (Self, Option<Outcome>) {
        let name = end.name().unwrap_or("unnamed");
        match end {
            End::Finished(value) => {
                let outcome = serde_json::from_value::<Outcome>(value.clone()).ok();
                let text = outcome.as_ref().map_or_else(|| value.to_string(), describe::outcome);
                (Self::of_kind("finished", name, text), outcome)
            }
            End::Failed(value) => {
                let detail = value.get("detail").and_then(|detail| detail.as_str());
                let text = detail.map_or_else(|| value.to_string(), str::to_owned);
                let needs_person = describe::end_needs_a_person(end);
                (Self { needs_person, ..Self::of_kind("failed", name, text) }, None)
            }
        }
    }

    /// The end if the rules failed.
    #[must_use]
    pub fn broken(why: String) -> Self {
        Self::of_kind("broken", "broken", why)
    }

    /// The end of a task that is still running.
    #[must_use]
    pub fn open() -> Self {
        Self::of_kind("open", "open", "the task is still at work: this is its history so far".to_owned())
    }

    /// The end if the opened file or task does not contain one.
    #[cfg(feature = "full")]
    #[must_use]
    pub fn not_recorded() -> Self {
        Self::of_kind("open", "not-recorded", "how the task ended is not in what was opened".to_owned())
    }

    fn of_kind(kind: &'static str, name: &str, text: String) -> Self {
        Self { kind, name: name.to_owned(), text, reasons: Vec::new(), needs_person: false }
    }
}

/// The reasons of a step, as text.
#[must_use]
pub fn reasons(step: &Step) -> Vec<ReasonView> {
    let reasons = match step {
        Step::Perform(step) => &step.reasons,
        Step::Finished(step) => &step.reasons,
        Step::Failed(step) => &step.reasons,
    };
    let view = |reason| ReasonView { rule: rule(reason), text: describe::reason(reason) };
    reasons.iter().map(view).collect()
}

/// Rules of a migration are named after nova's method, the others by their code.
fn rule(reason: &Reason) -> String {
    let method = reason.built_in().as_ref().and_then(describe::rule);
    method.map_or_else(|| printable::line(&reason.code).into_owned(), str::to_owned)
}

fn reply_class(reply: &Reply) -> &'static str {
    match reply {
        Reply::Refused(_) | Reply::Foreign(_) | Reply::NovaError(_) => "refusal",
        Reply::Lost(_) | Reply::Unreachable(_) | Reply::Abandoned(_) => "missing",
        _ => "answer",
    }
}
