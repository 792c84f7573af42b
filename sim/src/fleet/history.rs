//! One history: what a seed makes happen, and what was wrong in it.

use std::collections::{BTreeMap, VecDeque};

use swaparoo_placement::Invalid;

use super::check::Check;
use super::counts::Counts;
use super::database::Database;
use super::fault::FaultPlan;
use super::place::Place;
use super::protocol::Protocol;
use super::rest;
use super::scene;
use super::schedule::Schedule;
use super::world::World;
use crate::explorer::Policy;
use crate::{Random, SimCloud, Violation};

/// One history in this many loses commits of the database.
const LOSES_COMMITS: u64 = 8;

/// The most milliseconds that a message takes, one of them in a history.
const LATENCIES: [u64; 4] = [8, 8, 150, 2_500];
/// The milliseconds in which clients begin.
const SPREADS: [u64; 2] = [20, 3_000];

/// Runs histories.
#[derive(Debug, Clone)]
pub struct Fleet {
    cloud: SimCloud,
    protocol: Protocol,
}

/// A history that has come to rest, or does not.
#[derive(Debug, Clone)]
pub struct History {
    /// The number that it was drawn from.
    pub seed: u64,
    /// What was wrong, with words.
    pub found: Vec<(Violation, String)>,
    /// What was wrong in Placement at the end, and is not expected to be right, since the database has lost commits.
    pub forgiven: Vec<(Violation, String)>,
    /// What has happened.
    pub counts: Counts,
    /// The first and the last events, if they were asked for.
    lines: Vec<String>,
}

impl Fleet {
    /// Runners that follow these rules.
    ///
    /// # Errors
    /// The model of Placement refuses the cloud.
    pub fn new(protocol: Protocol) -> Result<Self, Invalid> {
        Ok(Self { cloud: scene::cloud()?, protocol })
    }

    /// The history of this seed, with tasks that this policy decides.
    pub fn history(&self, policy: &mut dyn Policy, seed: u64) -> History {
        self.play(policy, seed, None)
    }

    /// The same with its first and last events, for [`History::text`].
    pub fn transcript(&self, policy: &mut dyn Policy, seed: u64) -> History {
        self.play(policy, seed, Some(VecDeque::new()))
    }

    fn play(&self, policy: &mut dyn Policy, seed: u64, lines: Option<VecDeque<String>>) -> History {
        let mut random = Random::from_number(seed);
        let loses_commits = random.one_in(LOSES_COMMITS);
        let faults = FaultPlan::draw(&mut random, loses_commits);
        let places = (0..random.between(2, 5)).map(|_| Place::new()).collect();
        let mut cloud = self.cloud.clone();
        let jobs = scene::jobs(&mut random, &mut cloud);
        let (latency, spread) = (random.choose(&LATENCIES), random.choose(&SPREADS));
        let mut world = World {
            policy,
            protocol: self.protocol,
            database: Database::new(random.one_in(2)),
            random,
            schedule: Schedule::new(),
            no_primary_until: 0,
            latency,
            spread,
            places,
            jobs,
            cloud,
            answers: BTreeMap::new(),
            faults,
            check: Check::default(),
            counts: Counts { histories: 1, ..Counts::default() },
            lines,
        };
        world.run();
        let World { database, cloud, mut check, mut counts, lines, .. } = world;
        let before = check.found.len();
        rest::check(&mut check, database.read(), &self.cloud, &cloud);
        counts.tasks = database.read().tasks.len();
        counts.late_writes = check.late_writes;
        counts.lost_commits = usize::from(check.has_lost_commits);
        let forgiven = if check.has_lost_commits { forgive(&mut check, before) } else { Vec::new() };
        counts.wrong_after_lost_commits = usize::from(!forgiven.is_empty());
        History { seed, found: check.found, forgiven, counts, lines: lines.into_iter().flatten().collect() }
    }
}

/// What is wrong in Placement after the database has lost commits is counted: the rules find their own writes by reading,
/// but a task that has ended may run again after later ones (docs/testing.md).
fn forgive(check: &mut Check, before: usize) -> Vec<(Violation, String)> {
    use Violation::{HeldBeside, HeldTwice, Lost, MigrationHolds, UntrueOutcome};
    let expected = [HeldBeside, HeldTwice, Lost, MigrationHolds, UntrueOutcome];
    let at_rest = check.found.split_off(before.min(check.found.len()));
    let (forgiven, rest): (Vec<_>, Vec<_>) =
        at_rest.into_iter().partition(|(violation, _)| expected.contains(violation));
    check.found.extend(rest);
    forgiven
}

impl History {
    /// The first violation.
    #[must_use]
    pub fn violation(&self) -> Option<Violation> {
        self.found.first().map(|(violation, _)| *violation)
    }

    /// What was wrong, after the events.
    #[must_use]
    pub fn text(&self) -> String {
        let found =
            self.found.iter().chain(&self.forgiven).map(|(violation, what)| format!("{}: {what}", violation.name()));
        let named = |line: &String| scene::named(line);
        let lines: Vec<String> = self.lines.iter().map(named).chain(found.map(|line| named(&line))).collect();
        format!("seed {}\n{}", self.seed, lines.join("\n"))
    }
}
