//! The task of a scenario: what its file says, and the usual values of the rest.

use serde_json::{Map, Value, json};

use crate::contract::{Effect, Exchange, MigrationType, Reply, SelectDestinations, Task};
use crate::fixture::{DESTINATION, MIGRATION, SERVER, SOURCE, live_migration, request_spec, resize};
use crate::{EffectFault, SimCloud};

/// The task with these fields. `"host_list": "selected"` stands for the scheduler's answer to the resize.
pub fn of(given: Map<String, Value>, cloud: &SimCloud) -> Result<Task, serde_json::Error> {
    let kind = given.get("kind").and_then(Value::as_str).unwrap_or_default();
    let mut task = usual(kind)?;
    for (field, value) in given {
        let value = if field == "host_list" && value == "selected" { selected(cloud)? } else { value };
        task.insert(field, value);
    }
    serde_json::from_str(&with_ids(serde_json::to_string(&task)?, cloud))
}

/// The exchanges after which the task goes on.
pub fn history(given: &[Value], cloud: &SimCloud) -> Result<Vec<Exchange>, serde_json::Error> {
    serde_json::from_str(&with_ids(serde_json::to_string(given)?, cloud))
}

/// The fields of a task of this kind: a resize, a live migration to a host that the scheduler selects, or the server and
/// its record. A move is from the server to its new record.
fn usual(kind: &str) -> Result<Map<String, Value>, serde_json::Error> {
    let task = match kind {
        "migrate" => serde_json::to_value(resize())?,
        "live-migrate" => serde_json::to_value(live_migration(None))?,
        "move" => json!({ "source": "{server}", "target": "{migration}", "target_is_new": true }),
        "replace" => json!({ "server": "{server}", "migration": "{migration}", "source_node": "{source}" }),
        "release" => json!({ "server": "{server}", "consumer": "{migration}" }),
        _ => json!({ "server": "{server}", "migration": "{migration}" }),
    };
    Ok(task.as_object().cloned().unwrap_or_default())
}

fn selected(cloud: &SimCloud) -> Result<Value, serde_json::Error> {
    // The hosts were selected before the first of them turned out to be unable to take the server.
    let mut cloud = cloud.clone().with_a_migration(MigrationType::Resize, "pre-migrating");
    cloud.nodes.iter_mut().for_each(|node| node.up = true);
    let select = SelectDestinations { server: SERVER.into(), request_spec: request_spec() };
    match cloud.answer(&Effect::SelectDestinations(select), EffectFault::Answered) {
        Reply::Selections(answer) => serde_json::to_value(answer.selections),
        _ => Ok(Value::Null),
    }
}

/// Replaces the names of ids.
fn with_ids(text: String, cloud: &SimCloud) -> String {
    ids(cloud).iter().fold(text, |text, (name, id)| text.replace(name, id))
}

fn ids(cloud: &SimCloud) -> [(&'static str, String); 4] {
    let provider = |host| cloud.node(host).map(|node| node.provider.clone()).unwrap_or_default();
    [
        ("{server}", SERVER.to_owned()),
        ("{migration}", MIGRATION.to_owned()),
        ("{source}", provider(SOURCE)),
        ("{destination}", provider(DESTINATION)),
    ]
}
