//! Playing a task to its end. The rules say what to ask; the record answers as long as they ask what was recorded and
//! nothing is changed, and from there on the cloud.

use swaparoo::authority::Authority;
use swaparoo::contract::{Effect, Exchange, Outcome, Reply, Step};
use swaparoo::rehearsal::{Cloud, Fate, Happening};
use swaparoo::words;

use crate::change::{Change, named, offers};
use crate::course::{Counts, Course, EndView, ExchangeView, StepView, reasons};
use crate::moment::{Moment, providers};
use crate::opening::Opening;
use crate::rules::{Game, Rules};
use crate::wrong::{date, wrongs};

/// No history is longer: rules are bounded, a component need not be.
const LONGEST: usize = 2_000;

/// A task being played.
pub struct Player<'a> {
    opening: &'a Opening,
    changes: Vec<&'a Change>,
    used: Vec<bool>,
    /// The world as it is.
    pub cloud: Cloud,
    /// How often was asked what.
    pub counts: Counts,
    /// What has happened.
    pub history: Vec<Exchange>,
    left_record_at: Option<usize>,
}

impl<'a> Player<'a> {
    /// Before the first exchange.
    #[must_use]
    pub fn new(opening: &'a Opening, changes: &'a [Change]) -> Self {
        let changes: Vec<_> = opening.script.iter().chain(changes).collect();
        Self {
            opening,
            used: vec![false; changes.len()],
            changes,
            cloud: opening.cloud.clone(),
            counts: Counts::default(),
            history: Vec::new(),
            left_record_at: None,
        }
    }

    /// What comes of one effect, as it is seen.
    pub fn answer(&mut self, effect: &Effect, step: usize) -> ExchangeView {
        let nth = self.counts.ask(effect);
        let offers = offers(effect, &self.cloud);
        let (reply, happened, recorded) = self.reply(effect, nth);
        let exchange = Exchange { effect: effect.clone(), reply };
        self.history.push(exchange.clone());
        ExchangeView { happened, recorded, offers, ..ExchangeView::of(exchange, step, nth) }
    }

    fn reply(&mut self, effect: &Effect, nth: usize) -> (Reply, Vec<String>, bool) {
        let here: Vec<usize> = (0..self.changes.len()).filter(|at| self.is_here(*at, effect, nth)).collect();
        let place = self.history.len();
        let on_record = here.is_empty() && self.left_record_at.is_none();
        let there = self.opening.recorded.get(place).filter(|there| on_record && there.effect == *effect);
        if let Some(there) = there {
            self.cloud.see(there);
            return (there.reply.clone(), Vec::new(), true);
        }
        if place < self.opening.recorded.len() {
            self.left_record_at.get_or_insert(place);
        }
        let (mut happened, mut last) = (Vec::new(), Happening::Fate(Fate::Answered));
        for at in here {
            let Some(change) = self.changes.get(at).copied() else { continue };
            if let Some(reply) = &change.reply {
                self.mark(at);
                happened.push("answered so by hand".to_owned());
                last.before(&mut self.cloud);
                self.cloud.see(&Exchange { effect: effect.clone(), reply: reply.clone() });
                return (reply.clone(), happened, false);
            }
            if let Some(happening) = named(&change.what, effect, &self.cloud) {
                self.mark(at);
                happened.push(words::happening(happening));
                last.before(&mut self.cloud);
                last = happening;
            }
        }
        (self.meet(last, effect), happened, false)
    }

    /// What nova said in the record it says again, where it was not about what the rules have changed since.
    fn meet(&mut self, happening: Happening, effect: &Effect) -> Reply {
        let plain = matches!(happening, Happening::Fate(Fate::Answered));
        if let Some(there) = self.remembered(effect).filter(|_| plain && self.cloud.conductor).cloned() {
            self.cloud.see(&Exchange { effect: effect.clone(), reply: there.reply.clone() });
            return there.reply;
        }
        happening.meet(&mut self.cloud, effect)
    }

