//! Every metric: its name, what it counts, and what tells its series apart. Dashboards and alerts are held to this list.

use metrics::Unit;

/// A metric.
#[derive(Debug, Clone)]
pub struct Metric {
    /// As Prometheus knows it.
    pub name: &'static str,
    /// What it does.
    pub kind: Kind,
    /// In what it counts.
    pub unit: Unit,
    /// What it tells.
    pub help: &'static str,
    /// What tells its series apart.
    pub labels: &'static [&'static str],
}

/// What a metric does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Only grows.
    Counter,
    /// Goes up and down.
    Gauge,
    /// How values are spread.
    Histogram,
}

/// Requests answered.
pub const HTTP_REQUESTS: &str = "swaparoo_http_requests_total";
/// From a request's head to its answer's.
pub const HTTP_REQUEST_SECONDS: &str = "swaparoo_http_request_seconds";
/// Tasks that came into a state.
pub const TASKS: &str = "swaparoo_tasks_total";
/// From a task's opening to its end.
pub const TASK_SECONDS: &str = "swaparoo_task_seconds";
/// Tasks that have neither ended nor are parked.
pub const TASKS_OPEN: &str = "swaparoo_tasks_open";
/// How many may be.
pub const TASKS_OPEN_MAX: &str = "swaparoo_tasks_open_max";
/// How many bytes they have in memory.
pub const TASKS_OPEN_BYTES: &str = "swaparoo_tasks_open_bytes";
/// How many they may have.
pub const TASKS_OPEN_BYTES_MAX: &str = "swaparoo_tasks_open_bytes_max";
/// Those that wait for a person.
pub const TASKS_PARKED: &str = "swaparoo_tasks_parked";
/// One question to a policy.
pub const STEP_SECONDS: &str = "swaparoo_step_seconds";
/// The fuel that it took.
pub const STEP_FUEL: &str = "swaparoo_step_fuel";
/// One request to Placement.
pub const PLACEMENT_REQUEST_SECONDS: &str = "swaparoo_placement_request_seconds";
/// One POST /allocations that may be for several tasks.
pub const PLACEMENT_POST_WRITES: &str = "swaparoo_placement_post_writes";
/// Requests that Placement did not answer.
pub const PLACEMENT_ERRORS: &str = "swaparoo_placement_errors_total";
/// Until a group of entries is durable.
pub const JOURNAL_COMMIT_SECONDS: &str = "swaparoo_journal_commit_seconds";
/// How many bytes the journal takes.
pub const JOURNAL_BYTES: &str = "swaparoo_journal_bytes";
/// How many it may take.
pub const JOURNAL_BYTES_MAX: &str = "swaparoo_journal_bytes_max";
/// Groups of entries that the journal did not take.
pub const JOURNAL_ERRORS: &str = "swaparoo_journal_errors_total";
/// Policies' instances in use.
pub const INSTANCES_BUSY: &str = "swaparoo_instances_busy";
/// Steps of a shadow beside the active policy's.
pub const SHADOW_STEPS: &str = "swaparoo_shadow_steps_total";
/// Policies that broke down.
pub const POLICY_TRAPS: &str = "swaparoo_policy_traps_total";
/// Policies that gave way to the one before.
pub const POLICY_ROLLBACKS: &str = "swaparoo_policy_rollbacks_total";

/// See [`ALL`].
pub const QUESTIONS_GIVEN_UP: &str = "swaparoo_questions_given_up_total";

/// All of them.
pub const ALL: &[Metric] = &[
    counter(HTTP_REQUESTS, &["method", "route", "status"], "Requests answered, by route and status"),
    seconds(HTTP_REQUEST_SECONDS, &["method", "route"], "From a request's head to its answer's"),
    counter(TASKS, &["kind", "state", "outcome", "policy"], "Tasks that came into a state"),
    seconds(TASK_SECONDS, &["kind"], "From a task's opening to its end"),
    gauge(TASKS_OPEN, "Tasks on their way: neither ended nor parked"),
    gauge(TASKS_OPEN_MAX, "How many tasks may be on their way (tasks.open)"),
    gauge(TASKS_OPEN_BYTES, "Bytes, as JSON, of the tasks on their way and their histories, which are in memory"),
    gauge(TASKS_OPEN_BYTES_MAX, "How many bytes these may be before new tasks are refused (tasks.open_bytes)"),
    gauge(TASKS_PARKED, "Tasks that wait for a person"),
    counter(QUESTIONS_GIVEN_UP, &["effect"], "Questions whose caller was silent for longer than tasks.caller_patience"),
    seconds(STEP_SECONDS, &["policy", "use"], "One question to a policy, for a task or in shadow beside it"),
    fuel(STEP_FUEL, &["policy"], "Fuel of one question to a policy"),
    seconds(PLACEMENT_REQUEST_SECONDS, &["method", "status"], "One request to Placement"),
    writes(PLACEMENT_POST_WRITES, "Tasks' writes in one POST /allocations, those alone after a refusal left out"),
    counter(PLACEMENT_ERRORS, &["kind"], "Requests that Placement did not answer: unsent or lost"),
    seconds(JOURNAL_COMMIT_SECONDS, &[], "Until a group of entries is durable"),
    gauge(JOURNAL_BYTES, "Bytes of the journal that are in use"),
    gauge(JOURNAL_BYTES_MAX, "How many bytes these may be (journal.max_size); new tasks are refused at 15/16 of it"),
    counter(JOURNAL_ERRORS, &[], "Groups of entries that the journal did not take"),
    gauge(INSTANCES_BUSY, "Instances of policies in use"),
    counter(SHADOW_STEPS, &["result"], "Steps of a shadow that were the same as the active policy's, or not"),
    counter(POLICY_TRAPS, &["policy", "digest"], "Tasks that failed by their policy's own fault"),
    counter(POLICY_ROLLBACKS, &[], "Policies that gave way to the one before after faults of their own"),
];

const fn counter(name: &'static str, labels: &'static [&'static str], help: &'static str) -> Metric {
    Metric { name, kind: Kind::Counter, unit: Unit::Count, help, labels }
}

const fn gauge(name: &'static str, help: &'static str) -> Metric {
    Metric { name, kind: Kind::Gauge, unit: Unit::Count, help, labels: &[] }
}

const fn seconds(name: &'static str, labels: &'static [&'static str], help: &'static str) -> Metric {
    Metric { name, kind: Kind::Histogram, unit: Unit::Seconds, help, labels }
}

const fn fuel(name: &'static str, labels: &'static [&'static str], help: &'static str) -> Metric {
    Metric { name, kind: Kind::Histogram, unit: Unit::Count, help, labels }
}

const fn writes(name: &'static str, help: &'static str) -> Metric {
    Metric { name, kind: Kind::Histogram, unit: Unit::Count, help, labels: &[] }
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
            assert_eq!(name.ends_with("_total"), *kind == Kind::Counter, "{name}");
            assert_eq!(name.ends_with("_seconds"), *unit == Unit::Seconds, "{name}");
        }
    }
}
