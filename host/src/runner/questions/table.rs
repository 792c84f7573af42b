//! The table of questions and answers of one task.

use std::collections::{BTreeMap, BTreeSet};

use tokio::sync::oneshot;
use tokio::time::Instant;

use super::ReplyCheck;
use crate::contract::{Effect, Exchange, Reply};

/// All questions and answers, by position in the history.
#[derive(Debug)]
pub struct QuestionTable {
    /// When the waiting questions time out.
    pub until: Instant,
    /// The effects that are performed now, and the position of the first one in the history.
    asked: Vec<Effect>,
    first: usize,
    /// The positions of questions that have been opened.
    put: BTreeSet<usize>,
    open: BTreeMap<usize, (Effect, oneshot::Sender<Reply>)>,
    /// Questions whose reply is being written to the journal.
    taking: BTreeSet<usize>,
    given_up: BTreeSet<usize>,
    /// The positions of questions that a client has fetched, or may have fetched before a restart of the service.
    fetched: BTreeSet<usize>,
    /// Whether the next effects were perhaps performed before a restart.
    resumed: bool,
    /// All answers, including those from before a restart of the service.
    answered: BTreeMap<usize, Exchange>,
}

impl QuestionTable {
    pub fn new(answered: BTreeMap<usize, Exchange>, until: Instant, resumed: bool) -> Self {
        let (asked, put, open, taking, given_up, fetched) = Default::default();
        Self { until, asked, first: 0, put, open, taking, given_up, fetched, resumed, answered }
    }

    pub fn set_asked(&mut self, first: usize, effects: &[Effect]) {
        (self.first, self.asked) = (first, effects.to_vec());
        self.put.clear();
        // All earlier answers were in the journal before these effects were performed, so only these may be repeated.
        if std::mem::take(&mut self.resumed) {
            self.fetched.extend(first..first + effects.len());
        }
    }

    /// A client gets the open questions.
    pub fn set_fetched(&mut self) {
        self.fetched.extend(self.open.keys());
    }

    pub fn open(&self) -> impl Iterator<Item = (usize, &Effect)> {
        self.open.iter().map(|(index, (effect, _))| (*index, effect))
    }

    pub fn check_reply(&mut self, index: usize, reply: &Reply) -> ReplyCheck {
        if let Some(before) = self.answered.get(&index) {
            return if before.reply == *reply { ReplyCheck::Repeated } else { ReplyCheck::Otherwise };
        }
        if self.given_up.contains(&index) {
            return ReplyCheck::TooLate;
        }
        let Some((effect, _)) = self.open.get(&index) else { return ReplyCheck::NotAsked };
        match effect.answered_by().filter(|_| !answers(effect, reply)) {
            Some(kind) => ReplyCheck::OtherKind(effect.name(), kind),
            None => {
                self.taking.insert(index);
                ReplyCheck::Yes(effect.clone())
            }
        }
    }

    pub fn deliver(&mut self, index: usize, reply: Reply) {
        self.taking.remove(&index);
        if let Some((effect, waiting)) = self.open.remove(&index) {
            self.answered.insert(index, Exchange::new(effect, reply.clone()));
            // The receiver is gone only if the service stops; the reply is in the journal.
            let _ = waiting.send(reply);
        }
    }

    pub fn decline(&mut self, index: usize) {
        self.taking.remove(&index);
    }

    /// Gives up a question, and returns whether a client has fetched it; `None` if it was not waiting or is being
    /// answered.
    pub fn give_up(&mut self, index: usize) -> Option<bool> {
        if self.taking.contains(&index) || self.open.remove(&index).is_none() {
            return None;
        }
        self.given_up.insert(index);
        Some(self.fetched.contains(&index))
    }

    /// Opens a question: returns its position and the receiver of its reply; `None` if the effect is not performed now.
    pub fn open_question(&mut self, effect: &Effect) -> Option<(usize, oneshot::Receiver<Reply>)> {
        let mut places = (self.first..).zip(&self.asked).filter(|(_, asked)| *asked == effect);
        let index = places.find(|(index, _)| !self.put.contains(index)).map(|(index, _)| index)?;
        self.put.insert(index);
        let (answer, waiting) = oneshot::channel();
        // After a change of the policy, the effect at this position may be another one.
        self.answered.retain(|place, before| *place != index || before.effect == *effect);
        match self.answered.get(&index) {
            Some(before) => drop(answer.send(before.reply.clone())),
            None => drop(self.open.insert(index, (effect.clone(), answer))),
        }
        Some((index, waiting))
    }
}

/// Whether `reply` has a kind that a caller may give to `effect`.
fn answers(effect: &Effect, reply: &Reply) -> bool {
    match reply {
        Reply::NovaError(_) => effect.nova_may_raise(),
        reply => effect.answered_by() == Some(reply.name()),
    }
}
