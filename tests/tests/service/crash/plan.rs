//! The rounds of a test.

use swaparoo_tests::random::{self, Random};
use swaparoo_tests::sample;

use super::moment::Moment;
use super::round::Round;
use super::scenario::Scenario;

/// The rounds of one test, from scenarios and random choices.
pub struct Plan {
    scenarios: &'static [Scenario],
    random: Random,
    pub rounds: Vec<Round>,
}

impl Plan {
    pub fn of(scenarios: &'static [Scenario]) -> Self {
        Self { scenarios, random: random::of_this_run(), rounds: Vec::new() }
    }

    /// Each moment of each scenario; in CI this many of each kind of moment, in random scenarios.
    pub fn each(mut self, in_ci: usize) -> Self {
        let all = self
            .scenarios
            .iter()
            .flat_map(|scenario| Moment::of(scenario).into_iter().map(move |one| (*scenario, one)));
        let all: Vec<_> = all.collect();
        let most = sample::size(in_ci, all.len());
        for (scenario, moment) in Moment::some_of_each_kind(all, most, &mut self.random) {
            self.add(scenario, vec![moment]);
        }
        self
    }

    /// Adds this many random rounds.
    pub fn drawn(mut self, count: usize) -> Self {
        for _ in 0..count {
            let scenario = self.random.choose(self.scenarios);
            let moment = Moment::draw(&scenario, &mut self.random);
            self.add(scenario, vec![moment]);
        }
        self
    }

    /// Adds this many rounds in which the service is killed again while it continues the task.
    pub fn drawn_twice(mut self, count: usize) -> Self {
        for _ in 0..count {
            let scenario = self.random.choose(self.scenarios);
            let first = Moment::draw_open(&scenario, &mut self.random);
            let again = Moment::draw_again(&scenario, &mut self.random);
            self.add(scenario, vec![first, again]);
        }
        self
    }

    /// The number of kills that must be reached, even if the scenarios change.
    pub fn at_least(self, kills: usize) -> Self {
        let planned: usize = self.rounds.iter().map(|round| round.moments.len()).sum();
        assert!(planned >= kills, "{planned} kills, and {kills} are wanted");
        self
    }

    fn add(&mut self, scenario: Scenario, moments: Vec<Moment>) {
        let has_begun = moments.first().is_some_and(|moment| moment.must_come());
        let other_rules = self.random.below(4) == 0 && has_begun;
        self.rounds.push(Round { number: self.rounds.len(), scenario, moments, other_rules });
    }
}
