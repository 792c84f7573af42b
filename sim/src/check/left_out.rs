//! Faults that a search leaves out, because a deployment excludes them.

/// What is left out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Reads of Placement that show an earlier state: the database has one writer, or waits for its replicas.
    pub stale_reads: bool,
    /// Crashes that lose the last entries of the journal: the disk keeps what was flushed.
    pub lost_journals: bool,
}
