//! Repairs through a running service: it keeps them apart from other tasks of the same consumers, and continues them
//! after an interruption. A repair that runs in this process has neither.

use std::env;

use anyhow::Context;
use reqwest::Method;
use serde_json::Value;
use swaparoo::contract::{ServerState, Task};
use swaparoo::executor::LiveExecutor;
use swaparoo::record::End;
use uuid::Uuid;

use super::remote::Remote;
use super::stdout::complain;

/// The states of a task that has not ended and waits for no client.
const GOES_ON: [&str; 2] = ["queued", "running"];
/// The query for a request that waits until the task has changed.
const WAIT: &str = "?wait=60";

/// A running service that uses the Placement of a repair.
pub struct RepairService {
    remote: Remote,
}

impl RepairService {
    /// The service at the default socket, or where the environment says. `own` is the connection of this process, if
    /// options or variables name a Placement, and `only_here` an option that only this process understands. Standard
    /// error says where the repair runs, unless no service runs and the options name a Placement.
    pub async fn find(own: Option<&LiveExecutor>, only_here: Option<&str>) -> Option<Self> {
        let remote = Remote::of_environment();
        let place = remote.place().ok()?;
        let Ok(used) = remote.json(Method::GET, "/v1/placement", None).await else {
            if own.is_none() {
                complain(format_args!("no service answers at {place}: running here, without a journal"));
            }
            return None;
        };
        let theirs = used.get("endpoint").and_then(Value::as_str);
        let here = "running here, so nothing keeps this apart from the tasks of the service";
        match (own.map(|own| own.placement.shown_endpoint()), only_here) {
            (_, Some(option)) => complain(format_args!("{here} at {place}, because of {option}")),
            (Some(ours), _) if ours.is_none() || ours.as_deref() != theirs => complain(format_args!(
                "{here} at {place}: that service uses {}, and this command names {}",
                theirs.unwrap_or("a simulated Placement"),
                ours.as_deref().unwrap_or("a simulated Placement")
            )),
            _ => {
                complain(format_args!("running in the service at {place}, under its active policy"));
                return Some(Self { remote });
            }
        }
        None
    }

    /// Runs the task in the service, and returns it when it has ended, is parked, or waits for nova's conductor.
    pub async fn run(&self, task: &Task, server: Option<ServerState>) -> anyhow::Result<Value> {
        let mut body = serde_json::to_value(task)?;
        if let (Some(fields), Some(state)) = (body.as_object_mut(), server) {
            fields.insert("server_state".to_owned(), serde_json::to_value(state)?);
        }
        let key = Uuid::new_v4().to_string();
        let mut view = self.remote.create(&format!("/v1/tasks{WAIT}"), &body, &key).await?;
        while view.get("state").and_then(Value::as_str).is_some_and(|state| GOES_ON.contains(&state)) {
            let id = view.get("id").and_then(Value::as_str).context("the service's task has no id")?;
            view = self.remote.json(Method::GET, &format!("/v1/tasks/{id}{WAIT}"), None).await?;
        }
        Ok(view)
    }

    /// The record of a task that has ended.
    pub async fn record(&self, view: &Value) -> anyhow::Result<Value> {
        let id = view.get("id").and_then(Value::as_str).context("the service's task has no id")?;
        self.remote.json(Method::GET, &format!("/v1/tasks/{id}/record"), None).await
    }
}

/// How the service's task ended; `None` if it is parked, or waits for nova's conductor.
pub fn end(view: &Value) -> Option<End> {
    let part = |name: &str| view.get(name).filter(|part| !part.is_null()).cloned();
    part("outcome").map(End::Finished).or_else(|| part("failure").map(End::Failed))
}

/// Whether variables of the environment name a cloud.
pub fn is_cloud_in_environment() -> bool {
    ["OS_CLOUD", "OS_AUTH_URL"].iter().any(|name| env::var_os(name).is_some_and(|value| !value.is_empty()))
}
