//! The processes of runners, which start, stop and continue; and faults of them and of the database.

use std::collections::VecDeque;

use super::fault::FleetFault;
use super::message::Input;
use super::network::Happening;
use super::runner::Runner;
use super::world::World;

/// Ids of the runners of one place begin with its number, and those of one process with the number of its start.
const STARTS: u32 = 10_000;
const NAMES: u32 = 100;

/// Where a runner's process runs.
#[derive(Debug)]
pub struct Place {
    pub runner: Option<Runner>,
    /// Counts the processes.
    pub start: u32,
    pub is_stopped: bool,
    /// What waits until the process continues.
    pub inbox: VecDeque<Input>,
    pub no_database_until: u64,
    pub no_placement_until: u64,
}

impl World<'_> {
    /// Starts a runner.
    pub fn start(&mut self, place: usize) {
        let number = u32::try_from(place + 1).unwrap_or_default();
        let protocol = self.protocol;
        let Some(of) = self.places.get_mut(place) else { return };
        of.start += 1;
        let start = of.start;
        of.runner = Some(Runner::new(number * STARTS + start * NAMES, protocol));
        self.say(|_| format!("runner {}: starts", number * STARTS + start * NAMES));
        let ms = self.random.between(0, 1_000);
        self.schedule.regularly(ms, Happening::Input { place, start, input: Input::Tick });
    }

    /// Applies a fault to a runner or to the database.
    pub fn suffer(&mut self, place: usize, fault: FleetFault) {
        let (now, number) = (self.schedule.now(), place + 1);
        self.counts.faults += 1;
        self.say(|_| format!("! place {number}: {}", fault.words()));
        let Some(of) = self.places.get_mut(place) else { return };
        match fault {
            FleetFault::Killed { ms } if of.runner.is_some() => {
                of.runner = None;
                of.is_stopped = false;
                of.inbox.clear();
                self.schedule.after(ms, Happening::Starts { place });
            }
            FleetFault::Stopped { ms } if !of.is_stopped && of.runner.is_some() => {
                of.is_stopped = true;
                let start = of.start;
                self.schedule.after(ms, Happening::Continues { place, start });
            }
            FleetFault::CutFromDatabase { ms } => of.no_database_until = of.no_database_until.max(now + ms),
            FleetFault::CutFromPlacement { ms } => of.no_placement_until = of.no_placement_until.max(now + ms),
            FleetFault::NoPrimary { ms } => self.no_primary_until = self.no_primary_until.max(now + ms),
            FleetFault::CommitsLost { commits } => {
                self.check.has_lost_commits = true;
                self.database.crash(commits);
                self.no_primary_until = self.no_primary_until.max(now + 2_000);
            }
            FleetFault::Killed { .. }
            | FleetFault::Stopped { .. }
            | FleetFault::CommitUnanswered { .. }
            | FleetFault::CommitLate { .. }
            | FleetFault::RolledBack
            | FleetFault::Effect(_) => {}
        }
    }

    /// The stopped process goes on, with all that has waited for it.
    pub fn go_on(&mut self, place: usize, start: u32) {
        let Some(of) = self.places.get_mut(place).filter(|of| of.start == start && of.is_stopped) else { return };
        of.is_stopped = false;
        self.say(|_| format!("place {}: continues", place + 1));
        while let Some(input) =
            self.places.get_mut(place).filter(|of| !of.is_stopped).and_then(|of| of.inbox.pop_front())
        {
            self.input(place, start, input);
        }
    }
}

impl Place {
    pub fn new() -> Self {
        let (runner, inbox) = (None, VecDeque::new());
        Self { runner, start: 0, is_stopped: false, inbox, no_database_until: 0, no_placement_until: 0 }
    }
}
