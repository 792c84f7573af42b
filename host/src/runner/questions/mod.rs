//! The pending questions of a task: effects that its caller must answer. If no reply comes in time, the policy gets
//! this as the reply, and usually rolls back. A question that its caller has not fetched was not carried out; one that
//! was fetched may have been.

mod table;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::sync::{Notify, oneshot, watch};
use tokio::time::Instant;

use super::task_handle::Phase;
use crate::contract::{Effect, Exchange, Reply, ServerAnswer, ServerState, Silence};
use crate::executor;
use crate::journal::now;
use table::QuestionTable;

/// The pending questions of a task.
#[derive(Debug)]
pub struct PendingQuestions {
    table: Mutex<QuestionTable>,
    timeout: Duration,
    phase: watch::Sender<Phase>,
    /// A reply was declined, so its question may have timed out meanwhile.
    declined: Notify,
}

/// The earlier answers and the timeout of a task's questions.
#[derive(Debug)]
pub struct PriorAnswers {
    /// The answers from before a restart of the service, by position in the history.
    pub answered: BTreeMap<usize, Exchange>,
    /// How long a question waits for a reply.
    pub timeout: Duration,
    /// Whether the task has run before: then its caller may have fetched the first questions already.
    pub resumed: bool,
}

/// Who reads a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// Its caller, who may carry out the questions that it sees.
    Caller,
    /// A person or program that only looks.
    Observer,
}

/// A question that waits for a reply.
#[derive(Debug, Clone)]
pub struct Question {
    /// The position of the effect in the history.
    pub index: usize,
    /// The effect to answer.
    pub effect: Effect,
    /// When the question times out, in milliseconds since 1970.
    pub until: u64,
}

/// Whether a reply is expected.
#[derive(Debug, PartialEq)]
pub enum ReplyCheck {
    /// The task waits for it; it answers this effect. It came in time, and must be delivered or declined.
    Yes(Effect),
    /// The same reply was accepted before.
    Repeated,
    /// Another reply was accepted before.
    Otherwise,
    /// The task does not wait for a reply at this position.
    NotAsked,
    /// The question has timed out.
    TooLate,
    /// The reply has the wrong kind: the name of the effect, and the expected kind.
    OtherKind(&'static str, &'static str),
}

impl PendingQuestions {
    pub fn new(phase: watch::Sender<Phase>, before: PriorAnswers) -> Self {
        let PriorAnswers { answered, timeout, resumed } = before;
        let table = QuestionTable::new(answered, Instant::now() + timeout, resumed);
        Self { table: Mutex::new(table), timeout, phase, declined: Notify::new() }
    }

    /// Sets the effects that are performed next.
    pub fn set_asked(&self, first: usize, effects: &[Effect]) {
        self.table().set_asked(first, effects);
    }

    /// The questions that wait for a reply. A caller may carry them out from now on.
    pub fn fetch(&self, reader: Reader) -> Vec<Question> {
        let mut table = self.table();
        if reader == Reader::Caller {
            table.set_fetched();
        }
        let until = until(&table);
        let question = |(index, effect): (usize, &Effect)| Question { index, effect: effect.clone(), until };
        table.open().map(question).collect()
    }

