//! All metrics with names, help texts and labels. Tests check dashboards and alerts against this list.

use metrics::Unit;

/// The definition of a metric.
#[derive(Debug, Clone)]
pub struct Metric {
    /// The name in Prometheus.
    pub name: &'static str,
    /// Counter, gauge or histogram.
    pub kind: MetricKind,
    /// The unit of its values.
    pub unit: Unit,
    /// The help text in `GET /metrics`.
    pub help: &'static str,
    /// The names of its labels.
    pub labels: &'static [&'static str],
}

/// The type of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricKind {
    /// A value that only grows.
    Counter,
    /// A value that goes up and down.
    Gauge,
    /// A distribution of values.
    Histogram,
}

/// Requests that were answered.
pub const HTTP_REQUESTS: &str = "swaparoo_http_requests_total";
/// Time from a request's head to its response's head.
pub const HTTP_REQUEST_SECONDS: &str = "swaparoo_http_request_seconds";
/// Tasks that entered a state.
pub const TASKS: &str = "swaparoo_tasks_total";
/// Time from a task's acceptance to its end.
pub const TASK_SECONDS: &str = "swaparoo_task_seconds";
/// Open tasks: neither ended nor parked.
pub const TASKS_OPEN: &str = "swaparoo_tasks_open";
/// Limit of open tasks.
pub const TASKS_OPEN_MAX: &str = "swaparoo_tasks_open_max";
/// Size of open tasks in memory, in bytes.
pub const TASKS_OPEN_BYTES: &str = "swaparoo_tasks_open_bytes";
/// Limit of that size, in bytes.
pub const TASKS_OPEN_BYTES_MAX: &str = "swaparoo_tasks_open_bytes_max";
/// Tasks that wait for a person.
pub const TASKS_PARKED: &str = "swaparoo_tasks_parked";
/// Time of one policy call.
pub const STEP_SECONDS: &str = "swaparoo_step_seconds";
/// Fuel of one policy call.
pub const STEP_FUEL: &str = "swaparoo_step_fuel";
/// Time of one request to Placement.
pub const PLACEMENT_REQUEST_SECONDS: &str = "swaparoo_placement_request_seconds";
/// Number of writes in one POST /allocations, which may combine several tasks.
pub const PLACEMENT_POST_WRITES: &str = "swaparoo_placement_post_writes";
/// Requests that Placement did not answer.
pub const PLACEMENT_ERRORS: &str = "swaparoo_placement_errors_total";
/// Time until a group of entries is durable.
pub const JOURNAL_COMMIT_SECONDS: &str = "swaparoo_journal_commit_seconds";
/// Size of the journal, in bytes.
pub const JOURNAL_BYTES: &str = "swaparoo_journal_bytes";
/// Limit of the journal's size, in bytes.
pub const JOURNAL_BYTES_MAX: &str = "swaparoo_journal_bytes_max";
/// Groups of entries that could not be written.
pub const JOURNAL_ERRORS: &str = "swaparoo_journal_errors_total";
/// Policy instances in use.
pub const INSTANCES_BUSY: &str = "swaparoo_instances_busy";
/// Steps of a policy in shadow, compared with the active policy.
pub const SHADOW_STEPS: &str = "swaparoo_shadow_steps_total";
/// Tasks that failed because of a fault of their policy.
pub const POLICY_TRAPS: &str = "swaparoo_policy_traps_total";
/// Rollbacks to the previous policy.
pub const POLICY_ROLLBACKS: &str = "swaparoo_policy_rollbacks_total";

/// Statements for the database of the journal.
pub const DATABASE_STATEMENTS: &str = "swaparoo_database_statements_total";
/// Transactions in the database of the journal.
pub const DATABASE_COMMITS: &str = "swaparoo_database_commits_total";
/// Runners that share the journal and are alive.
pub const RUNNERS: &str = "swaparoo_runners";
/// Tasks that this runner has taken from others.
pub const TASKS_TAKEN_OVER: &str = "swaparoo_tasks_taken_over_total";
/// Effects whose caller did not reply in time.
pub const QUESTIONS_GIVEN_UP: &str = "swaparoo_questions_given_up_total";

/// Findings of the service's last audit.
pub const ORPHANS: &str = "swaparoo_orphans";
/// The age of the service's last audit.
pub const AUDIT_AGE: &str = "swaparoo_audit_age_seconds";

/// Requests that the proxy answered.
pub const PROXY_REQUESTS: &str = "swaparoo_proxy_requests_total";
/// Moves among them.
pub const PROXY_MOVES: &str = "swaparoo_proxy_moves_total";

/// What the service's last audit could not look at.
pub const AUDIT_UNCHECKED: &str = "swaparoo_audit_unchecked";

