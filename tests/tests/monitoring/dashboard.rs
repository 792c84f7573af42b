//! `dashboard.json`: expressions, legends, variables, and the grid.

use std::collections::BTreeSet;

use serde_json::Value;
use swaparoo::http::metrics::table::ALL;

use super::promql::{Read, braced, has, read};
use super::{file, only};

/// The width of Grafana's grid.
const COLUMNS: u64 = 24;

fn dashboard() -> Value {
    serde_json::from_str(&file("dashboard.json")).unwrap()
}

/// All errors in a dashboard.
fn faults(dashboard: &Value) -> Vec<String> {
    let (mut faults, mut shown) = (Vec::new(), BTreeSet::new());
    let panels = list(dashboard, "/panels");
    for panel in panels.iter().filter(|panel| panel["type"] != "row") {
        let mut of_panel = words(panel);
        for target in list(panel, "/targets") {
            match drawn(target) {
                Ok(read) => shown.extend(read.metrics),
                Err(fault) => of_panel.push(fault),
            }
        }
        faults.extend(of_panel.into_iter().map(|fault| format!("{}: {fault}", panel["title"])));
    }
    faults.extend(layout(panels));
    faults.extend(list(dashboard, "/templating/list").iter().filter_map(|one| variable(one).err()));
    let missing = ALL.iter().filter(|metric| !shown.contains(metric.name));
    faults.extend(missing.map(|metric| format!("{} is nowhere", metric.name)));
    faults
}

/// The parts that a panel lacks for its reader.
fn words(panel: &Value) -> Vec<String> {
    let needed = ["/title", "/description", "/fieldConfig/defaults/unit", "/targets/0/expr", "/targets/0/legendFormat"];
    let lacks = needed.iter().filter(|at| text(panel, at).is_empty());
    let mut faults: Vec<String> = lacks.map(|at| format!("has no {at}")).collect();
    if text(panel, "/datasource/uid") != "${datasource}" {
        faults.push("does not use the selected data source".into());
    }
    faults
}

/// Panels with a wrong position.
fn layout(panels: &[Value]) -> Vec<String> {
    let mut faults = Vec::new();
    for (index, one) in panels.iter().enumerate() {
        let [x, y, w, h] = place(one);
        if w == 0 || h == 0 || x + w > COLUMNS {
            faults.push(format!("{} is not on the grid", one["title"]));
        }
        for other in &panels[index + 1..] {
            let both = format!("{} and {}", one["title"], other["title"]);
            if one["id"] == other["id"] {
                faults.push(format!("{both} have the same id"));
            }
            let [a, b, c, d] = place(other);
            if x < a + c && a < x + w && y < b + d && b < y + h {
                faults.push(format!("{both} overlap"));
            }
        }
    }
    faults
}

/// Checks one query of a panel, and that its legend uses labels of the result.
fn drawn(target: &Value) -> Result<Read, String> {
    let expr = text(target, "/expr").replace("$__rate_interval", "5m").replace("$__range", "6h");
    let read = read(&expr)?;
    let legend: Vec<String> = braced(text(target, "/legendFormat")).collect();
    has(&read.labels, &legend).map_err(|why| format!("{why} of its legend's in {expr}"))?;
    Ok(read)
}

/// `label_values(SELECTOR, LABEL)`, which is a function of Grafana and not of PromQL.
fn variable(variable: &Value) -> Result<(), String> {
    if variable["type"] != "query" {
        return Ok(());
    }
    let query = text(variable, "/query/query");
    let inside = query.strip_prefix("label_values(").and_then(|rest| rest.strip_suffix(')'));
    let (selector, label) =
        inside.and_then(|inside| inside.rsplit_once(", ")).ok_or_else(|| format!("{query} is not label_values"))?;
    has(&read(selector)?.labels, [&label.to_owned()]).map_err(|why| format!("{why} in {query}"))
}

/// A panel's `x`, `y`, width and height.
fn place(panel: &Value) -> [u64; 4] {
    ["x", "y", "w", "h"].map(|side| panel["gridPos"][side].as_u64().unwrap_or_default())
}

fn list<'a>(of: &'a Value, at: &str) -> &'a [Value] {
    of.pointer(at).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn text<'a>(of: &'a Value, at: &str) -> &'a str {
    of.pointer(at).and_then(Value::as_str).unwrap_or_default()
}

#[test]
fn the_dashboard_uses_existing_metrics() {
    assert_eq!(faults(&dashboard()), Vec::<String>::new());
}

#[test]
fn a_wrong_dashboard_is_found_out() {
    let check = |at: &str, wrong: Value, fault: &str| {
        let mut dashboard = dashboard();
        *dashboard.pointer_mut(at).unwrap() = wrong;
        only(&faults(&dashboard), fault);
    };
    // Panel 1 shows `up`; 8 shows open tasks, like another panel; 6 ends at the grid's edge; only 19 shows rollbacks.
    check("/panels/1/title", "".into(), "has no /title");
    check("/panels/1/description", "".into(), "has no /description");
    check("/panels/1/fieldConfig/defaults/unit", "".into(), "has no /fieldConfig/defaults/unit");
    check("/panels/1/targets/0/legendFormat", "".into(), "has no /targets/0/legendFormat");
    check("/panels/1/datasource/uid", "mine".into(), "does not use the selected data source");
    check("/panels/1/targets/0/legendFormat", "{{kind}}".into(), "kind is not a label of its legend's");
    check("/panels/1/targets/0/expr", "swaparoo_up".into(), "swaparoo_up is not in the table");
    check("/panels/1/targets/0/expr", "up{kind=\"move\"}".into(), "kind is not a label of up");
    check("/panels/8/targets/0/expr", "swaparoo_tasks_total".into(), "is a counter");
    check("/panels/19/targets/0/expr", "sum(up)".into(), "swaparoo_policy_rollbacks_total is nowhere");
    check("/panels/2/id", 2.into(), "have the same id");
    check("/panels/2/gridPos/x", 3.into(), "overlap");
    check("/panels/6/gridPos/w", 5.into(), "is not on the grid");
    check("/templating/list/1/query/query", "label_values(swaparoo_tasks_open, kind)".into(), "kind is not a label");
}
