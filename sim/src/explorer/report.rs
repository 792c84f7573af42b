//! The results of an exploration.

use std::collections::BTreeMap;

use super::{EndedPath, text};
use crate::Violation;

/// The results for one policy.
#[derive(Debug, Default)]
pub struct Report {
    /// Calls of the policy.
    pub calls: usize,
    /// Complete paths, from a task's beginning to its end.
    pub paths: usize,
    /// The number of paths with each end.
    pub ends: BTreeMap<&'static str, usize>,
    /// What was found, in the order in which it was found first.
    pub findings: Vec<Finding>,
}

/// A violation of a property, on the paths from one start.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The name of the property.
    pub property: &'static str,
    /// The violation.
    pub violation: Violation,
    /// The name of the start.
    pub start: &'static str,
    /// The number of paths.
    pub count: usize,
    /// The first path, as text.
    pub first: String,
}

impl Report {
    /// Counts a path with this end.
    pub(super) fn count(&mut self, end: &'static str) {
        self.paths += 1;
        *self.ends.entry(end).or_default() += 1;
    }

    /// Counts a violation at the end of a path.
    pub(super) fn find(&mut self, property: &'static str, violation: Violation, path: &EndedPath<'_>) {
        let key = (property, violation, path.start.name);
        match self.findings.iter_mut().find(|finding| finding.key() == key) {
            Some(finding) => finding.count += 1,
            None => {
                let (start, first) = (path.start.name, text::path(path));
                self.findings.push(Finding { property, violation, start, count: 1, first });
            }
        }
    }

    /// Adds the results of another exploration.
    pub fn add(&mut self, other: Self) {
        self.calls += other.calls;
        self.paths += other.paths;
        for (end, count) in other.ends {
            *self.ends.entry(end).or_default() += count;
        }
        for finding in other.findings {
            match self.findings.iter_mut().find(|known| known.key() == finding.key()) {
                Some(known) => known.count += finding.count,
                None => self.findings.push(finding),
            }
        }
    }

    /// The first path with this violation.
    #[must_use]
    pub fn first(&self, violation: Violation) -> Option<&str> {
        self.findings.iter().find(|finding| finding.violation == violation).map(|finding| finding.first.as_str())
    }
}

impl Finding {
    fn key(&self) -> (&'static str, Violation, &'static str) {
        (self.property, self.violation, self.start)
    }
}
