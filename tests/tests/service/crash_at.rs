//! Where in a task the service is killed.

use std::time::Duration;

use swaparoo_placement::Method;
use swaparoo_real_placement::{Act, Proxy};

use super::serve::Process;

/// A moment.
#[derive(Debug, Clone, Copy)]
pub enum Moment {
    /// So long after the task was asked for: before it is in the journal, while it runs, or when it has ended.
    After(Duration),
    /// This request (the n-th of its method) is on its way: in the journal if it is a write, and Placement never hears
    /// of it.
    Unsent(Method, usize),
    /// Placement hears of it when the service is dead, so its answer reaches nobody.
    Late(Method, usize),
    /// Placement has answered, and the answer reaches nobody.
    Unanswered(Method, usize),
    /// The answer is there; so long after, it is in the journal or not.
    Answered(Method, usize, Duration),
}

impl Moment {
    /// Each kind of moment at each request of a task, and a few by the clock.
    pub fn all() -> Vec<Self> {
        let requests = [(Method::Get, 1), (Method::Get, 2), (Method::Post, 1)];
        let at = |(method, nth)| {
            let answered = |ms| Self::Answered(method, nth, Duration::from_millis(ms));
            [
                Self::Unsent(method, nth),
                Self::Late(method, nth),
                Self::Unanswered(method, nth),
                answered(0),
                answered(2),
            ]
        };
        let timed = [0, 2, 10].map(|ms| Self::After(Duration::from_millis(ms)));
        requests.into_iter().flat_map(at).chain(timed).collect()
    }

    /// The next one; `draw` gives a number below its argument.
    pub fn draw(mut draw: impl FnMut(u64) -> u64) -> Self {
        let (method, nth) = match draw(4) {
            0 => (Method::Get, 1),
            1 => (Method::Get, 2),
            _ => (Method::Post, 1),
        };
        match draw(5) {
            0 => Self::After(Duration::from_micros(draw(30_000))),
            1 => Self::Unsent(method, nth),
            2 => Self::Late(method, nth),
            3 => Self::Unanswered(method, nth),
            _ => Self::Answered(method, nth, Duration::from_micros(draw(4_000))),
        }
    }

    /// Sees to it that the process is killed then.
    pub fn arrange(self, proxy: &Proxy, process: Process) {
        let kill = move || {
            let process = process.clone();
            async move { tokio::task::spawn_blocking(move || process.kill()).await.unwrap() }
        };
        match self {
            Self::After(time) => drop(tokio::spawn(async move {
                tokio::time::sleep(time).await;
                kill().await;
            })),
            Self::Unsent(method, nth) => proxy.on(method, nth, Act::instead(kill)),
            Self::Late(method, nth) => proxy.on(method, nth, Act::first(kill)),
            Self::Unanswered(method, nth) => proxy.on(method, nth, Act::then(kill)),
            Self::Answered(method, nth, time) => {
                let later = move || {
                    let kill = kill.clone();
                    tokio::spawn(async move {
                        tokio::time::sleep(time).await;
                        kill().await;
                    });
                    std::future::ready(())
                };
                proxy.on(method, nth, Act::then(later));
            }
        }
    }
}
