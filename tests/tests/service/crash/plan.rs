//! The rounds of a test.

use swaparoo_tests::sample;

use super::super::chance::Chance;
use super::moment::Moment;
use super::round::Round;
use super::story::Story;

/// The rounds of one test, from stories and random choices.
pub struct Plan {
    stories: &'static [Story],
    chance: Chance,
    pub rounds: Vec<Round>,
}

impl Plan {
    pub fn of(stories: &'static [Story]) -> Self {
        Self { stories, chance: Chance::of_this_run(), rounds: Vec::new() }
    }

    /// Each moment of each story; in CI this many of each kind of moment, in random stories.
    pub fn each(mut self, in_ci: usize) -> Self {
        let all = self.stories.iter().flat_map(|story| Moment::of(story).into_iter().map(move |one| (*story, one)));
        let all: Vec<_> = all.collect();
        let most = sample::size(in_ci, all.len());
        for (story, moment) in Moment::some_of_each_kind(all, most, &mut self.chance) {
            self.add(story, vec![moment]);
        }
        self
    }

    /// Adds this many random rounds.
    pub fn drawn(mut self, count: usize) -> Self {
        for _ in 0..count {
            let story = self.chance.of(self.stories);
            let moment = Moment::draw(&story, &mut self.chance);
            self.add(story, vec![moment]);
        }
        self
    }

    /// Adds this many rounds in which the service is killed again while it continues the task.
    pub fn drawn_twice(mut self, count: usize) -> Self {
        for _ in 0..count {
            let story = self.chance.of(self.stories);
            let first = Moment::draw_open(&story, &mut self.chance);
            let again = Moment::draw_again(&story, &mut self.chance);
            self.add(story, vec![first, again]);
        }
        self
    }

    /// The number of kills that must be reached, even if the stories change.
    pub fn at_least(self, kills: usize) -> Self {
        let planned: usize = self.rounds.iter().map(|round| round.moments.len()).sum();
        assert!(planned >= kills, "{planned} kills, and {kills} are wanted");
        self
    }

    fn add(&mut self, story: Story, moments: Vec<Moment>) {
        let has_begun = moments.first().is_some_and(|moment| moment.must_come());
        let other_rules = self.chance.below(4) == 0 && has_begun;
        self.rounds.push(Round { number: self.rounds.len(), story, moments, other_rules });
    }
}