/// All metrics.
pub const ALL: &[Metric] = &[
    counter(HTTP_REQUESTS, &["method", "route", "status"], "Requests answered, by route and status"),
    seconds(HTTP_REQUEST_SECONDS, &["method", "route"], "Time from a request's head to its response's head"),
    counter(TASKS, &["kind", "state", "outcome", "policy"], "Tasks that entered a state"),
    seconds(TASK_SECONDS, &["kind"], "Time from a task's acceptance to its end"),
    gauge(TASKS_OPEN, "Open tasks: neither ended nor parked"),
    gauge(TASKS_OPEN_MAX, "Limit of open tasks (tasks.open)"),
    gauge(TASKS_OPEN_BYTES, "Size of open tasks and their histories in memory, in bytes of JSON"),
    gauge(TASKS_OPEN_BYTES_MAX, "Limit of that size; above it new tasks are refused (tasks.open_bytes)"),
    gauge(TASKS_PARKED, "Tasks that wait for a person"),
    counter(QUESTIONS_GIVEN_UP, &["effect"], "Effects whose caller did not reply within tasks.caller_patience"),
    seconds(STEP_SECONDS, &["policy", "use"], "Time of one policy call, for a task or in shadow"),
    fuel(STEP_FUEL, &["policy"], "Fuel of one policy call"),
    seconds(PLACEMENT_REQUEST_SECONDS, &["method", "status"], "Time of one request to Placement"),
    writes(PLACEMENT_POST_WRITES, "Tasks' writes in one POST /allocations, without single writes after a refusal"),
    counter(PLACEMENT_ERRORS, &["kind"], "Requests that Placement did not answer: unsent or lost"),
    seconds(JOURNAL_COMMIT_SECONDS, &[], "Time until a group of journal entries is durable"),
    gauge(JOURNAL_BYTES, "Bytes in use by the journal"),
    gauge(JOURNAL_BYTES_MAX, "Limit of the journal's size (journal.max_size); new tasks are refused at 15/16 of it"),
    counter(JOURNAL_ERRORS, &[], "Groups of entries that could not be written to the journal"),
    Metric { labels: &["kind"], ..gauge(ORPHANS, "Leaks that the last audit of the service found and did not repair") },
    Metric {
        unit: Unit::Seconds,
        ..gauge(AUDIT_AGE, "Time since the last complete audit of the service ended; 0 if audit.every is not set")
    },
    gauge(AUDIT_UNCHECKED, "Parts of the cloud that the last audit of the service could not look at"),
    counter(PROXY_REQUESTS, &["method", "status"], "Requests that the proxy answered"),
    counter(PROXY_MOVES, &["mode", "result"], "Moves that the proxy saw, by its mode and by what became of them"),
    gauge(INSTANCES_BUSY, "Policy instances in use"),
    counter(
        SHADOW_STEPS,
        &["result"],
        "Steps of a policy in shadow: the same as the active policy's, different, too slow, or skipped",
    ),
    counter(POLICY_TRAPS, &["policy", "digest"], "Tasks that failed because of a fault of their policy"),
    counter(POLICY_ROLLBACKS, &[], "Rollbacks to the previous policy after faults of the active one"),
    counter(
        DATABASE_STATEMENTS,
        &["purpose"],
        "Statements for the journal's database, without BEGIN and COMMIT: for tasks, or for what runners share",
    ),
    counter(DATABASE_COMMITS, &["purpose"], "Transactions that change something in the journal's database"),
    gauge(RUNNERS, "Runners that share the database of the journal and were heard of lately, with this one"),
    counter(TASKS_TAKEN_OVER, &[], "Open tasks that this runner has taken from runners that stopped or died"),
];

const fn counter(name: &'static str, labels: &'static [&'static str], help: &'static str) -> Metric {
    Metric { name, kind: MetricKind::Counter, unit: Unit::Count, help, labels }
}

const fn gauge(name: &'static str, help: &'static str) -> Metric {
    Metric { name, kind: MetricKind::Gauge, unit: Unit::Count, help, labels: &[] }
}

const fn seconds(name: &'static str, labels: &'static [&'static str], help: &'static str) -> Metric {
    Metric { name, kind: MetricKind::Histogram, unit: Unit::Seconds, help, labels }
}

const fn fuel(name: &'static str, labels: &'static [&'static str], help: &'static str) -> Metric {
    Metric { name, kind: MetricKind::Histogram, unit: Unit::Count, help, labels }
}

const fn writes(name: &'static str, help: &'static str) -> Metric {
    Metric { name, kind: MetricKind::Histogram, unit: Unit::Count, help, labels: &[] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_prometheus() {
        let mut names: Vec<&str> = ALL.iter().map(|metric| metric.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ALL.len());
        for metric in ALL {
            let Metric { name, kind, unit, .. } = metric;
            assert!(name.starts_with("swaparoo_"), "{name}");
            assert_eq!(name.ends_with("_total"), *kind == MetricKind::Counter, "{name}");
            assert_eq!(name.ends_with("_seconds"), *unit == Unit::Seconds, "{name}");
        }
    }
}
