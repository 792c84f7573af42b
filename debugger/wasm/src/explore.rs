//! All possible results from one point on: every result of every effect, with up to a given number of faults on a path.
//! The search is that of the simulation, in portions, so that the caller can show the progress or stop.
//!
//! Speed: in node, in CPU time, the scenario of the running server from its beginning, with two faults on a path, is
//! explored at 2,900 histories a second under `standard` (6,320 histories, 12 calls of the rules each) and 34,000 under
//! `nova-34` (890, under 2 calls each). The calls take more than half of the time, since the rules are a function of
//! the whole history and each call replays it from the first line; Placement's model takes a sixth. Built for speed
//! (the profile
//! `explorer`) the module is twice as fast as built for size, and has 390 kB instead of 250.

use std::rc::Rc;

use serde::{Deserialize, Serialize};
use swaparoo_contract::{Effect, Reply, Step};
use swaparoo_core::task;
use swaparoo_sim::SimEvent;
use swaparoo_sim::explorer::{Limits, PathEnd, Policy as _, Search, World};
use tsify::Tsify;

use crate::answer_plan::{AnswerPlan, TaskWorld};
use crate::change::Change;
use crate::effect_counts::EffectCounts;
use crate::explored_path::{ExploredPath, PathLink};
use crate::opened_task::OpenedTask;
use crate::play::Player;
use crate::rules::{Rules, TaskRules};
use crate::run_view::EndView;
use crate::verdict::judge;

const LIMITS: Limits = Limits { longest: 300, interrupts: false };

/// The results of one portion.
#[derive(Debug, Clone, Default, Serialize, Tsify)]
pub struct Portion {
    /// Paths that have ended, in total.
    pub histories: usize,
    /// Calls of the rules, in total.
    pub calls: usize,
    /// Whether the exploration is complete.
    pub done: bool,
    /// The ends in this portion.
    pub paths: Vec<ExploredPath>,
}

/// A part of an exploration, so that several workers can share it: the paths whose first fault or event is one of this part.
/// The path without any belongs to the first part.
#[derive(Debug, Clone, Copy, Deserialize, Tsify)]
pub struct Share {
    /// From 0.
    pub number: usize,
    /// How many parts there are.
    pub of: usize,
}

impl Share {
    /// All of it.
    pub const WHOLE: Self = Self { number: 0, of: 1 };

    /// Whether the `nth` thing that can happen at this place of the history belongs to it.
    fn has(self, place: usize, nth: usize) -> bool {
        (place + nth) % self.of.max(1) == self.number
    }
}

/// A running exploration.
pub struct Explorer {
    plan: Rc<AnswerPlan>,
    rules: TaskRules,
    search: Search<ForkWorld>,
    share: Share,
    histories: usize,
    /// Calls on the path without faults, which are counted by the first share only.
    calls_of_others: usize,
}

/// The world of one path: what happens there in addition to the plan.
#[derive(Clone)]
struct ForkWorld {
    plan: Rc<AnswerPlan>,
    world: TaskWorld,
    counts: Rc<EffectCounts>,
    path: Option<Rc<PathLink>>,
    /// The number of exchanges so far.
    place: usize,
    /// The most faults or events on a path.
    most: usize,
    share: Share,
    rare: usize,
    waited: bool,
}

