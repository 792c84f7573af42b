//! Plays a task to its end: the rules decide the effects, and the plan decides their results.

use swaparoo_contract::{Effect, Exchange, Outcome, Step};
use swaparoo_core::task::{self, TaskEnd};
use swaparoo_sim::explorer::Policy as _;
use swaparoo_sim::{SimEvent, describe};

use crate::answer_plan::{AnswerPlan, TaskWorld};
use crate::change::{Change, possible_events};
use crate::effect_counts::EffectCounts;
use crate::opened_task::OpenedTask;
use crate::rules::{Rules, TaskRules};
use crate::run_view::{EndView, ExchangeView, RunView, StepView, reasons};
use crate::snapshot::{Snapshot, providers};
use crate::verdict::{Verdict, judge};
use crate::violation_view::set_since;

/// The longest history. The built-in rules end before it, but a component may not.
pub const LONGEST: usize = 2_000;

/// A task that is being played.
pub struct Player {
    /// Decides the results of effects.
    pub plan: AnswerPlan,
    /// The current state of the world.
    pub world: TaskWorld,
    /// The number of effects of each kind so far.
    pub counts: EffectCounts,
    /// The history so far.
    pub history: Vec<Exchange>,
    used: Vec<usize>,
}

impl Player {
    /// Starts before the first exchange.
    #[must_use]
    pub fn new(opened: &OpenedTask, changes: &[Change]) -> Self {
        let plan = AnswerPlan::new(opened, changes);
        let world = plan.world();
        Self { plan, world, counts: EffectCounts::default(), history: Vec::new(), used: Vec::new() }
    }

    /// Performs one effect and returns the view of the exchange.
    pub fn answer(&mut self, effect: &Effect, step: usize) -> ExchangeView {
        let nth = self.counts.ask(effect);
        let possible_events = possible_events(effect, &self.world.cloud);
        let answer = self.world.answer(&self.plan, self.history.len(), effect, nth, None);
        self.used.extend(answer.used);
        let exchange = Exchange::new(effect.clone(), answer.reply);
        self.history.push(exchange.clone());
        let text = |one: Option<SimEvent>| one.map_or_else(|| "answered by hand".to_owned(), describe::event);
        let happened = answer.happened.into_iter().map(text).collect();
        ExchangeView { happened, recorded: answer.recorded, possible_events, ..ExchangeView::of(exchange, step, nth) }
    }
}

/// Plays the task of `opened` to its end, or to the end of the record of a task that is still running.
///
/// # Errors
/// The rules cannot be called.
pub fn play(opened: &OpenedTask, rules: &Rules, changes: &[Change], still_open: bool) -> Result<RunView, String> {
    let (mut rules, mut kept) = (TaskRules::new(rules, &opened.task)?, 0);
    let mut player = Player::new(opened, changes);
    let mut snapshots = vec![Snapshot::of(&player.world.cloud, &player.world.known)];
    let (mut steps, mut exchanges) = (Vec::new(), Vec::new());
    let (end, outcome) = loop {
        let step = match rules.next_step(&opened.task, &player.history, kept) {
            Ok(step) => step,
            Err(why) => break (EndView::broken(why), None),
        };
        let at = exchanges.len();
        let view = |count| StepView { at, count, reasons: reasons(&step), step: step.clone() };
        let Step::Perform(perform) = &step else {
            steps.push(view(0));
            break ended(opened, &player.history, &step);
        };
        let as_recorded = changes.is_empty() && player.world.left_record_at.is_none();
        if still_open && as_recorded && at >= opened.recorded.len() {
            break (EndView::open(), None);
        }
        if at + perform.effects.len() > LONGEST || perform.effects.is_empty() {
            break (EndView::broken(format!("the rules come to no end in {LONGEST} exchanges")), None);
        }
        if let Err(refused) = accept(opened, &player.history, &step) {
            break (EndView::of(&refused, None, &player.history), None);
        }
        steps.push(view(perform.effects.len()));
        for effect in &perform.effects {
            exchanges.push(player.answer(effect, steps.len() - 1));
            snapshots.push(Snapshot::of(&player.world.cloud, &player.world.known));
        }
        kept = at;
    };
    let left_record_at =
        player.world.left_record_at.or_else(|| left_record_at_end(opened, exchanges.len(), &end, outcome.as_ref()));
    Ok(RunView {
        task: opened.task.clone(),
        steps,
        exchanges,
        verdict: judged(opened, &player.world, &end, outcome.as_ref(), &snapshots),
        snapshots,
        providers: providers(&player.world.cloud),
        end,
        recorded: opened.is_record.then_some(opened.recorded.len()),
        leaves_record_at: left_record_at,
        unused: player.plan.unused(&player.used),
    })
}

/// The end that a step states, and its outcome, if any.
fn ended(opened: &OpenedTask, history: &[Exchange], step: &Step) -> (EndView, Option<Outcome>) {
    match accept(opened, history, step) {
        Ok(_) => (EndView::open(), None),
        Err(end) => (EndView::of(&end, Some(step), history), end.outcome().cloned()),
    }
}

/// What a host makes of a step. The built-in rules never request or state what it refuses (the explorations check it),
/// so the small module, which plays only them, does not include the check.
fn accept(opened: &OpenedTask, history: &[Exchange], step: &Step) -> Result<Vec<Effect>, TaskEnd> {
    if cfg!(not(feature = "full")) {
        return task::trust(step.clone());
    }
    task::accept(&opened.task, history, step.clone())
}

/// The verdict, with the exchange since which each fault exists.
pub fn judged(
    opened: &OpenedTask,
    world: &TaskWorld,
    end: &EndView,
    outcome: Option<&Outcome>,
    snapshots: &[Snapshot],
) -> Verdict {
    let mut verdict = judge(opened, world, end, outcome);
    set_since(&mut verdict.violations, snapshots);
    set_since(&mut verdict.remaining, snapshots);
    verdict
}

/// Rules that used only recorded replies still leave the record if they end earlier or differently.
fn left_record_at_end(opened: &OpenedTask, length: usize, end: &EndView, outcome: Option<&Outcome>) -> Option<usize> {
    let other = |there: &(EndView, Option<Outcome>)| {
        end.name != there.0.name || (there.1.is_some() && outcome != there.1.as_ref())
    };
    let left_record_at = length < opened.recorded.len() || opened.end.as_ref().is_some_and(other);
    (opened.is_record && left_record_at).then_some(length)
}
