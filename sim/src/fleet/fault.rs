//! What goes wrong in a fleet, beside the faults of single effects ([`EffectFault`]).

use swaparoo_placement::Fault;

use crate::contract::Effect;
use crate::{EffectFault, Random, SimEvent, describe};

/// A fault. Times are in milliseconds of virtual time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FleetFault {
    /// A runner is killed, and starts again after this time.
    Killed {
        /// Until it starts again.
        ms: u64,
    },
    /// A runner is stopped, and continues after this time as if nothing had happened.
    Stopped {
        /// Until it continues.
        ms: u64,
    },
    /// A runner and the database do not reach each other.
    CutFromDatabase {
        /// For so long.
        ms: u64,
    },
    /// A runner does not reach Placement.
    CutFromPlacement {
        /// For so long.
        ms: u64,
    },
    /// The database has no primary component, and refuses everything.
    NoPrimary {
        /// For so long.
        ms: u64,
    },
    /// All nodes of the database crash, and have lost the last commits when they are back.
    CommitsLost {
        /// How many.
        commits: usize,
    },
    /// A COMMIT gets no answer.
    CommitUnanswered {
        /// Whether it was done.
        done: bool,
    },
    /// A COMMIT gets no answer, and is done later.
    CommitLate {
        /// After so long.
        ms: u64,
    },
    /// The database rolls a transaction back, as after a deadlock.
    RolledBack,
    /// An event at an effect.
    Effect(SimEvent),
}

/// Where something can go wrong.
#[derive(Debug, Clone, Copy)]
pub enum Moment<'a> {
    /// A runner sends a transaction.
    Transaction,
    /// A runner gets the answer to one.
    Answer,
    /// A runner sends an effect.
    Effect(&'a Effect),
    /// A runner gets a reply.
    Reply,
}

/// How many faults a history has, and of which kinds.
#[derive(Debug, Clone)]
pub struct FaultPlan {
    left: usize,
    /// The next fault comes at one of so many moments.
    rare: u64,
    loses_commits: bool,
}

impl FaultPlan {
    /// The plan of a history; `loses_commits`: whether the database may lose commits.
    pub fn draw(random: &mut Random, loses_commits: bool) -> Self {
        Self { left: random.below(8), rare: random.choose(&[6, 15, 40]), loses_commits }
    }

    /// The fault at this moment, if there is one.
    pub fn at(&mut self, moment: Moment<'_>, random: &mut Random) -> Option<FleetFault> {
        if self.left == 0 || !random.one_in(self.rare) {
            return None;
        }
        self.left -= 1;
        Some(match moment {
            Moment::Transaction if random.one_in(3) => of_anything(random),
            Moment::Transaction => self.of_a_transaction(random),
            Moment::Effect(effect) if !random.one_in(3) => of_an_effect(effect, random)?,
            Moment::Effect(_) if random.one_in(3) => FleetFault::CutFromPlacement { ms: random.between(1_000, 40_000) },
            Moment::Answer | Moment::Effect(_) | Moment::Reply => of_anything(random),
        })
    }

    fn of_a_transaction(&self, random: &mut Random) -> FleetFault {
        match random.below(if self.loses_commits { 12 } else { 6 }) {
            0 | 1 => FleetFault::CommitUnanswered { done: true },
            2 => FleetFault::CommitUnanswered { done: false },
            3 | 4 => FleetFault::CommitLate { ms: random.between(500, 40_000) },
            5 => FleetFault::RolledBack,
            _ => FleetFault::CommitsLost { commits: 1 + random.below(super::database::MOST_LOST) },
        }
    }
}

fn of_anything(random: &mut Random) -> FleetFault {
    let ms = random.between(1_000, 60_000);
    match random.below(7) {
        0 | 1 => FleetFault::Killed { ms },
        2..=4 => FleetFault::Stopped { ms },
        5 => FleetFault::CutFromDatabase { ms },
        _ => FleetFault::NoPrimary { ms: ms / 2 },
    }
}

fn of_an_effect(effect: &Effect, random: &mut Random) -> Option<FleetFault> {
    use EffectFault::{BadGateway, DoneAndServerError, Late, Placement, ServerError, Unreachable};
    let all: &[EffectFault] = match effect {
        _ if effect.is_write() => &[
            Placement(Fault::LostBeforeWrite),
            Placement(Fault::LostAfterWrite),
            Placement(Fault::LostAfterWrite),
            Placement(Fault::ProviderConflict),
            Placement(Fault::Outage),
            Late,
            Late,
            BadGateway,
            ServerError,
            DoneAndServerError,
        ],
        Effect::GetAllocations(_) => &[Placement(Fault::Outage)],
        Effect::FindServer(_) | Effect::FindComputeNode(_) => &[Unreachable],
        _ => return None,
    };
    Some(FleetFault::Effect(SimEvent::Fault(random.choose(all))))
}

impl FleetFault {
    /// The fault in words.
    #[must_use]
    pub fn words(self) -> String {
        let s = |ms: u64| format!("{}.{} s", ms / 1_000, ms % 1_000 / 100);
        match self {
            Self::Killed { ms } => format!("killed, starts again after {}", s(ms)),
            Self::Stopped { ms } => format!("stopped for {}", s(ms)),
            Self::CutFromDatabase { ms } => format!("cut off from the database for {}", s(ms)),
            Self::CutFromPlacement { ms } => format!("cut off from Placement for {}", s(ms)),
            Self::NoPrimary { ms } => format!("the database has no primary component for {}", s(ms)),
            Self::CommitsLost { commits } => format!("the database crashes and loses its last {commits} commits"),
            Self::CommitUnanswered { done: true } => "the COMMIT is done and its answer lost".to_owned(),
            Self::CommitUnanswered { done: false } => "the COMMIT is lost".to_owned(),
            Self::CommitLate { ms } => format!("the COMMIT gets no answer and arrives after {}", s(ms)),
            Self::RolledBack => "the database rolls it back".to_owned(),
            Self::Effect(event) => describe::event(event),
        }
    }
}
