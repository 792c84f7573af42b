//! Histories of a fleet whose tasks the rules `standard` decide.

use std::collections::BTreeSet;
use std::io::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use swaparoo_plugin::policies;

use super::scene::cloud;
use super::{Counts, Fence, Fleet, Protocol, Takes, Unanswered};
use crate::Violation::{self, BrokenJournal, NeverEnds, TwoRunningTasks, UnrecordedWrite, UntrueOutcome};
use crate::contract::{Effect, Exchange, GetAllocations, Outcome, ReplaceTask, Reply, Step, Task};
use crate::explorer::{PathEnd, play};
use crate::fixture::{MIGRATION, SERVER};
use crate::placement::silence;
use crate::{EffectFault, SimCloud};

/// The histories of a run in CI, always the same, and of one at night, with new seeds.
const IN_CI: u64 = 2_000;
const AT_NIGHT: u64 = 300_000;
/// A history that a missing rule makes wrong is among so many.
const ENOUGH: u64 = 5_000;

fn standard() -> impl FnMut(&Task, &[Exchange]) -> Step {
    let policy = policies::named("standard").unwrap();
    |task, history| swaparoo_plugin::next_step(policy, task, history)
}

/// The seeds of this run: the first, and how many.
fn seeds() -> (u64, u64) {
    let set = |name: &str| std::env::var(name).ok();
    if let Some(seed) = set("SWAPAROO_SEED") {
        return (seed.parse().expect("SWAPAROO_SEED is a number"), 1);
    }
    if set("SWAPAROO_NIGHTLY").is_none_or(|value| value != "1") {
        return (0, IN_CI);
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    (now.as_secs() << 20, AT_NIGHT)
}

/// Runs the histories of so many seeds, with one thread for each processor. The first one in which something is wrong ends
/// the test, with its events.
fn right(first: u64, seeds: u64) -> Counts {
    let (next, all) = (AtomicU64::new(first), Mutex::new(Counts::default()));
    let at_a_time = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..at_a_time {
            scope.spawn(|| {
                let (fleet, mut policy) = (Fleet::new(Protocol::WHOLE).unwrap(), standard());
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= first + seeds {
                        return;
                    }
                    let history = fleet.history(&mut policy, seed);
                    if !history.found.is_empty() {
                        next.store(first + seeds, Ordering::Relaxed);
                        panic!("SWAPAROO_SEED={seed}\n{}", fleet.transcript(&mut policy, seed).text());
                    }
                    *all.lock().unwrap() += history.counts;
                }
            });
        }
    });
    all.into_inner().unwrap()
}

#[test]
fn histories_under_all_rules_are_right() {
    let ((first, count), began) = (seeds(), Instant::now());
    if count == 1 {
        println!("{}", Fleet::new(Protocol::WHOLE).unwrap().transcript(&mut standard(), first).text());
    }
    let counts = right(first, count);
    let took = began.elapsed();
    let a_minute = counts.histories as f64 / took.as_secs_f64() * 60.0;
    let _ = writeln!(
        std::io::stderr(),
        "sample: {count} histories of a fleet from seed {first} in {took:.1?}, {a_minute:.0} a minute; {counts:?}"
    );
    if count > 1 {
        every_kind_of_trouble(&counts);
    }
}

/// A sample in which some kind of trouble never happens would show nothing.
fn every_kind_of_trouble(counts: &Counts) {
    let Counts { unanswered, not_certified, buried, taken_over, dropped, declined, late_writes, lost_commits, .. } =
        *counts;
    let all = [unanswered, not_certified, buried, taken_over, dropped, declined, late_writes, lost_commits];
    assert!(all.iter().all(|of| *of > 0), "{counts:?}");
    assert!(counts.wrong_after_lost_commits * 20 <= lost_commits, "{counts:?}");
}

#[test]
fn a_seed_gives_the_same_history_again() {
    let (fleet, mut policy) = (Fleet::new(Protocol::WHOLE).unwrap(), standard());
    for seed in 0..20 {
        let [one, again] = [0, 1].map(|_| fleet.transcript(&mut policy, seed));
        assert_eq!((one.text(), one.counts), (again.text(), again.counts));
        assert_eq!(fleet.history(&mut policy, seed).counts, one.counts, "also without the transcript");
    }
}

