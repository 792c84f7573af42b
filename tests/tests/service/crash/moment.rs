//! The moments of a task at which the service is killed.

use std::mem::{Discriminant, discriminant};
use std::time::Duration;

use swaparoo_placement::Method;
use swaparoo_real_placement::{Act, Proxy};
use swaparoo_tests::random::Random;

use super::scenario::Scenario;
use super::service_run::ServiceRun;

/// A moment.
#[derive(Debug, Clone, Copy)]
pub enum Moment {
    /// This long after the service's start: before it listens or soon after.
    Starting(Duration),
    /// This long after the task was requested: before it is in the journal, while it runs, or after its end.
    After(Duration),
    /// While this request (the n-th of its method) is in transit: a write is in the journal, but Placement never
    /// receives it.
    Unsent(Method, usize),
    /// Before Placement receives it, so that the answer is lost.
    Late(Method, usize),
    /// After Placement has answered, and before the answer arrives.
    Unanswered(Method, usize),
    /// This long after the answer has arrived, which may be in the journal or not.
    Answered(Method, usize, Duration),
    /// While the task waits for its caller for the n-th time, before the caller answers.
    Asking(usize),
    /// This long after the caller began to answer; the answer may be accepted or not.
    Replying(usize, Duration),
    /// After the caller's answer has been acknowledged.
    Replied(usize),
}

/// Long enough for the host to process an answer and begin its pause, which is random between 0 and 2 s.
const IN_A_PAUSE: Duration = Duration::from_millis(50);

impl Moment {
    /// All moments of that task: each kind at each of its requests, questions and pauses, and at its start.
    pub fn of(scenario: &Scenario) -> Vec<Self> {
        let mut all = vec![Self::After(Duration::ZERO)];
        for (at, letter) in scenario.requests.char_indices() {
            let so_far = scenario.requests.get(..at).unwrap();
            let nth = so_far.chars().filter(|before| *before == letter).count() + 1;
            match letter {
                'G' => all.extend(Self::of_a_read(nth)),
                'P' => all.extend(Self::of_a_write(Method::Post, nth)),
                'U' => all.extend(Self::of_a_write(Method::Put, nth)),
                'S' => {
                    all.extend([Self::Asking(nth), Self::Replying(nth, Duration::from_millis(1)), Self::Replied(nth)])
                }
                '~' => {
                    let (method, before) = match so_far.chars().last() {
                        Some('P') => (Method::Post, 'P'),
                        Some('U') => (Method::Put, 'U'),
                        _ => (Method::Get, 'G'),
                    };
                    let nth = so_far.chars().filter(|letter| *letter == before).count();
                    all.push(Self::Answered(method, nth, IN_A_PAUSE));
                }
                other => panic!("{other} in {scenario:?}"),
            }
        }
        all
    }

    /// A read changes nothing, so it makes no difference whether Placement receives it.
    fn of_a_read(nth: usize) -> [Self; 3] {
        let answered = Self::Answered(Method::Get, nth, Duration::from_millis(1));
        [Self::Unsent(Method::Get, nth), Self::Unanswered(Method::Get, nth), answered]
    }

    fn of_a_write(method: Method, nth: usize) -> [Self; 5] {
        let answered = |ms| Self::Answered(method, nth, Duration::from_millis(ms));
        let [unsent, late] = [Self::Unsent(method, nth), Self::Late(method, nth)];
        [unsent, late, Self::Unanswered(method, nth), answered(0), answered(2)]
    }

    /// A random sample with at most this many of each kind. A kind is the phase of a request and its method.
    pub fn some_of_each_kind<S>(all: Vec<(S, Self)>, most: usize, random: &mut Random) -> Vec<(S, Self)> {
        let mut taken = Vec::new();
        let mut take = |moment: Self| {
            taken.push(moment.kind());
            taken.iter().filter(|kind| **kind == moment.kind()).count() <= most
        };
        random.shuffled(all).into_iter().filter(|(_, moment)| take(*moment)).collect()
    }

    fn kind(self) -> (Discriminant<Self>, Option<Method>) {
        let method = match self {
            Self::Unsent(method, _) | Self::Late(method, _) | Self::Unanswered(method, _) => Some(method),
            Self::Answered(method, ..) => Some(method),
            Self::Starting(_) | Self::After(_) | Self::Asking(_) | Self::Replying(..) | Self::Replied(_) => None,
        };
        (discriminant(&self), method)
    }

    /// A random moment, with a random delay.
    pub fn draw(scenario: &Scenario, random: &mut Random) -> Self {
        let mut time = |bound| Duration::from_micros(random.below(bound) as u64);
        let (after, answered, replying) = (time(30_000), time(4_000), time(2_000));
        match random.choose(&Self::of(scenario)) {
            Self::After(_) => Self::After(after),
            Self::Answered(method, nth, time) if time != IN_A_PAUSE => Self::Answered(method, nth, answered),
            Self::Replying(nth, _) => Self::Replying(nth, replying),
            moment => moment,
        }
    }

    /// A random moment that leaves the task open.
    pub fn draw_open(scenario: &Scenario, random: &mut Random) -> Self {
        let open: Vec<_> = Self::of(scenario).into_iter().filter(|moment| moment.must_come()).collect();
        random.choose(&open)
    }

    /// A random moment for a service that continues such a task: at its start, at its first requests, or anywhere.
    pub fn draw_again(scenario: &Scenario, random: &mut Random) -> Self {
        let nth = 1 + usize::from(random.below(2) == 0);
        match random.below(6) {
            0 => Self::Starting(Duration::from_micros(random.below(100_000) as u64)),
            1 => Self::Unsent(Method::Get, nth),
            2 => Self::Unanswered(Method::Get, nth),
            3 if scenario.requests.contains('P') => Self::Late(Method::Post, 1),
            3 => Self::Late(Method::Put, 1),
            _ => Self::draw(scenario, random),
        }
    }

    /// Whether every task of that scenario reaches it before its end.
    pub fn must_come(self) -> bool {
        match self {
            Self::Unsent(..) | Self::Late(..) | Self::Unanswered(..) | Self::Asking(_) | Self::Replied(_) => true,
            Self::Starting(_) | Self::After(_) | Self::Answered(..) | Self::Replying(..) => false,
        }
    }

    /// Whether it is reached when the task waits for its caller for the `nth` time.
    pub fn is_at_question(self, nth: usize) -> bool {
        matches!(self, Self::Asking(at) | Self::Replying(at, _) | Self::Replied(at) if at == nth)
    }

    /// Arranges the kill at this moment. Kills at the start and at questions are made elsewhere.
    pub fn arrange(self, proxy: &Proxy, run: &ServiceRun) {
        let run = run.clone();
        let kill = move || run.clone().kill();
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
            Self::Starting(_) | Self::Asking(_) | Self::Replying(..) | Self::Replied(_) => {}
        }
    }
}