impl Explorer {
    /// Explores from the exchange `from` on, with at most `most` faults or events on a path.
    ///
    /// # Errors
    /// The rules cannot be called, or end before that exchange.
    pub fn new(
        opened: &OpenedTask,
        rules: &Rules,
        changes: &[Change],
        from: usize,
        most: usize,
        share: Share,
    ) -> Result<Self, String> {
        let (mut rules, mut kept) = (TaskRules::new(rules, &opened.task)?, 0);
        let mut player = Player::new(opened, changes);
        let step = loop {
            let at = player.history.len();
            let effects = next_effects(&mut rules, &player, kept, from)?;
            let ahead = from.saturating_sub(at);
            for effect in effects.iter().take(ahead) {
                player.answer(effect, 0);
            }
            if ahead < effects.len() {
                break (effects, ahead);
            }
            kept = at;
        };
        let Player { plan, world, counts, history, .. } = player;
        let (plan, counts, place) = (Rc::new(plan), Rc::new(counts), history.len());
        let (path, rare, waited) = (None, 0, false);
        let fork = ForkWorld { plan: Rc::clone(&plan), world, counts, path, place, most, share, rare, waited };
        let search = Search::resume(opened.task.clone(), history, step, fork, LIMITS);
        Ok(Self { plan, rules, search, share, histories: 0, calls_of_others: 0 })
    }

    /// Continues until `histories` more paths have ended.
    ///
    /// # Errors
    /// None: a rule's error is the end of its path.
    pub fn run(&mut self, histories: usize) -> Result<Portion, String> {
        let until = self.histories + histories;
        let mut paths = Vec::new();
        while self.histories < until {
            let Some((world, end)) = self.search.next_path(&mut self.rules, &mut ()) else { break };
            if world.path.is_none() && self.share.number > 0 {
                // It is the first path, since the normal answer of each effect is tried first.
                self.calls_of_others = self.search.calls();
                continue;
            }
            self.histories += 1;
            paths.push(self.explored_path(&world, end));
        }
        let (calls, done) = (self.search.calls() - self.calls_of_others, self.search.is_done());
        Ok(Portion { histories: self.histories, calls, done, paths })
    }

    fn explored_path(&self, fork: &ForkWorld, end: PathEnd) -> ExploredPath {
        let end = match end {
            PathEnd::Ended(end) => end,
            PathEnd::Broken(why) => return ExploredPath::new(fork.path.as_ref(), "broken", why),
        };
        let view = EndView::of(&end, None, self.search.history());
        let verdict = judge(&self.plan.opened, &fork.world, &view, end.outcome());
        ExploredPath::new(fork.path.as_ref(), verdict.kind, view.name)
    }
}

/// The effects of the next step, on the way to the exchange `from`.
fn next_effects(rules: &mut TaskRules, player: &Player, kept: usize, from: usize) -> Result<Vec<Effect>, String> {
    let (task, history) = (&player.plan.opened.task, &player.history);
    let step = rules.next_step(task, history, kept)?;
    if !matches!(step, Step::Perform(_)) {
        return Err(format!("the task has ended before exchange {from}: there is no future to explore"));
    }
    let effects = task::accept(task, history, step).map_err(|refused| refused.words(history))?;
    if effects.is_empty() {
        return Err("the rules ask for nothing and do not end".to_owned());
    }
    Ok(effects)
}

impl World for ForkWorld {
    type Event = SimEvent;

    fn events(&self, effect: &Effect) -> Vec<SimEvent> {
        let nth = self.counts.next(effect);
        let mut all = SimEvent::of(effect, &self.world.cloud, self.rare < self.most, !self.waited);
        all.retain(|one| *one == SimEvent::ANSWERED || !self.plan.has(effect, nth, *one));
        if self.path.is_none() {
            let mut others = 0..;
            all.retain(|one| {
                *one == SimEvent::ANSWERED || self.share.has(self.place, others.next().unwrap_or_default())
            });
        }
        all
    }

    fn answer(&mut self, effect: &Effect, event: SimEvent) -> Reply {
        let nth = Rc::make_mut(&mut self.counts).ask(effect);
        let extra = (event != SimEvent::ANSWERED).then_some(event);
        if let Some(what) = extra {
            let before = self.path.take();
            self.path = Some(Rc::new(PathLink { effect: effect.name(), nth, index: self.place, what, before }));
        }
        let reply = self.world.answer(&self.plan, self.place, effect, nth, extra).reply;
        self.place += 1;
        self.rare += usize::from(event.is_rare());
        self.waited |= matches!(effect, Effect::Pause(_));
        reply
    }
}
