//! The result of an audit as text.

use serde_json::Value;
use swaparoo::audit::OtherConsumer;
use swaparoo::contract::Outcome;
use swaparoo::describe::{self, count};
use swaparoo::printable;

use super::{AuditLine, AuditResult};
use crate::cli::remote::text;
use crate::cli::stdout::say;

/// Prints what was found, what was repaired, and a summary as the last line.
pub fn print(result: &AuditResult, repair: bool) {
    result.repaired.iter().chain(&result.findings).for_each(line);
    for hidden in &result.hidden {
        say!("{}  usage of a hidden consumer", hidden.provider);
        say!("  {}", printable::line(&hidden.words()));
    }
    for unchecked in &result.unchecked {
        say!("not checked: {}: {}", printable::line(&unchecked.what), printable::line(&unchecked.why));
    }
    if let Some(line) = others(&result.others) {
        say!("{}", printable::line(&line));
    }
    say!("{}", summary(result, repair));
}

fn line(line: &AuditLine) {
    let (is_repaired, AuditLine { finding, outcome, failure }) = (line.is_repaired(), line);
    say!("{}  {}", finding.consumer, finding.describe_held());
    let since = finding.since.as_ref().map_or_else(String::new, |since| format!(" (since {since})"));
    say!("  {}{}", finding.words, printable::line(&since));
    if let (Some(way_out), None) = (&finding.way_out, outcome) {
        say!("  {way_out}");
    }
    match (outcome, failure) {
        (Some(outcome), _) if is_repaired => say!("  repaired: {}", ended(outcome)),
        (Some(outcome), _) => say!("  not repaired as the finding says: {}; audit again", ended(outcome)),
        (_, Some(failure)) => say!("  not repaired ({}): {}", text(failure, "/code"), text(failure, "/detail")),
        (None, None) => {}
    }
}

/// The outcome in words; a service may have one that this program does not know.
fn ended(outcome: &Value) -> String {
    let known: Result<Outcome, _> = serde_json::from_value(outcome.clone());
    known.map_or_else(|_| text(outcome, "/kind").into_owned(), |outcome| describe::outcome(&outcome))
}

/// How many consumers belong to other services, and how that is known of the first one.
fn others(others: &[OtherConsumer]) -> Option<String> {
    let first = others.first()?;
    let (consumers, belong) = (count(others.len(), "consumer"), if others.len() == 1 { "belongs" } else { "belong" });
    let such = format!("{}: {}", first.consumer, first.because);
    Some(format!("{consumers} {belong} to other services, such as {such}"))
}

fn summary(result: &AuditResult, repair: bool) -> String {
    let AuditResult { complete, consumers, findings, repaired, hidden, .. } = result;
    let left = findings.len() + hidden.len();
    let repairable = findings.iter().filter(|line| line.finding.repairable).count();
    let found = match left {
        0 => format!("none of {} holds what it should not", count(*consumers, "consumer")),
        1 => format!("1 of {} holds what it should not", count(*consumers, "consumer")),
        _ => format!("{left} of {} hold what they should not", count(*consumers, "consumer")),
    };
    let repairs = match (repaired.len(), repairable) {
        (0, 1) if !repair && left == 1 => "; --repair settles it".to_owned(),
        (0, 1..) if !repair => format!("; --repair settles {repairable} of them"),
        (0, _) => String::new(),
        (done, _) => format!("; {done} repaired"),
    };
    let failed = findings.iter().filter(|line| line.outcome.is_some() || line.failure.is_some()).count();
    let failed = if failed == 0 { String::new() } else { format!("; {failed} not repaired") };
    let incomplete = if *complete { "" } else { "; incomplete: not everything could be checked" };
    format!("{found}{repairs}{failed}{incomplete}")
}
