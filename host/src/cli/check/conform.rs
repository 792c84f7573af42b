//! `swaparoo conform`.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use serde::Serialize;
use swaparoo::contract::Exchange;
use swaparoo::describe::count;
use swaparoo::record::{self, Record};
use swaparoo::simulation::conform::{Conformity, Departure, Possible, conform};
use swaparoo::{contract, describe};

use crate::cli::stdout::say;
use crate::cli::{Exit, stdout};

#[derive(Debug, Args)]
pub struct Conform {
    /// Files made by --record, or folders with such files (*.json)
    #[arg(required = true, value_name = "RECORD")]
    records: Vec<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Serialize)]
struct ConformReport {
    records: Vec<RecordReport>,
}

#[derive(Debug, Serialize)]
struct RecordReport {
    file: String,
    exchanges: usize,
    /// Whether the record is a path of the model.
    conforms: bool,
    explained: Vec<ExplainedExchange>,
    departure: Option<Unexplained>,
}

#[derive(Debug, Serialize)]
struct ExplainedExchange {
    index: usize,
    what: String,
}

/// The first exchange that nothing explains.
#[derive(Debug, Serialize)]
struct Unexplained {
    index: usize,
    exchange: Exchange,
    possible: Vec<PossibleReply>,
}

#[derive(Debug, Serialize)]
struct PossibleReply {
    event: String,
    reply: contract::Reply,
}

/// Plays each record in the model, and prints what it cannot explain.
pub fn run(options: &Conform) -> anyhow::Result<Exit> {
    let files = files(&options.records)?;
    // Reads all before it prints anything, so that bad input gives one error.
    let records = files.iter().map(|file| Ok((file, record::read(file)?)));
    let records: Vec<(&PathBuf, Record)> = records.collect::<anyhow::Result<_>>()?;
    let reports = records.iter().map(|(file, record)| RecordReport::of(file, record)).collect();
    let report = ConformReport { records: reports };
    if options.json {
        stdout::json(&report)?;
    } else {
        report.print();
    }
    Ok(if report.departed() == 0 { Exit::Finished } else { Exit::Failed })
}

/// The files, and those in the folders, in the order of their names.
fn files(named: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    let mut all = Vec::new();
    for path in named {
        if !path.is_dir() {
            all.push(path.clone());
            continue;
        }
        let cannot = || format!("cannot read the folder {}", path.display());
        let entries = path.read_dir().with_context(cannot)?;
        let mut inside: Vec<PathBuf> =
            entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>().with_context(cannot)?;
        inside.retain(|file| file.extension().is_some_and(|extension| extension == "json"));
        anyhow::ensure!(!inside.is_empty(), "the folder {} has no file *.json", path.display());
        inside.sort();
        all.extend(inside);
    }
    Ok(all)
}

impl ConformReport {
    fn departed(&self) -> usize {
        self.records.iter().filter(|record| !record.conforms).count()
    }

    fn print(&self) {
        self.records.iter().for_each(RecordReport::print);
        let all = self.records.len();
        let (conforming, records) = (all - self.departed(), count(all, "record"));
        let are = if conforming == 1 { "is a path" } else { "are paths" };
        say!("{conforming} of {records} {are} of the model");
    }
}

impl RecordReport {
    fn of(file: &Path, record: &Record) -> Self {
        let Conformity { explained, departure } = conform(&record.task, &record.history);
        let explained = explained.into_iter().map(|one| ExplainedExchange { index: one.index, what: one.what });
        Self {
            file: file.display().to_string(),
            exchanges: record.history.len(),
            conforms: departure.is_none(),
            explained: explained.collect(),
            departure: departure.map(Unexplained::of),
        }
    }

    fn print(&self) {
        let Self { file, exchanges, .. } = self;
        let Some(Unexplained { index, exchange, possible }) = &self.departure else {
            say!("{file}: a path of the model, {}", count(*exchanges, "exchange"));
            self.print_explained();
            return;
        };
        say!("{file}: no path of the model: nothing explains the reply at index {index} of the history");
        self.print_explained();
        say!("      {}", describe::effect(&exchange.effect));
        say!("        -> {}", describe::reply(&exchange.reply));
        for PossibleReply { event, reply } in possible {
            say!("    the model: {event}\n        -> {}", describe::reply(reply));
        }
    }

    fn print_explained(&self) {
        self.explained.iter().for_each(|ExplainedExchange { index, what }| say!("    at index {index}: {what}"));
    }
}

impl Unexplained {
    fn of(Departure { index, exchange, possible }: Departure) -> Self {
        let possible = possible.into_iter().map(|Possible { event, reply }| PossibleReply { event, reply });
        Self { index, exchange, possible: possible.collect() }
    }
}
