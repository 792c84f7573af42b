//! Prints the report of the promotion check for a person.

use std::collections::BTreeSet;
use std::path::Path;

use swaparoo::printable;
use swaparoo::registry::promotion::{Conformance, FailedScenario, PromotionReport, SearchReport, command};
use swaparoo::simulation::check::most_faults;

use crate::cli::stdout::say;

/// Prints the report; `accepted` are lines about the findings that the author accepts in `accept_file`.
pub fn print(report: &PromotionReport, accepted: &[String], accept_file: Option<&Path>) {
    let PromotionReport { conformance, search, comparison, .. } = report;
    print_scenarios("scenarios", conformance);
    print_scenes(search);
    say!("\nrecords: {} of {} decided the same way", comparison.same, comparison.replayed);
    for difference in &comparison.differences {
        say!("  {}", printable::line(&difference.line));
    }
    let listed = u64::try_from(comparison.differences.len()).unwrap_or(u64::MAX);
    if comparison.different() > listed {
        say!("  and {} more", comparison.different() - listed);
    }
    if let Some(file) = accept_file {
        say!("\naccepted in {}:", file.display());
        accepted.iter().for_each(|line| say!("  {}", printable::line(line)));
    }
    print_verdict(report);
}

fn print_verdict(report: &PromotionReport) {
    let others = report.refused_but_for_kinds();
    if report.promoted {
        say!("\npassed: the policy may become active");
    } else if others.is_empty() {
        say!("\npassed; to become active, it needs an acceptance of each kind of task without rules:");
        print_kinds(report);
    } else {
        say!("\nrefused:");
        others.iter().for_each(|because| say!("  {because}"));
        if !report.unaccepted_kinds().is_empty() {
            say!("and to become active, it needs an acceptance of each kind of task without rules:");
            print_kinds(report);
        }
    }
}

fn print_kinds(report: &PromotionReport) {
    let kinds: Vec<String> =
        report.unaccepted_kinds().into_iter().map(|kind| format!("--accept-failed {}", kind.name())).collect();
    say!("  {}", kinds.join(" "));
    if let Some(offered) = report.offered() {
        say!("or a promotion only for the kinds that it has rules for:\n  --for {}", offered.as_option());
    }
}

/// Prints the results of the author's own scenarios.
pub fn print_own(own: &Conformance) {
    print_scenarios("own scenarios", own);
}

fn print_scenarios(title: &str, Conformance { passed, failed }: &Conformance) {
    let (offered, not_offered): (Vec<_>, Vec<_>) = failed.iter().partition(|failed| failed.offered);
    say!("\n{title}: {} of {} passed", passed.len(), passed.len() + failed.len());
    for name in passed {
        say!("  passed  {}", printable::line(name));
    }
    for FailedScenario { name, expected, found, .. } in offered {
        say!("  FAILED  {}", printable::line(name));
        say!("            expected  {}", printable::line(expected));
        say!("            found     {}", printable::line(found));
    }
    if !not_offered.is_empty() {
        let kinds: BTreeSet<&str> = not_offered.iter().map(|failed| failed.kind.name()).collect();
        let kinds = kinds.into_iter().collect::<Vec<_>>().join(", ");
        say!("  not offered: {} scenarios of {kinds}, for which the policy has no rules", not_offered.len());
    }
}

fn print_scenes(SearchReport { faults, passed, failed }: &SearchReport) {
    let all = passed.len() + failed.len();
    say!("\nscenes of `swaparoo check`, {}: {} of {all} passed", most_faults(*faults), passed.len());
    for failed in failed {
        say!("  {}  {}", if failed.violation.is_some() { "WRONG  " } else { "UNKNOWN" }, printable::line(&failed.name));
        say!("            found     {}", printable::line(&failed.found));
        say!("            see       {}", printable::line(&command(failed)));
    }
}
