//! Checks an expression against the table of metrics: every name, every label, and that counters are used with `rate`
//! or
//! `increase`.

use std::collections::BTreeSet;

use promql_parser::parser::{self, BinaryExpr, Expr, VectorSelector};
use swaparoo::http::metrics::table::{ALL, MetricKind};

use super::result;

pub type Labels = BTreeSet<String>;

/// The labels that Prometheus adds to every series.
const ADDED: [&str; 2] = ["job", "instance"];

/// The metrics and the result of a correct expression.
#[derive(Debug, Default)]
pub struct Read {
    /// Metrics of the table.
    pub metrics: BTreeSet<&'static str>,
    /// The labels of the result.
    pub labels: Labels,
}

/// Parses and checks an expression.
pub fn read(text: &str) -> Result<Read, String> {
    let of_this = |why: String| format!("{why} in {text}");
    let expr = parser::parse(text).map_err(of_this)?;
    let mut read = Read::default();
    read.labels = result::labels(&expr, &mut read.metrics).map_err(of_this)?;
    Ok(read)
}

/// How a selector is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// Inside `rate` or `increase`, or as a new series.
    Counted,
    /// Directly.
    AsItIs,
}

/// The labels of a selector's series.
pub fn selected(selector: &VectorSelector, used: Use, metrics: &mut BTreeSet<&'static str>) -> Result<Labels, String> {
    let name = selector.name.as_deref().ok_or("a selector without a name")?;
    let (grows, own) = series(name, metrics).ok_or_else(|| format!("{name} is not in the table"))?;
    match (grows, used) {
        (true, Use::AsItIs) => return Err(format!("{name} is a counter: use it with rate or increase")),
        (false, Use::Counted) => return Err(format!("{name} is not a counter: rate and increase need one")),
        _ => {}
    }
    let labels: Labels = own.into_iter().chain(ADDED).map(str::to_owned).collect();
    let alternatives = selector.matchers.or_matchers.iter().flatten();
    has(&labels, selector.matchers.matchers.iter().chain(alternatives).map(|matcher| &matcher.name))
        .map_err(|why| format!("{why} of {name}"))?;
    Ok(labels)
}

/// Checks that these labels exist.
pub fn has<'a>(labels: &Labels, named: impl IntoIterator<Item = &'a String>) -> Result<(), String> {
    match named.into_iter().find(|name| !labels.contains(*name)) {
        Some(name) => Err(format!("{name} is not a label")),
        None => Ok(()),
    }
}

/// Whether a metric is a counter, and its own labels.
fn series(name: &str, metrics: &mut BTreeSet<&'static str>) -> Option<(bool, Vec<&'static str>)> {
    if name == "up" {
        return Some((false, vec![]));
    }
    for metric in ALL {
        let part = name.strip_prefix(metric.name);
        let found = match (metric.kind, part) {
            (MetricKind::Counter, Some("")) | (MetricKind::Histogram, Some("_sum" | "_count")) => {
                (true, metric.labels.to_vec())
            }
            (MetricKind::Histogram, Some("_bucket")) => (true, [metric.labels, &["le"]].concat()),
            (MetricKind::Gauge, Some("")) => (false, metric.labels.to_vec()),
            _ => continue,
        };
        metrics.insert(metric.name);
        return Some(found);
    }
    None
}

/// The counter in `X unless X offset T`, which selects series that are newer than T. Their first event needs this form,
/// since `increase` does not see it.
pub fn newborn(binary: &BinaryExpr) -> Option<&VectorSelector> {
    let (Expr::VectorSelector(now), Expr::VectorSelector(before)) = (&*binary.lhs, &*binary.rhs) else { return None };
    let by_all = binary.modifier.as_ref().is_none_or(|modifier| modifier.matching.is_none());
    let same = now.name == before.name && now.matchers == before.matchers;
    let since = now.offset.is_none() && before.offset.is_some();
    (binary.op.to_string() == "unless" && by_all && same && since).then_some(now)
}

/// The labels in double braces in a text: `{{kind}}` in a legend, `{{ $labels.kind }}` in an annotation.
pub fn braced(text: &str) -> impl Iterator<Item = String> {
    text.split("{{").skip(1).filter_map(|rest| Some(rest.split_once("}}")?.0.trim().to_owned()))
}

#[test]
fn right_expressions_are_read() {
    let check = |text: &str, labels: &[&str]| {
        let wanted: Labels = labels.iter().map(|label| (*label).to_owned()).collect();
        assert_eq!(read(text).map(|read| read.labels), Ok(wanted), "{text}");
    };
    check("up == 0", &["job", "instance"]);
    check("swaparoo_tasks_open", &["job", "instance"]);
    check("sum(swaparoo_tasks_open) > 8000", &[]);
    check("sum by (kind) (rate(swaparoo_tasks_total{state=\"failed\"}[5m]))", &["kind"]);
    check("histogram_quantile(0.5, sum by (le, kind) (rate(swaparoo_task_seconds_bucket[5m])))", &["kind"]);
    let of_traps = ["job", "instance", "policy", "digest"];
    check("swaparoo_policy_traps_total unless swaparoo_policy_traps_total offset 1h", &of_traps);
    check("swaparoo_tasks_open unless on (job) sum by (job) (swaparoo_tasks_parked)", &["job", "instance"]);
    let read = read("sum(rate(swaparoo_step_fuel_sum[5m])) / sum(swaparoo_tasks_open)").unwrap();
    assert_eq!(Vec::from_iter(read.metrics), ["swaparoo_step_fuel", "swaparoo_tasks_open"]);
}

#[test]
fn wrong_expressions_are_found_out() {
    let check = |text: &str, fault: &str| {
        let found = read(text).map(|_| ()).unwrap_err();
        assert!(found.contains(fault), "{text}: {found}");
    };
    check("sum(rate(swaparoo_tasks_total[5m])", "");
    check("swaparoo_tasks_closed", "swaparoo_tasks_closed is not in the table");
    check("{job=\"swaparoo\"}", "a selector without a name");
    check("swaparoo_tasks_open_count", "swaparoo_tasks_open_count is not in the table");
    check("rate(swaparoo_task_seconds[5m])", "swaparoo_task_seconds is not in the table");
    check("swaparoo_tasks_total", "is a counter");
    check("sum by (kind) (swaparoo_task_seconds_count)", "is a counter");
    check("swaparoo_tasks_total unless swaparoo_journal_errors_total offset 1h", "is a counter");
    check("swaparoo_tasks_total unless swaparoo_tasks_total", "is a counter");
    check("increase(swaparoo_tasks_open[5m])", "is not a counter");
    check("swaparoo_tasks_open{kind=\"move\"}", "kind is not a label of swaparoo_tasks_open");
    check("rate(swaparoo_tasks_total{le=\"1\"}[5m])", "le is not a label of swaparoo_tasks_total");
    check("sum by (method) (rate(swaparoo_tasks_total[5m]))", "method is not a label");
    check("sum by (kind) (sum by (state) (rate(swaparoo_tasks_total[5m])))", "kind is not a label");
    check("sum(up) / on (job) sum by (job) (swaparoo_tasks_open)", "job is not a label");
    check("histogram_quantile(0.5, sum(rate(swaparoo_task_seconds_bucket[5m])))", "le is not a label");
    check("sum by (kind) (rate(swaparoo_task_seconds_sum[5m])) / sum(swaparoo_tasks_open)", "never match");
    check("label_replace(up, \"a\", \"b\", \"c\", \"d\")", "label_replace");
}
