//! Plays a task to its end: the rules decide the effects, and the plan decides their results.

use swaparoo_contract::{Effect, Exchange, Outcome, Step};
use swaparoo_core::task::{self, TaskEnd};
use swaparoo_sim::explorer::Policy as _;
use swaparoo_sim::{SimEvent, describe};

use crate::change::{Change, offers};
use crate::course::{Counts, Course, EndView, ExchangeView, StepView, reasons};
use crate::moment::{Moment, providers};
use crate::opening::Opening;
use crate::plan::{Plan, TaskWorld};
use crate::rules::{Rules, TaskRules};
use crate::verdict::{Verdict, judge};
use crate::wrong::date;

/// The longest history. The built-in rules end before it, but a component may not.
pub const LONGEST: usize = 2_000;

/// A task that is being played.
pub struct Player {
    /// Decides the results of effects.
    pub plan: Plan,
    /// The current state of the world.
    pub world: TaskWorld,
    /// The number of effects of each kind so far.
    pub counts: Counts,
    /// The history so far.
    pub history: Vec<Exchange>,
    used: Vec<usize>,
}

impl Player {
    /// Starts before the first exchange.
    #[must_use]
    pub fn new(opening: &Opening, changes: &[Change]) -> Self {
        let plan = Plan::new(opening, changes);
        let world = plan.world();
        Self { plan, world, counts: Counts::default(), history: Vec::new(), used: Vec::new() }
    }

    /// Performs one effect and returns the view of the exchange.
    pub fn answer(&mut self, effect: &Effect, step: usize) -> ExchangeView {
        let nth = self.counts.ask(effect);
        let offers = offers(effect, &self.world.cloud);
        let answer = self.world.answer(&self.plan, self.history.len(), effect, nth, None);
        self.used.extend(answer.used);
        let exchange = Exchange::new(effect.clone(), answer.reply);
        self.history.push(exchange.clone());
        let words = |one: Option<SimEvent>| one.map_or_else(|| "answered by hand".to_owned(), describe::event);
        let happened = answer.happened.into_iter().map(words).collect();
        ExchangeView { happened, recorded: answer.recorded, offers, ..ExchangeView::of(exchange, step, nth) }
    }
}

/// Plays the task of `opening` to its end, or to the end of the record of a task that is still running.
///
/// # Errors
/// The rules cannot be called.
pub fn play(opening: &Opening, rules: &Rules, changes: &[Change], still_open: bool) -> Result<Course, String> {
    let (mut rules, mut kept) = (TaskRules::new(rules, &opening.task)?, 0);
    let mut player = Player::new(opening, changes);
    let mut moments = vec![Moment::of(&player.world.cloud, &player.world.known)];
    let (mut steps, mut exchanges) = (Vec::new(), Vec::new());
    let (end, outcome) = loop {
        let step = match rules.next_step(&opening.task, &player.history, kept) {
            Ok(step) => step,
            Err(why) => break (EndView::broken(why), None),
        };
        let at = exchanges.len();
        let view = |count| StepView { at, count, reasons: reasons(&step), step: step.clone() };
        let Step::Perform(perform) = &step else {
            steps.push(view(0));
            break ended(opening, &player.history, &step);
        };
        let as_recorded = changes.is_empty() && player.world.left_record_at.is_none();
        if still_open && as_recorded && at >= opening.recorded.len() {
            break (EndView::open(), None);
        }
        if at + perform.effects.len() > LONGEST || perform.effects.is_empty() {
            break (EndView::broken(format!("the rules come to no end in {LONGEST} exchanges")), None);
        }
        if let Err(refused) = accept(opening, &player.history, &step) {
            break (EndView::of(&refused, None, &player.history), None);
        }
        steps.push(view(perform.effects.len()));
        for effect in &perform.effects {
            exchanges.push(player.answer(effect, steps.len() - 1));
            moments.push(Moment::of(&player.world.cloud, &player.world.known));
        }
        kept = at;
    };
    let parted =
        player.world.left_record_at.or_else(|| parted_at_end(opening, exchanges.len(), &end, outcome.as_ref()));
    Ok(Course {
        task: opening.task.clone(),
        steps,
        exchanges,
        verdict: judged(opening, &player.world, &end, outcome.as_ref(), &moments),
        moments,
        providers: providers(&player.world.cloud),
        end,
        recorded: opening.is_record.then_some(opening.recorded.len()),
        leaves_record_at: parted,
        unused: player.plan.unused(&player.used),
    })
}

/// The end that a step states, and its outcome, if any.
fn ended(opening: &Opening, history: &[Exchange], step: &Step) -> (EndView, Option<Outcome>) {
    match accept(opening, history, step) {
        Ok(_) => (EndView::open(), None),
        Err(end) => (EndView::of(&end, Some(step), history), end.outcome().cloned()),
    }
}

/// What a host makes of a step. The built-in rules never request or state what it refuses (the explorations check it),
/// so the small module, which plays only them, does not include the check.
fn accept(opening: &Opening, history: &[Exchange], step: &Step) -> Result<Vec<Effect>, TaskEnd> {
    if cfg!(not(feature = "full")) {
        return task::trust(step.clone());
    }
    task::accept(&opening.task, history, step.clone())
}

/// The verdict, with the exchange since which each fault exists.
pub fn judged(
    opening: &Opening,
    world: &TaskWorld,
    end: &EndView,
    outcome: Option<&Outcome>,
    moments: &[Moment],
) -> Verdict {
    let mut verdict = judge(opening, world, end, outcome);
    date(&mut verdict.wrongs, moments);
    date(&mut verdict.left, moments);
    verdict
}

/// Rules that used only recorded replies still leave the record if they end earlier or differently.
fn parted_at_end(opening: &Opening, length: usize, end: &EndView, outcome: Option<&Outcome>) -> Option<usize> {
    let other = |there: &(EndView, Option<Outcome>)| {
        end.name != there.0.name || (there.1.is_some() && outcome != there.1.as_ref())
    };
    let parted = length < opening.recorded.len() || opening.end.as_ref().is_some_and(other);
    (opening.is_record && parted).then_some(length)
}