    fn remembered(&self, effect: &Effect) -> Option<&'a Exchange> {
        let changes = matches!(
            effect,
            Effect::FindServer(_)
                | Effect::FindMigration(_)
                | Effect::GetMigration(_)
                | Effect::CreateMigration(_)
                | Effect::SaveMigration(_)
                | Effect::PrepResize(_)
                | Effect::LiveMigration(_)
        );
        let recorded = &self.opening.recorded;
        let same = recorded.iter().find(|there| there.effect == *effect);
        let alike = || recorded.iter().find(|there| there.effect.name() == effect.name());
        same.or_else(alike).filter(|_| effect.answered_by().is_some() && !changes)
    }

    fn is_here(&self, at: usize, effect: &Effect, nth: usize) -> bool {
        self.changes.get(at).is_some_and(|change| change.is_at(effect, nth))
    }

    fn mark(&mut self, at: usize) {
        if let Some(used) = self.used.get_mut(at) {
            *used = true;
        }
    }

    fn unused(&self) -> Vec<Change> {
        let script = self.opening.script.len();
        let pairs = self.changes.iter().zip(&self.used).skip(script);
        pairs.filter(|(_, used)| !**used).map(|(change, _)| (*change).clone()).collect()
    }
}

/// Plays the task of `opening` to its end, or as far as a record of one that is still at work goes.
///
/// # Errors
/// The rules cannot be asked at all.
pub fn play(opening: &Opening, rules: &Rules, changes: &[Change], still_open: bool) -> Result<Course, String> {
    let mut game = Game::new(rules, &opening.task)?;
    let mut player = Player::new(opening, changes);
    let mut authority = Authority::of(&opening.task);
    let mut moments = vec![Moment::of(&player.cloud)];
    let (mut steps, mut exchanges) = (Vec::new(), Vec::new());
    let (end, outcome) = loop {
        let step = match game.step() {
            Ok(step) => step,
            Err(why) => break (EndView::broken(why), None),
        };
        let at = exchanges.len();
        let view = |count| StepView { at, count, reasons: reasons(&step), step: step.clone() };
        if let Some(end) = EndView::of(&step, &player.history) {
            steps.push(view(0));
            break end;
        }
        let Step::Perform(perform) = &step else { break (EndView::open(), None) };
        let as_recorded = changes.is_empty() && player.left_record_at.is_none();
        if still_open && as_recorded && at >= opening.recorded.len() {
            break (EndView::open(), None);
        }
        if at + perform.effects.len() > LONGEST || perform.effects.is_empty() {
            break (EndView::broken(format!("the rules come to no end in {LONGEST} exchanges")), None);
        }
        if let Err(refused) = perform.effects.iter().try_for_each(|effect| authority.check(effect)) {
            break (EndView::refused(&refused), None);
        }
        steps.push(view(perform.effects.len()));
        for effect in &perform.effects {
            exchanges.push(player.answer(effect, steps.len() - 1));
            moments.push(Moment::of(&player.cloud));
        }
        let new = player.history.get(at..).unwrap_or_default();
        authority.learn(new);
        new.iter().try_for_each(|exchange| game.push(exchange))?;
    };
    let wrongs = judged(opening, &player.cloud, outcome.as_ref(), &moments, &end);
    Ok(Course {
        task: opening.task.clone(),
        steps,
        exchanges,
        moments,
        providers: providers(&player.cloud),
        end,
        wrongs,
        leaves_record_at: player.left_record_at,
        unused: player.unused(),
    })
}

fn judged(
    opening: &Opening,
    cloud: &Cloud,
    outcome: Option<&Outcome>,
    moments: &[Moment],
    end: &EndView,
) -> Vec<crate::wrong::Wrong> {
    if end.kind == "open" {
        return Vec::new();
    }
    let mut wrongs = wrongs(cloud, &opening.task, outcome, opening.due.as_ref());
    date(&mut wrongs, moments);
    wrongs
}
