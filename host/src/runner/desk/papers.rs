//! What lies on the desk.

use std::collections::{BTreeMap, BTreeSet};

use tokio::sync::oneshot;
use tokio::time::Instant;

use super::Taken;
use crate::contract::{Effect, Exchange, Reply};

/// Everything that is asked and answered, by the place in the history.
#[derive(Debug)]
pub struct Papers {
    /// When what is open is given up.
    pub until: Instant,
    /// The effects that are being carried out, and the first one's place in the history.
    asked: Vec<Effect>,
    first: usize,
    /// Those of them that have been put.
    put: BTreeSet<usize>,
    open: BTreeMap<usize, (Effect, oneshot::Sender<Reply>)>,
    /// Open ones whose answer is just being written down.
    taking: BTreeSet<usize>,
    given_up: BTreeSet<usize>,
    /// What was answered, here or before the service was started again.
    answered: BTreeMap<usize, Exchange>,
}

impl Papers {
    pub fn new(answered: BTreeMap<usize, Exchange>, until: Instant) -> Self {
        let (asked, put, open, taking, given_up) = Default::default();
        Self { until, asked, first: 0, put, open, taking, given_up, answered }
    }

    pub fn asking(&mut self, first: usize, effects: &[Effect]) {
        (self.first, self.asked) = (first, effects.to_vec());
        self.put.clear();
    }

    pub fn open(&self) -> impl Iterator<Item = (usize, &Effect)> {
        self.open.iter().map(|(index, (effect, _))| (*index, effect))
    }

    pub fn fits(&mut self, index: usize, reply: &Reply) -> Taken {
        if let Some(before) = self.answered.get(&index) {
            return if before.reply == *reply { Taken::Again } else { Taken::Otherwise };
        }
        if self.given_up.contains(&index) {
            return Taken::TooLate;
        }
        let Some((effect, _)) = self.open.get(&index) else { return Taken::NotAsked };
        match effect.answered_by().filter(|_| !answers(effect, reply)) {
            Some(kind) => Taken::OtherKind(effect.name(), kind),
            None => {
                self.taking.insert(index);
                Taken::Yes(effect.clone())
            }
        }
    }

    pub fn deliver(&mut self, index: usize, reply: Reply) {
        self.taking.remove(&index);
        if let Some((effect, waiting)) = self.open.remove(&index) {
            self.answered.insert(index, Exchange { effect, reply: reply.clone() });
            // Nobody waits any more only where the service stops; the answer is in the journal.
            let _ = waiting.send(reply);
        }
    }

    pub fn decline(&mut self, index: usize) {
        self.taking.remove(&index);
    }

    /// Whether it was open, and nobody was just answering.
    pub fn give_up(&mut self, index: usize) -> bool {
        if self.taking.contains(&index) || self.open.remove(&index).is_none() {
            return false;
        }
        self.given_up.insert(index)
    }

    /// A question's place, and where its answer comes; none when it is not one of those that are asked.
    pub fn put(&mut self, effect: &Effect) -> Option<(usize, oneshot::Receiver<Reply>)> {
        let mut places = (self.first..).zip(&self.asked).filter(|(_, asked)| *asked == effect);
        let index = places.find(|(index, _)| !self.put.contains(index)).map(|(index, _)| index)?;
        self.put.insert(index);
        let (answer, waiting) = oneshot::channel();
        // Other rules than those that asked before may ask something else in this place.
        self.answered.retain(|place, before| *place != index || before.effect == *effect);
        match self.answered.get(&index) {
            Some(before) => drop(answer.send(before.reply.clone())),
            None => drop(self.open.insert(index, (effect.clone(), answer))),
        }
        Some((index, waiting))
    }
}

/// Whether a caller may answer `effect` so.
fn answers(effect: &Effect, reply: &Reply) -> bool {
    match reply {
        Reply::NovaError(_) => effect.nova_may_raise(),
        reply => effect.answered_by() == Some(reply.name()),
    }
}
