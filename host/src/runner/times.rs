//! Computes the time of each exchange of a task from its journal entries.

use std::collections::BTreeMap;

use crate::journal::{Entry, Event};
use crate::record::Times;

/// The times of a task's exchanges, in the order of its history.
pub fn times(entries: &[Entry]) -> Vec<Times> {
    let accepted = entries.first().map_or(0, |entry| entry.at);
    let (mut times, mut replied) = (Vec::new(), BTreeMap::new());
    let (mut asked, mut now) = (0, 0);
    for entry in entries {
        // The clock may have been set back, and the task went on all the same.
        now = entry.at.saturating_sub(accepted).max(now);
        match &entry.event {
            Event::Asked(_) => asked = now,
            Event::Replied { index, .. } => drop(replied.insert(*index, now)),
            Event::Answered(exchanges) => {
                for _ in exchanges {
                    let answered_ms = replied.get(&times.len()).copied().unwrap_or(now);
                    // An effect that was answered before the service stopped was also sent before.
                    times.push(Times { asked_ms: asked.min(answered_ms), answered_ms });
                }
                // Used for the next effects, if the journal has no entry for their sending.
                asked = now;
            }
            Event::Resumed(_) => asked = now,
            Event::Opened(_) | Event::Shadowed(_) | Event::Parked(_) | Event::Ended(_) | Event::NotUnderstood(_) => {}
        }
    }
    times
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{Effect, Exchange, FindServer, Reply};

    fn exchange() -> Exchange {
        let server = "c0ffee00-0000-0000-0000-000000000001".into();
        Exchange::new(Effect::FindServer(FindServer { server }), Reply::Done)
    }

    fn check(events: Vec<(u64, Event)>, expected: &[(u64, u64)]) {
        let numbered = events.into_iter().zip(0..);
        let entries = numbered.map(|((at, event), number)| Entry { task: "one".into(), number, at, event });
        let times = times(&entries.collect::<Vec<_>>());
        let shown: Vec<_> = times.iter().map(|times| (times.asked_ms, times.answered_ms)).collect();
        assert_eq!(shown, expected);
    }

    fn accepted() -> (u64, Event) {
        (1_000, Event::Parked("stands for the opening".into()))
    }

    fn answered(count: usize) -> Event {
        Event::Answered(vec![exchange(); count])
    }

    fn replied(index: usize) -> Event {
        Event::Replied { index, exchange: Box::new(exchange()) }
    }

    #[test]
    fn an_exchange_lasts_from_the_question_to_the_answer() {
        let asked = || Event::Asked(vec![]);
        check(vec![accepted()], &[]);
        check(
            vec![accepted(), (1_500, asked()), (1_510, answered(2)), (1_512, asked()), (1_600, answered(1))],
            &[(500, 510), (500, 510), (512, 600)],
        );
    }

    #[test]
    fn each_caller_has_answered_in_its_own_time() {
        let entries = vec![
            accepted(),
            (1_010, Event::Asked(vec![])),
            (1_050, replied(1)),
            (1_090, replied(0)),
            (1_091, answered(2)),
        ];
        check(entries, &[(10, 90), (10, 50)]);
    }

    #[test]
    fn the_time_of_a_repeated_question_excludes_the_stop() {
        let before = vec![accepted(), (1_010, Event::Asked(vec![])), (1_020, replied(1))];
        let after = vec![(9_000, Event::Asked(vec![])), (9_010, answered(2))];
        check([before, after].concat(), &[(8_000, 8_010), (20, 20)]);
    }

    #[test]
    fn times_do_not_run_backwards_if_the_clock_is_set_back() {
        check(vec![accepted(), (1_500, Event::Asked(vec![])), (900, answered(1))], &[(500, 500)]);
    }

    #[test]
    fn without_the_time_of_a_read_the_earliest_possible_time_is_shown() {
        check(vec![accepted(), (1_010, answered(1)), (1_030, answered(1))], &[(0, 10), (10, 30)]);
    }
}
