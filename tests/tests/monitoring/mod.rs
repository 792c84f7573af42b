//! Checks the dashboard and the alerts of `host/monitoring/` against the table of metrics. Otherwise a wrong name would
//! not be noticed: it gives an empty panel or an alert that never fires.

mod alerts;
mod dashboard;
mod promql;
mod result;

/// A file of the folder.
fn file(name: &str) -> String {
    let path = format!("{}/../host/monitoring/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Checks that exactly this fault is found.
fn only(faults: &[String], fault: &str) {
    assert!(faults.len() == 1 && faults[0].contains(fault), "not just `{fault}`, but {faults:#?}");
}

/// nova's command treats the claims of a running resize as orphans.
#[test]
fn no_alert_recommends_to_delete_what_novas_audit_calls_orphaned() {
    for name in ["dashboard.json", "alerts.yaml"] {
        assert!(!file(name).contains("placement audit") && !file(name).contains("nova-manage"), "{name}");
    }
}
