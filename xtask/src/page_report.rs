//! The report of playwright about the page's tests. Its text on the terminal is far above the table of the parts when a long
//! run ends, so the names of the failed tests are in the table.

use anyhow::{Context, Result};
use serde::Deserialize;
use std::fs;
use std::path::Path;

/// A file of tests, a group in it, or all of them.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Group {
    suites: Vec<Group>,
    specs: Vec<Spec>,
}

#[derive(Deserialize)]
struct Spec {
    title: String,
    file: String,
    ok: bool,
}

/// The failed tests in a JSON report: `FILE: TITLE` each.
pub fn failed(report: &Path) -> Result<Vec<String>> {
    let text = fs::read_to_string(report).with_context(|| format!("cannot read {}", report.display()))?;
    let all: Group = serde_json::from_str(&text).with_context(|| format!("cannot read {}", report.display()))?;
    let mut failed = Vec::new();
    all.collect_failed(&mut failed);
    Ok(failed)
}

impl Group {
    fn collect_failed(&self, into: &mut Vec<String>) {
        into.extend(self.specs.iter().filter(|spec| !spec.ok).map(|spec| format!("{}: {}", spec.file, spec.title)));
        self.suites.iter().for_each(|suite| suite.collect_failed(into));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failed_tests_of_all_groups_are_named() {
        let report = r#"{"config": {}, "suites": [{"title": "a.spec.ts", "specs": [{"title": "one", "file": "a.spec.ts", "ok": true}],
            "suites": [{"title": "group", "specs": [{"title": "two", "file": "a.spec.ts", "ok": false}]}]}]}"#;
        let all: Group = serde_json::from_str(report).unwrap();
        let mut failed = Vec::new();
        all.collect_failed(&mut failed);
        assert_eq!(failed, ["a.spec.ts: two"]);
    }
}
