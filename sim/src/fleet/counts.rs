//! What has happened in histories, so that a test can see that its faults did.

use std::ops::AddAssign;

/// How often each of these has happened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// Histories.
    pub histories: usize,
    /// Events of virtual time: inputs of runners, arrivals, answers.
    pub events: usize,
    /// Tasks in the journal at the end.
    pub tasks: usize,
    /// Commits, those of beats among them.
    pub commits: usize,
    /// Statements in transactions.
    pub statements: usize,
    /// Effects that reached Placement or nova.
    pub effects: usize,
    /// Faults.
    pub faults: usize,
    /// Requests of tasks to the database without an answer.
    pub unanswered: usize,
    /// Transactions that Galera did not certify.
    pub not_certified: usize,
    /// Runners that others took for dead while they lived.
    pub buried: usize,
    /// Tasks that another runner went on with.
    pub taken_over: usize,
    /// Times at which a runner dropped a task, because it belonged to another one or the journal showed something else.
    pub dropped: usize,
    /// Answers of nova that named a record of another running task.
    pub declined: usize,
    /// Writes that were sent after another runner had taken their task.
    pub late_writes: usize,
    /// Histories in which the database lost commits.
    pub lost_commits: usize,
    /// Of these, those that ended wrong in Placement without a task that says so.
    pub wrong_after_lost_commits: usize,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.histories += other.histories;
        self.events += other.events;
        self.tasks += other.tasks;
        self.commits += other.commits;
        self.statements += other.statements;
        self.effects += other.effects;
        self.faults += other.faults;
        self.unanswered += other.unanswered;
        self.not_certified += other.not_certified;
        self.buried += other.buried;
        self.taken_over += other.taken_over;
        self.dropped += other.dropped;
        self.declined += other.declined;
        self.late_writes += other.late_writes;
        self.lost_commits += other.lost_commits;
        self.wrong_after_lost_commits += other.wrong_after_lost_commits;
    }
}
