//! `alerts.yaml`: expressions, and that each alert has a severity, a duration, and instructions.

use std::collections::BTreeSet;

use promql_parser::util::parse_duration;
use serde_json::json;
use swaparoo::failure::Failure;
use yaml_rust2::{Yaml, YamlLoader};

use super::promql::{braced, has, read};
use super::{file, only};

/// All errors in a file of rules.
fn faults(text: &str) -> Vec<String> {
    let mut names = BTreeSet::new();
    let mut faults = Vec::new();
    for rule in rules(text) {
        let name = rule["alert"].as_str().unwrap_or_default();
        if name.is_empty() || !names.insert(name.to_owned()) {
            faults.push(format!("{name:?} is not a unique name"));
        }
        let of_rule = words(&rule).into_iter().chain(asked(&rule).err());
        faults.extend(of_rule.map(|fault| format!("{name}: {fault}")));
    }
    faults
}

/// Every rule of every group.
fn rules(text: &str) -> Vec<Yaml> {
    let documents = YamlLoader::load_from_str(text).unwrap();
    let groups = documents[0]["groups"].as_vec().unwrap().iter();
    groups.flat_map(|group| group["rules"].as_vec().unwrap().clone()).collect()
}

/// The parts that a rule lacks for its reader.
fn words(rule: &Yaml) -> Vec<String> {
    let mut faults = Vec::new();
    let annotations = &rule["annotations"];
    let long = |name: &str| annotations[name].as_str().is_some_and(|text| !text.trim().is_empty());
    for name in ["summary", "description"] {
        if !long(name) {
            faults.push(format!("has no {name}"));
        }
    }
    if !rule["labels"]["severity"].as_str().is_some_and(|how| ["critical", "warning", "info"].contains(&how)) {
        faults.push("is neither critical nor warning nor info".into());
    }
    let waits = rule["for"].as_str().map(|wait| parse_duration(wait).is_ok());
    if !(waits == Some(true) || waits.is_none() && long("at_once")) {
        faults.push("does not wait and does not say why (at_once)".into());
    }
    faults
}

/// Checks that the metrics of its expression exist, and that its texts use labels of the result.
fn asked(rule: &Yaml) -> Result<(), String> {
    let read = read(rule["expr"].as_str().unwrap_or_default())?;
    let texts = rule["annotations"].as_hash().into_iter().flat_map(|annotations| annotations.values());
    for inside in texts.filter_map(Yaml::as_str).flat_map(braced) {
        let label = inside.strip_prefix("$labels.").map(str::to_owned);
        has(&read.labels, label.as_ref()).map_err(|why| format!("{why} for its annotations"))?;
    }
    Ok(())
}

#[test]
fn the_alerts_use_existing_metrics() {
    let text = file("alerts.yaml");
    assert_eq!(faults(&text), Vec::<String>::new());
    assert!(rules(&text).len() > 10, "rules are missing, or were not found");
}

/// The codes of the urgent alert are the failures that the host marks as needing a person.
#[test]
fn the_urgent_alert_covers_all_failures_that_need_a_person() {
    let failures = [
        json!({ "kind": "leaked", "consumer": "c0ffee", "allocations": [] }),
        json!({ "kind": "undecided", "server": "c0ffee", "holdings": [] }),
        json!({ "kind": "unsettled", "write_at": 0, "holdings": [] }),
        json!({ "kind": "other", "code": "my-failure", "text": "look", "needs_operator": true }),
    ];
    let codes = failures.map(|failure| {
        let failure = Failure::of_policy(serde_json::from_value(failure).unwrap(), &[]);
        assert!(failure.needs_a_person(), "{}", failure.code());
        failure.label()
    });
    let asks = format!("outcome=~\"{}\"", codes.join("|"));
    assert!(file("alerts.yaml").contains(&asks) && file("dashboard.json").contains(&asks.replace('"', "\\\"")));
}

#[test]
fn a_wrong_alert_is_found_out() {
    const RIGHT: &str = r#"
groups:
  - name: some
    rules:
      - alert: Parked
        expr: swaparoo_tasks_parked > 0
        for: 5m
        labels: { severity: critical }
        annotations: { summary: "parked on {{ $labels.instance }}: {{ $value }}", description: resume it }
"#;
    assert_eq!(faults(RIGHT), Vec::<String>::new());
    let check = |right: &str, wrong: &str, fault: &str| {
        assert!(RIGHT.contains(right), "{right}");
        only(&faults(&RIGHT.replace(right, wrong)), fault);
    };
    check("alert: Parked", "record: parked", "is not a unique name");
    check("swaparoo_tasks_parked", "swaparoo_tasks_waiting", "swaparoo_tasks_waiting is not in the table");
    check(
        "swaparoo_tasks_parked",
        "swaparoo_tasks_parked{kind='move'}",
        "kind is not a label of swaparoo_tasks_parked",
    );
    check("swaparoo_tasks_parked", "swaparoo_policy_rollbacks_total", "is a counter");
    check("swaparoo_tasks_parked", "sum(swaparoo_tasks_parked)", "instance is not a label for its annotations");
    check("for: 5m", "for: soon", "does not wait and does not say why");
    check("        for: 5m\n", "", "does not wait and does not say why");
    check("severity: critical", "severity: loud", "is neither critical nor warning nor info");
    check("summary", "title", "has no summary");
    check("description: resume it", "description: ' '", "has no description");
    assert_eq!(faults(&RIGHT.replace("        for: 5m\n", "").replace("{ summary", "{ at_once: x, summary")), [""; 0]);
}