/// Histories without this rule are wrong in each of these ways.
fn wrong(protocol: Protocol, ways: &[Violation]) {
    let (fleet, mut policy) = (Fleet::new(protocol).unwrap(), standard());
    let mut missing: BTreeSet<Violation> = ways.iter().copied().collect();
    for seed in 0..ENOUGH {
        let found = fleet.history(&mut policy, seed).found;
        missing.retain(|way| !found.iter().any(|(violation, _)| violation == way));
        if missing.is_empty() {
            return;
        }
    }
    panic!("{ENOUGH} histories show no {missing:?}");
}

#[test]
fn without_a_fence_two_runners_write_one_journal() {
    let protocol = Protocol { fence: Fence::Nothing, ..Protocol::WHOLE };
    wrong(protocol, &[BrokenJournal, TwoRunningTasks, Violation::Diverged, UntrueOutcome]);
}

/// The primary key of entries and their count still keep the journal a single one: an append after a takeover makes the
/// new runner read again.
#[test]
fn without_owner_and_epoch_in_the_fence_a_runner_appends_to_a_task_that_was_taken() {
    wrong(Protocol { fence: Fence::Count, ..Protocol::WHOLE }, &[BrokenJournal]);
}

#[test]
fn without_locks_a_consumer_is_in_two_running_tasks() {
    wrong(Protocol { locks: false, ..Protocol::WHOLE }, &[TwoRunningTasks, UntrueOutcome]);
}

#[test]
fn a_task_never_ends_if_a_lost_commit_is_taken_for_not_done() {
    wrong(Protocol { unanswered: Unanswered::NotDone, ..Protocol::WHOLE }, &[NeverEnds]);
}

#[test]
fn a_write_is_sent_without_a_record_if_a_lost_commit_is_taken_for_done() {
    let protocol = Protocol { unanswered: Unanswered::Done, ..Protocol::WHOLE };
    wrong(protocol, &[UnrecordedWrite, Violation::TwoTasksOfOneKey]);
}

#[test]
fn a_task_never_ends_if_the_tasks_of_a_dead_runner_are_taken_only_once() {
    wrong(Protocol { takes: Takes::OfMarkedOnce, ..Protocol::WHOLE }, &[NeverEnds]);
}

#[test]
fn a_late_write_undoes_a_later_task_if_its_generation_is_not_passed() {
    wrong(Protocol { passes_late_writes: false, ..Protocol::WHOLE }, &[UntrueOutcome]);
}

/// The fence also refuses what rests on a read that was behind: tasks are only dropped and read again more often.
#[test]
fn reads_that_are_behind_cost_time_and_nothing_else() {
    let (fleet, mut policy) =
        (Fleet::new(Protocol { waits_for_commits: false, ..Protocol::WHOLE }).unwrap(), standard());
    let mut counts = Counts::default();
    for seed in 0..IN_CI {
        let history = fleet.history(&mut policy, seed);
        assert!(history.found.is_empty(), "{}", fleet.transcript(&mut policy, seed).text());
        counts += history.counts;
    }
    assert!(counts.dropped > counts.taken_over, "{counts:?}");
}

/// The two reads of one step are answered in any order. Both consumers look empty if a lost write is done between them.
#[test]
fn a_lost_write_that_is_done_between_two_reads_of_one_step_is_noticed() {
    let answer = |cloud: &mut SimCloud, effect: &Effect| cloud.answer(effect, EffectFault::Answered);
    let (mut cloud, mut late, mut target) = (cloud().unwrap(), None, None);
    let migration = || Effect::GetAllocations(GetAllocations { consumer: MIGRATION.into() });
    let task = ReplaceTask { server: SERVER.into(), migration: MIGRATION.into(), source_node: None };
    let (_, end) = play(&mut standard(), &Task::Replace(task), &mut |effect| match effect {
        Effect::PostAllocations(_) => {
            late = Some(effect.clone());
            Reply::Lost(silence("no answer"))
        }
        // Placement answers the second read first, and does the write before it answers the first one.
        Effect::GetAllocations(get) if get.consumer == SERVER => {
            if let Some(write) = late.take() {
                target = Some(answer(&mut cloud, &migration()));
                answer(&mut cloud, &write);
            }
            answer(&mut cloud, effect)
        }
        effect => target.take().unwrap_or_else(|| answer(&mut cloud, effect)),
    });
    let PathEnd::Ended(swaparoo_core::task::TaskEnd::Finished(outcome)) = end else { panic!("{end:?}") };
    assert!(matches!(outcome, Outcome::Moved(_)), "{outcome:?}");
    assert!(cloud.held(SERVER).is_empty() && !cloud.held(MIGRATION).is_empty(), "it was moved");
}
