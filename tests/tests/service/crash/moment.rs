//! Where in a task the service is killed.

use std::mem::{Discriminant, discriminant};
use std::time::Duration;

use swaparoo_placement::Method;
use swaparoo_real_placement::{Act, Proxy};

use super::super::chance::Chance;
use super::story::Story;
use super::victim::Victim;

/// A moment.
#[derive(Debug, Clone, Copy)]
pub enum Moment {
    /// So long after the service was started, before it listens or soon after.
    Starting(Duration),
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
    /// The task waits for its caller, who has not said anything yet, for the n-th time.
    Asking(usize),
    /// So long after the caller began to say it: taken or not.
    Saying(usize, Duration),
    /// The caller has been told that its answer is taken.
    Said(usize),
}

/// The host has taken an answer by then, and waits: it draws the time evenly from 0 to 2 s.
const IN_A_PAUSE: Duration = Duration::from_millis(50);

impl Moment {
    /// All moments of that task: each kind at each of its requests, questions and pauses, and at once.
    pub fn of(story: &Story) -> Vec<Self> {
        let mut all = vec![Self::After(Duration::ZERO)];
        for (at, letter) in story.requests.char_indices() {
            let so_far = story.requests.get(..at).unwrap();
            let nth = so_far.chars().filter(|before| *before == letter).count() + 1;
            match letter {
                'G' => all.extend(Self::of_a_read(nth)),
                'P' => all.extend(Self::of_a_write(Method::Post, nth)),
                'U' => all.extend(Self::of_a_write(Method::Put, nth)),
                'S' => all.extend([Self::Asking(nth), Self::Saying(nth, Duration::from_millis(1)), Self::Said(nth)]),
                '~' => {
                    let method = if so_far.ends_with('P') { Method::Post } else { Method::Put };
                    all.push(Self::Answered(method, 1, IN_A_PAUSE));
                }
                other => panic!("{other} in {story:?}"),
            }
        }
        all
    }

    /// It changes nothing, so it is the same whether Placement hears of it.
    fn of_a_read(nth: usize) -> [Self; 3] {
        let answered = Self::Answered(Method::Get, nth, Duration::from_millis(1));
        [Self::Unsent(Method::Get, nth), Self::Unanswered(Method::Get, nth), answered]
    }

    fn of_a_write(method: Method, nth: usize) -> [Self; 5] {
        let answered = |ms| Self::Answered(method, nth, Duration::from_millis(ms));
        let [unsent, late] = [Self::Unsent(method, nth), Self::Late(method, nth)];
        [unsent, late, Self::Unanswered(method, nth), answered(0), answered(2)]
    }

    /// Of these at most so many of each kind, which chance draws. A kind is where it is in a request's life, and the method.
    pub fn some_of_each_kind<S>(all: Vec<(S, Self)>, most: usize, chance: &mut Chance) -> Vec<(S, Self)> {
        let mut taken = Vec::new();
        let mut take = |moment: Self| {
            taken.push(moment.kind());
            taken.iter().filter(|kind| **kind == moment.kind()).count() <= most
        };
        chance.shuffled(all).into_iter().filter(|(_, moment)| take(*moment)).collect()
    }

    fn kind(self) -> (Discriminant<Self>, Option<Method>) {
        let method = match self {
            Self::Unsent(method, _) | Self::Late(method, _) | Self::Unanswered(method, _) => Some(method),
            Self::Answered(method, ..) => Some(method),
            Self::Starting(_) | Self::After(_) | Self::Asking(_) | Self::Saying(..) | Self::Said(_) => None,
        };
        (discriminant(&self), method)
    }

    /// One of all, at a time of its own.
    pub fn draw(story: &Story, chance: &mut Chance) -> Self {
        let mut time = |bound| Duration::from_micros(chance.below(bound));
        let (after, answered, saying) = (time(30_000), time(4_000), time(2_000));
        match chance.of(&Self::of(story)) {
            Self::After(_) => Self::After(after),
            Self::Answered(method, nth, time) if time != IN_A_PAUSE => Self::Answered(method, nth, answered),
            Self::Saying(nth, _) => Self::Saying(nth, saying),
            moment => moment,
        }
    }

    /// One that leaves the task open.
    pub fn draw_open(story: &Story, chance: &mut Chance) -> Self {
        let open: Vec<_> = Self::of(story).into_iter().filter(|moment| moment.must_come()).collect();
        chance.of(&open)
    }

    /// One that a service may meet that goes on with such a task: while it starts, at what it does first, or wherever.
    pub fn draw_again(story: &Story, chance: &mut Chance) -> Self {
        let nth = 1 + usize::from(chance.below(2) == 0);
        match chance.below(6) {
            0 => Self::Starting(Duration::from_micros(chance.below(100_000))),
            1 => Self::Unsent(Method::Get, nth),
            2 => Self::Unanswered(Method::Get, nth),
            3 if story.requests.contains('P') => Self::Late(Method::Post, 1),
            3 => Self::Late(Method::Put, 1),
            _ => Self::draw(story, chance),
        }
    }

    /// Whether it comes in any task of that story, and before its end.
    pub fn must_come(self) -> bool {
        match self {
            Self::Unsent(..) | Self::Late(..) | Self::Unanswered(..) | Self::Asking(_) | Self::Said(_) => true,
            Self::Starting(_) | Self::After(_) | Self::Answered(..) | Self::Saying(..) => false,
        }
    }

    /// Whether it comes when the task waits for its caller for the `nth` time.
    pub fn is_at_question(self, nth: usize) -> bool {
        matches!(self, Self::Asking(at) | Self::Saying(at, _) | Self::Said(at) if at == nth)
    }

    /// Sees to it that the victim is killed then; at its start and at the questions, others do.
    pub fn arrange(self, proxy: &Proxy, victim: &Victim) {
        let victim = victim.clone();
        let kill = move || victim.clone().kill();
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
            Self::Starting(_) | Self::Asking(_) | Self::Saying(..) | Self::Said(_) => {}
        }
    }
}
