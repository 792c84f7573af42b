//! What cargo-mutants writes: its list of mutants, and the outcome of each.

use super::name::Names;
use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::Path;

/// How the judge says in a mutant's log that a known counterexample is not found any more.
const BETTER: &str = "not found any more: ";

/// The outcomes of a run.
pub struct Outcomes {
    /// Of each mutant.
    pub all: Vec<Outcome>,
}

/// What came of one mutant.
#[derive(Serialize, Deserialize)]
pub struct Outcome {
    /// The name with the place, as cargo-mutants prints it.
    pub printed: String,
    /// The name without the place.
    pub name: String,
    /// What came of it.
    pub summary: Summary,
    /// The known counterexamples that the search does not find any more.
    pub better: Vec<String>,
}

/// What came of a mutant, in cargo-mutants' words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Summary {
    /// The judge has found something wrong.
    CaughtMutant,
    /// It has found nothing.
    MissedMutant,
    /// It has come to no end.
    Timeout,
    /// The mutant does not compile.
    Unviable,
    /// Of the rules without a change.
    Success,
    /// The same, with an error.
    Failure,
}

#[derive(Deserialize)]
struct Written {
    outcomes: Vec<WrittenOutcome>,
}

#[derive(Deserialize)]
struct WrittenOutcome {
    scenario: Scenario,
    summary: Summary,
    log_path: String,
}

#[derive(Deserialize)]
enum Scenario {
    Baseline,
    Mutant(Listed),
}

/// A mutant in the list.
#[derive(Deserialize)]
pub struct Listed {
    /// The name with the place.
    pub name: String,
}

impl Outcomes {
    /// Reads `mutants.out`.
    pub fn read(folder: &Path, names: &Names) -> Result<Self> {
        let text = |file: &str| {
            let file = folder.join(file);
            fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))
        };
        Self::parse(&text("outcomes.json")?, names, text)
    }

    fn parse(written: &str, names: &Names, log: impl Fn(&str) -> Result<String>) -> Result<Self> {
        let written: Written = serde_json::from_str(written).context("cannot parse cargo-mutants' outcomes.json")?;
        let mut all = Vec::new();
        for WrittenOutcome { scenario, summary, log_path } in written.outcomes {
            let Scenario::Mutant(Listed { name: printed }) = scenario else { continue };
            let log = log(&log_path)?;
            let better = log.lines().filter_map(|line| line.strip_prefix(BETTER)).map(str::to_owned).collect();
            all.push(Outcome { name: names.of(&printed)?, printed, summary, better });
        }
        Ok(Self { all })
    }

    /// Those with this outcome.
    pub fn of(&self, summary: Summary) -> impl Iterator<Item = &Outcome> {
        self.all.iter().filter(move |outcome| outcome.summary == summary)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_are_of_mutants_and_say_what_became_better() {
        let names = Names::parse(r#"[{"name": "a.rs:9:5: delete ! in f"}]"#).unwrap();
        let written = r#"{"total_mutants": 1, "outcomes": [
            {"scenario": "Baseline", "summary": "Success", "log_path": "log/baseline.log"},
            {"scenario": {"Mutant": {"name": "a.rs:9:5: delete ! in f", "file": "a.rs"}}, "summary": "MissedMutant",
             "log_path": "log/a.log"}
        ]}"#;
        let log = |file: &str| Ok(format!("{file}\nnot found any more: swap with 1 faults: lost\n"));
        let outcomes = Outcomes::parse(written, &names, log).unwrap();
        assert_eq!((outcomes.all.len(), outcomes.of(Summary::MissedMutant).count()), (1, 1));
        assert_eq!(outcomes.all[0].name, "a.rs: delete ! in f");
        assert_eq!(outcomes.all[0].better, ["swap with 1 faults: lost"]);
    }
}
