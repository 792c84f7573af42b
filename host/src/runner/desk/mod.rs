//! Where a task's questions lie until its caller answers them, or has been silent for too long. Silence is an answer: the
//! rules hear of it, and roll back.

mod papers;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::sync::{oneshot, watch};
use tokio::time::Instant;

use super::live::Phase;
use crate::contract::{Effect, Exchange, Reply, ServerAnswer, ServerState, Silence};
use crate::journal::now;
use crate::world;
use papers::Papers;

/// A task's questions.
#[derive(Debug)]
pub struct Desk {
    papers: Mutex<Papers>,
    patience: Duration,
    phase: watch::Sender<Phase>,
}

/// What a desk begins with.
#[derive(Debug)]
pub struct Before {
    /// What was answered before the service was started again, by the place in the history.
    pub answered: BTreeMap<usize, Exchange>,
    /// How long a question waits.
    pub patience: Duration,
}

/// One that is open.
#[derive(Debug, Clone)]
pub struct Question {
    /// The effect's place in the history.
    pub index: usize,
    /// What is asked.
    pub effect: Effect,
    /// Until when, in milliseconds since 1970.
    pub until: u64,
}

/// Whether an answer fits.
#[derive(Debug, PartialEq)]
pub enum Taken {
    /// It is the one that the task waits for, and answers this. It has come in time, and must be delivered or declined.
    Yes(Effect),
    /// It came before, just so.
    Again,
    /// Another one came before.
    Otherwise,
    /// Nobody asked.
    NotAsked,
    /// The question was given up before.
    TooLate,
    /// It answers something else than was asked, of this effect and by this kind.
    OtherKind(&'static str, &'static str),
}

impl Desk {
    pub fn new(phase: watch::Sender<Phase>, before: Before) -> Self {
        let Before { answered, patience } = before;
        Self { papers: Mutex::new(Papers::new(answered, Instant::now() + patience)), patience, phase }
    }

    /// These are carried out next.
    pub fn asking(&self, first: usize, effects: &[Effect]) {
        self.papers().asking(first, effects);
    }

    /// What is open.
    pub fn questions(&self) -> Vec<Question> {
        let papers = self.papers();
        let until = until(&papers);
        let question = |(index, effect): (usize, &Effect)| Question { index, effect: effect.clone(), until };
        papers.open().map(question).collect()
    }

    /// What is open, each by its place and its effect's name, and until when all of it is.
    pub fn waits(&self) -> (Vec<(usize, &'static str)>, u64) {
        let papers = self.papers();
        (papers.open().map(|(index, effect)| (index, effect.name())).collect(), until(&papers))
    }

    /// Whether somebody is to answer something; if so, it has time again.
    pub fn alive(&self) -> bool {
        let mut papers = self.papers();
        papers.until = Instant::now() + self.patience;
        papers.open().next().is_some()
    }

    /// Whether an answer fits. One that does holds its question open until it is delivered or declined.
    pub fn fits(&self, index: usize, reply: &Reply) -> Taken {
        self.papers().fits(index, reply)
    }

    /// Gives the task an answer that fits.
    pub fn deliver(&self, index: usize, reply: Reply) {
        let mut papers = self.papers();
        papers.until = Instant::now() + self.patience;
        papers.deliver(index, reply);
        if papers.open().next().is_none() {
            self.phase.send_replace(Phase::Running);
        }
    }

    /// An answer that fitted will not be delivered after all.
    pub fn decline(&self, index: usize) {
        let mut papers = self.papers();
        papers.until = Instant::now() + self.patience;
        papers.decline(index);
    }

    fn put(&self, effect: &Effect) -> Option<(usize, oneshot::Receiver<Reply>)> {
        let mut papers = self.papers();
        if papers.open().next().is_none() {
            papers.until = Instant::now() + self.patience;
        }
        let put = papers.put(effect)?;
        if papers.open().next().is_some() {
            self.phase.send_replace(Phase::Waiting);
        }
        Some(put)
    }

    /// The question's time is over: true when it is given up, false when it has more time, or is being answered.
    fn give_up(&self, index: usize) -> bool {
        let mut papers = self.papers();
        let given_up = papers.until <= Instant::now() && papers.give_up(index);
        if given_up && papers.open().next().is_none() {
            self.phase.send_replace(Phase::Running);
        }
        given_up
    }

    fn until(&self) -> Instant {
        self.papers().until
    }

    async fn answer(&self, effect: Effect, index: usize, mut waiting: oneshot::Receiver<Reply>) -> Reply {
        let silence = |detail: String| given_up(&effect, Silence { detail });
        loop {
            let until = self.until();
            tokio::select! {
                biased;
                answer = &mut waiting => {
                    return answer.unwrap_or_else(|_| silence("nobody can be asked".into()));
                }
                () = tokio::time::sleep_until(until) => {}
            }
            if self.give_up(index) {
                metrics::counter!("swaparoo_questions_given_up_total", "effect" => effect.name()).increment(1);
                return silence(format!("its caller was silent for {:?}", self.patience));
            }
            if self.until() <= Instant::now() {
                // The answer is being written down; it came in time.
                return waiting.await.unwrap_or_else(|_| silence("nobody can be asked".into()));
            }
        }
    }

    fn papers(&self) -> MutexGuard<'_, Papers> {
        self.papers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl world::Desk for Desk {
    fn ask(&self, effect: &Effect) -> BoxFuture<'_, Reply> {
        let (effect, put) = (effect.clone(), self.put(effect));
        Box::pin(async move {
            match put {
                Some((index, waiting)) => self.answer(effect, index, waiting).await,
                None => given_up(&effect, Silence { detail: "nobody can be asked".into() }),
            }
        })
    }
}

/// The answer to what nobody answers.
fn given_up(effect: &Effect, silence: Silence) -> Reply {
    match effect {
        Effect::FindServer(_) => Reply::Server(ServerAnswer { state: ServerState::Unknown }),
        effect if effect.nova_may_raise() => Reply::Abandoned(silence),
        _ => Reply::Unreachable(silence),
    }
}

/// Until when questions wait, in milliseconds since 1970.
fn until(papers: &Papers) -> u64 {
    let left = papers.until.saturating_duration_since(Instant::now()).as_millis();
    now().saturating_add(u64::try_from(left).unwrap_or(u64::MAX))
}