    /// The position and effect name of each waiting question, and the common timeout.
    pub fn waits(&self) -> (Vec<(usize, &'static str)>, u64) {
        let table = self.table();
        (table.open().map(|(index, effect)| (index, effect.name())).collect(), until(&table))
    }

    /// Restarts the timeout. Returns false if no question waits.
    pub fn heartbeat(&self) -> bool {
        let mut table = self.table();
        table.until = Instant::now() + self.timeout;
        table.open().next().is_some()
    }

    /// Checks whether a reply is expected. If so, the question cannot time out until the reply is delivered or
    /// declined.
    pub fn check_reply(&self, index: usize, reply: &Reply) -> ReplyCheck {
        self.table().check_reply(index, reply)
    }

    /// Delivers an expected reply to the task.
    pub fn deliver(&self, index: usize, reply: Reply) {
        let mut table = self.table();
        table.until = Instant::now() + self.timeout;
        table.deliver(index, reply);
        if table.open().next().is_none() {
            self.phase.send_replace(Phase::Running);
        }
    }

    /// Releases the question after a check, without delivering the reply.
    pub fn decline(&self, index: usize) {
        let mut table = self.table();
        table.until = Instant::now() + self.timeout;
        table.decline(index);
        drop(table);
        self.declined.notify_waiters();
    }

    fn open_question(&self, effect: &Effect) -> Option<(usize, oneshot::Receiver<Reply>)> {
        let mut table = self.table();
        if table.open().next().is_none() {
            table.until = Instant::now() + self.timeout;
        }
        let put = table.open_question(effect)?;
        if table.open().next().is_some() {
            self.phase.send_replace(Phase::Waiting);
        }
        Some(put)
    }

    /// Called at the timeout of a question. `None` if it has more time or is being answered; otherwise it is given up,
    /// and the value says whether a client has fetched it.
    fn give_up(&self, index: usize) -> Option<bool> {
        let mut table = self.table();
        let fetched = (table.until <= Instant::now()).then(|| table.give_up(index)).flatten();
        if fetched.is_some() && table.open().next().is_none() {
            self.phase.send_replace(Phase::Running);
        }
        fetched
    }

    fn until(&self) -> Instant {
        self.table().until
    }

    async fn answer(&self, effect: Effect, index: usize, mut waiting: oneshot::Receiver<Reply>) -> Reply {
        loop {
            let until = self.until();
            tokio::select! {
                biased;
                answer = &mut waiting => return answer.unwrap_or_else(|_| no_caller(&effect)),
                () = tokio::time::sleep_until(until) => {}
            }
            let declined = self.declined.notified();
            if let Some(fetched) = self.give_up(index) {
                metrics::counter!("swaparoo_questions_given_up_total", "effect" => effect.name()).increment(1);
                return given_up(&effect, fetched, self.timeout);
            }
            if self.until() <= Instant::now() {
                // A reply came in time and is being written to the journal.
                tokio::select! {
                    biased;
                    answer = &mut waiting => return answer.unwrap_or_else(|_| no_caller(&effect)),
                    () = declined => {}
                }
            }
        }
    }

    fn table(&self) -> MutexGuard<'_, QuestionTable> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl executor::Caller for PendingQuestions {
    fn ask(&self, effect: &Effect) -> BoxFuture<'_, Reply> {
        let (effect, put) = (effect.clone(), self.open_question(effect));
        Box::pin(async move {
            match put {
                Some((index, waiting)) => self.answer(effect, index, waiting).await,
                None => no_caller(&effect),
            }
        })
    }
}

/// The reply to a question that has timed out. One that no client has fetched cannot have been carried out.
fn given_up(effect: &Effect, fetched: bool, timeout: Duration) -> Reply {
    if fetched {
        return silent(effect, format!("its caller was silent for {timeout:?}"));
    }
    Reply::Unreachable(Silence { detail: format!("its caller did not fetch the question for {timeout:?}") })
}

fn no_caller(effect: &Effect) -> Reply {
    silent(effect, "the caller cannot be asked".into())
}

/// The reply to a question that may have been carried out.
fn silent(effect: &Effect, detail: String) -> Reply {
    match effect {
        Effect::FindServer(_) => Reply::Server(ServerAnswer { state: ServerState::Unknown, details: None }),
        effect if effect.nova_may_raise() => Reply::Abandoned(Silence { detail }),
        _ => Reply::Unreachable(Silence { detail }),
    }
}

/// When the questions time out, in milliseconds since 1970.
fn until(table: &QuestionTable) -> u64 {
    let left = table.until.saturating_duration_since(Instant::now()).as_millis();
    now().saturating_add(u64::try_from(left).unwrap_or(u64::MAX))
}
