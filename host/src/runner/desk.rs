//! Where a task's questions lie until its caller answers them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_util::future::BoxFuture;
use tokio::sync::{oneshot, watch};

use super::live::Phase;
use crate::contract::{Effect, Exchange, Reply, Silence};
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
    /// Those of them that have been put.
    put: BTreeSet<usize>,
    open: BTreeMap<usize, (Effect, oneshot::Sender<Reply>)>,
    /// What was answered, here or before the service was started again.
    answered: BTreeMap<usize, Exchange>,
}

/// Whether an answer fits.
#[derive(Debug, PartialEq)]
pub enum Taken {
    /// It is the one that the task waits for, and answers this.
    Yes(Effect),
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
    pub fn new(phase: watch::Sender<Phase>, answered: BTreeMap<usize, Exchange>) -> Self {
        Self { papers: Mutex::new(Papers { answered, ..Papers::default() }), phase }
    }

    /// These are carried out next.
    pub fn asking(&self, first: usize, effects: &[Effect]) {
        let mut papers = self.papers();
        (papers.first, papers.asked) = (first, effects.to_vec());
        papers.put.clear();
    }

    /// What is open.
    pub fn questions(&self) -> Vec<Question> {
        let question =
            |(index, (effect, _)): (&usize, &(Effect, _))| Question { index: *index, effect: effect.clone() };
        self.papers().open.iter().map(question).collect()
    }

    /// Whether an answer fits; it changes nothing yet.
    pub fn fits(&self, index: usize, reply: &Reply) -> Taken {
        let papers = self.papers();
        if let Some(before) = papers.answered.get(&index) {
            return if before.reply == *reply { Taken::Again } else { Taken::Otherwise };
        }
        let Some((effect, _)) = papers.open.get(&index) else { return Taken::NotAsked };
        match effect.answered_by().filter(|_| !answers(effect, reply)) {
            Some(kind) => Taken::OtherKind(effect.name(), kind),
            None => Taken::Yes(effect.clone()),
        }
    }

    /// Gives the task an answer that fits.
    pub fn deliver(&self, index: usize, reply: Reply) {
        let mut papers = self.papers();
        if let Some((effect, waiting)) = papers.open.remove(&index) {
            papers.answered.insert(index, Exchange { effect, reply: reply.clone() });
            // Nobody waits any more only where the service stops; the answer is in the journal.
            let _ = waiting.send(reply);
        }
        if papers.open.is_empty() {
            self.phase.send_replace(Phase::Running);
        }
    }

    fn put(&self, effect: &Effect) -> Option<oneshot::Receiver<Reply>> {
        let mut papers = self.papers();
        let papers = &mut *papers;
        let mut places = (papers.first..).zip(&papers.asked).filter(|(_, asked)| *asked == effect);
        let index = places.find(|(index, _)| !papers.put.contains(index)).map(|(index, _)| index)?;
        papers.put.insert(index);
        let (answer, waiting) = oneshot::channel();
        // Other rules than those that asked before may ask something else in this place.
        papers.answered.retain(|place, before| *place != index || before.effect == *effect);
        match papers.answered.get(&index) {
            Some(before) => drop(answer.send(before.reply.clone())),
            None => {
                papers.open.insert(index, (effect.clone(), answer));
                self.phase.send_replace(Phase::Waiting);
            }
        }
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

/// Whether a caller may answer `effect` so.
fn answers(effect: &Effect, reply: &Reply) -> bool {
    match reply {
        Reply::NovaError(_) => effect.nova_may_raise(),
        reply => effect.answered_by() == Some(reply.name()),
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;
    use crate::contract::{FindComputeNode, FindServer, ServerAnswer, ServerState};
    use crate::world::Desk as _;

    fn server(name: &str) -> Effect {
        Effect::FindServer(FindServer { server: name.into() })
    }

    fn says(state: ServerState) -> Reply {
        Reply::Server(ServerAnswer { state })
    }

    fn desk(answered: BTreeMap<usize, Exchange>) -> (Desk, watch::Receiver<Phase>) {
        let (phase, seen) = watch::channel(Phase::Running);
        (Desk::new(phase, answered), seen)
    }

    #[test]
    fn two_questions_of_one_step_are_answered_one_by_one() {
        let (desk, phase) = desk(BTreeMap::new());
        let asked = [server("a"), Effect::FindComputeNode(FindComputeNode { server: "a".into() }), server("a")];
        desk.asking(3, &asked);
        let mut waiting: Vec<_> = asked.iter().map(|effect| desk.ask(effect)).collect();
        assert_eq!(desk.questions().iter().map(|question| question.index).collect::<Vec<_>>(), [3, 4, 5]);
        assert_eq!(desk.fits(4, &says(ServerState::Gone)), Taken::OtherKind("find-compute-node", "compute-node"));
        assert_eq!(desk.fits(2, &says(ServerState::Gone)), Taken::NotAsked);
        assert_eq!(desk.fits(5, &says(ServerState::Gone)), Taken::Yes(server("a")));
        desk.deliver(5, says(ServerState::Gone));
        assert_eq!(desk.fits(5, &says(ServerState::Gone)), Taken::Again);
        assert_eq!(desk.fits(5, &says(ServerState::Present)), Taken::Otherwise);
        assert_eq!(waiting.remove(2).now_or_never(), Some(says(ServerState::Gone)));
        assert_eq!((waiting.remove(0).now_or_never(), *phase.borrow()), (None, Phase::Waiting));
    }

    #[test]
    fn what_was_answered_before_a_restart_is_not_asked_again() {
        let answer = says(ServerState::Present);
        let before = |name: &str| BTreeMap::from([(1, Exchange { effect: server(name), reply: answer.clone() })]);
        let (known, phase) = desk(before("a"));
        known.asking(0, &[server("b"), server("a")]);
        assert_eq!(known.ask(&server("a")).now_or_never(), Some(answer.clone()));
        assert_eq!((known.questions().len(), *phase.borrow()), (0, Phase::Running));
        assert_eq!(known.fits(1, &answer), Taken::Again);
        // Unless other rules ask something else there.
        let (other, _phase) = desk(before("a"));
        other.asking(0, &[server("a"), server("b")]);
        assert_eq!(other.ask(&server("b")).now_or_never(), None);
        assert_eq!(other.fits(1, &answer), Taken::Yes(server("b")));
    }
}
