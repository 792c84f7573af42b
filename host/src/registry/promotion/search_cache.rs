//! The searches of policies since the start of the service. A search depends only on the component and on this program, so
//! a policy that becomes active again is not searched again.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::SearchReport;
use crate::engine::Digest;

/// For each policy the report of its search.
#[derive(Debug, Default)]
pub struct SearchCache(Mutex<HashMap<Digest, SearchReport>>);

impl SearchCache {
    /// The report of a search with this many faults.
    #[must_use]
    pub fn of(&self, digest: Digest, faults: u32) -> Option<SearchReport> {
        self.all().get(&digest).filter(|report| report.faults == faults).cloned()
    }

    /// Keeps a report, if another search would find the same.
    pub fn keep(&self, digest: Digest, report: &SearchReport) {
        if report.is_conclusive() {
            self.all().insert(digest, report.clone());
        }
    }

    /// Forgets a policy that was removed.
    pub fn forget(&self, digest: Digest) {
        self.all().remove(&digest);
    }

    fn all(&self) -> MutexGuard<'_, HashMap<Digest, SearchReport>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::super::FailedScene;
    use super::*;

    #[test]
    fn only_a_report_that_would_be_found_again_is_kept() {
        let (cache, digest) = (SearchCache::default(), Digest::of(b"component"));
        let failed = |violation: Option<&str>| {
            let (name, violation, found) = ("swap".to_owned(), violation.map(str::to_owned), String::new());
            let failed = vec![FailedScene { name, violation, faults: 1, found }];
            SearchReport { faults: 1, passed: Vec::new(), failed }
        };
        for passing in [failed(None), failed(Some(crate::simulation::Violation::Broken.name()))] {
            cache.keep(digest, &passing);
            assert_eq!(cache.of(digest, 1), None, "{passing:?}");
        }
        let lasting = failed(Some(crate::simulation::Violation::Lost.name()));
        cache.keep(digest, &lasting);
        assert_eq!((cache.of(digest, 1), cache.of(digest, 0)), (Some(lasting), None));
        cache.forget(digest);
        assert_eq!(cache.of(digest, 1), None);
    }
}
