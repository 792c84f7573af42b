//! Where a task's questions lie until its caller answers them.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_util::future::BoxFuture;
use tokio::sync::{oneshot, watch};

use super::live::Phase;
use crate::contract::{Effect, Reply, Silence};
use crate::world;

/// A task's questions.
#[derive(Debug)]
pub struct Desk {
    papers: Mutex<Papers>,
    phase: watch::Sender<Phase>,
}

/// One that is open.
#[derive(Debug, Clone)]
pub struct Question {
    /// The effect's place in the history.
    pub index: usize,
    /// What is asked.
    pub effect: Effect,
}

#[derive(Debug, Default)]
struct Papers {
    /// The effects that are being carried out, and the first one's place in the history.
    asked: Vec<Effect>,
    first: usize,
    open: BTreeMap<usize, (Effect, oneshot::Sender<Reply>)>,
    answered: BTreeMap<usize, Reply>,
}

/// Whether an answer fits.
#[derive(Debug, PartialEq, Eq)]
pub enum Taken {
    /// It is the one that the task waited for.
    Yes,
    /// It came before, just so.
    Again,
    /// Another one came before.
    Otherwise,
    /// Nobody asked.
    NotAsked,
    /// It answers something else than was asked, of this effect and by this kind.
    OtherKind(&'static str, &'static str),
}

impl Desk {
    pub fn new(phase: watch::Sender<Phase>) -> Self {
        Self { papers: Mutex::default(), phase }
    }

    /// These are carried out next.
    pub fn asking(&self, first: usize, effects: &[Effect]) {
        let mut papers = self.papers();
        (papers.first, papers.asked) = (first, effects.to_vec());
    }

    /// What is open.
    pub fn questions(&self) -> Vec<Question> {
        let question =
            |(index, (effect, _)): (&usize, &(Effect, _))| Question { index: *index, effect: effect.clone() };
        self.papers().open.iter().map(question).collect()
    }

    /// Whether any of the effects now carried out is the caller's to answer.
    pub fn answers(&self, effects: &[Effect]) -> bool {
        let papers = self.papers();
        !papers.answered.is_empty() && effects.iter().any(|effect| wanted(effect).is_some())
    }

    /// Takes an answer.
    pub fn answer(&self, index: usize, reply: Reply) -> Taken {
        let mut papers = self.papers();
        if let Some(before) = papers.answered.get(&index) {
            return if *before == reply { Taken::Again } else { Taken::Otherwise };
        }
        let Some((effect, _)) = papers.open.get(&index) else { return Taken::NotAsked };
        if let Some((effect, kind)) = wanted(effect).filter(|_| !fits(effect, &reply)) {
            return Taken::OtherKind(effect, kind);
        }
        papers.answered.insert(index, reply.clone());
        if let Some((_, waiting)) = papers.open.remove(&index) {
            // Nobody waits any more only where the service stops; then the question is asked again.
            let _ = waiting.send(reply);
        }
        if papers.open.is_empty() {
            self.phase.send_replace(Phase::Running);
        }
        Taken::Yes
    }

    fn put(&self, effect: &Effect) -> Option<oneshot::Receiver<Reply>> {
        let mut papers = self.papers();
        let free = |index: &usize| !papers.open.contains_key(index) && !papers.answered.contains_key(index);
        let places = papers.asked.iter().enumerate().filter(|(_, asked)| *asked == effect);
        let index = places.map(|(place, _)| papers.first + place).find(free)?;
        let (answer, waiting) = oneshot::channel();
        papers.open.insert(index, (effect.clone(), answer));
        self.phase.send_replace(Phase::Waiting);
        Some(waiting)
    }

    fn papers(&self) -> MutexGuard<'_, Papers> {
        self.papers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl world::Desk for Desk {
    fn ask(&self, effect: &Effect) -> BoxFuture<'_, Reply> {
        let waiting = self.put(effect);
        Box::pin(async move {
            let nobody = || Reply::Unreachable(Silence { detail: "nobody can be asked".into() });
            match waiting {
                Some(waiting) => waiting.await.unwrap_or_else(|_| nobody()),
                None => nobody(),
            }
        })
    }
}

/// The effects that a caller answers, and by what.
fn wanted(effect: &Effect) -> Option<(&'static str, &'static str)> {
    match effect {
        Effect::FindServer(_) => Some(("find-server", "server")),
        Effect::FindComputeNode(_) => Some(("find-compute-node", "compute-node")),
        Effect::GetAllocations(_) | Effect::PostAllocations(_) | Effect::DeleteAllocations(_) | Effect::Pause(_) => {
            None
        }
    }
}

fn fits(effect: &Effect, reply: &Reply) -> bool {
    matches!(
        (effect, reply),
        (Effect::FindServer(_), Reply::Server(_)) | (Effect::FindComputeNode(_), Reply::ComputeNode(_))
    )
}
