//! What cargo-mutants writes: its list of mutants, and the outcome of each.

use super::name::Names;
use anyhow::{Context, Result};
use serde::Deserialize;
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
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
        let file = folder.join("outcomes.json");
        let text = fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
        let written: Written =
            serde_json::from_str(&text).with_context(|| format!("cannot parse {}", file.display()))?;
        let mutants = written.outcomes.into_iter().filter_map(|outcome| match outcome.scenario {
            Scenario::Baseline => None,
            Scenario::Mutant(Listed { name }) => Some((name, outcome.summary, folder.join(outcome.log_path))),
        });
        let all = mutants.map(|(printed, summary, log)| {
            let log = fs::read_to_string(&log).with_context(|| format!("cannot read {}", log.display()))?;
            let better = log.lines().filter_map(|line| line.strip_prefix(BETTER)).map(str::to_owned).collect();
            Ok(Outcome { name: names.of(&printed)?, printed, summary, better })
        });
        Ok(Self { all: all.collect::<Result<_>>()? })
    }

    /// Those with this outcome.
    pub fn of(&self, summary: Summary) -> impl Iterator<Item = &Outcome> {
        self.all.iter().filter(move |outcome| outcome.summary == summary)
    }
}
