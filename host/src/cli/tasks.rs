//! `swaparoo tasks`: the tasks of a running service.

use std::borrow::Cow;

use clap::Subcommand;
use reqwest::{Method, Url};
use serde_json::{Value, json};
use swaparoo::canonical::Canonical;

use super::Exit;
use super::remote::{Remote, text};
use super::render_task::{self, end};
use super::stdout::{self, say};

#[derive(Debug, Subcommand)]
pub enum TasksCommand {
    /// List tasks, newest first
    List {
        /// Only tasks in this state: open, queued, running, waiting, parked, finished or failed
        #[arg(long)]
        state: Option<String>,
        /// Only tasks of this consumer
        #[arg(long, value_name = "UUID")]
        consumer: Option<Canonical>,
        /// Only tasks with this end: an outcome's kind, such as moved, or a failure's code, such as leaked
        #[arg(long)]
        outcome: Option<String>,
        /// Maximum number of tasks, up to 1000
        #[arg(long, default_value_t = 100)]
        limit: u32,
        /// Only tasks older than this one: the last task of the previous page
        #[arg(long, value_name = "UUID")]
        marker: Option<Canonical>,
        /// Print the service's JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        remote: Remote,
    },
    /// Show one task: its state, what it waits for, how it ended
    Show {
        /// The task's id
        id: Canonical,
        /// Print the service's JSON, including the history
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        remote: Remote,
    },
    /// Print a task's record, for `swaparoo replay`
    Record {
        /// The task's id
        id: Canonical,
        #[command(flatten)]
        remote: Remote,
    },
    /// Resume a parked task
    Resume {
        /// The task's id
        id: Canonical,
        /// Resume under this policy instead of the task's own
        #[arg(long, value_name = "SHA256")]
        policy: Option<String>,
        /// Allow a policy that is older than the newest version of it that was active
        #[arg(long, requires = "policy")]
        allow_older: bool,
        #[command(flatten)]
        remote: Remote,
    },
}

pub async fn run(command: TasksCommand) -> anyhow::Result<Exit> {
    match command {
        TasksCommand::List { state, consumer, outcome, limit, marker, json, remote } => {
            let consumer = consumer.map(String::from);
            let kept = [("state", state), ("consumer", consumer), ("outcome", outcome)];
            let kept = kept.into_iter().chain([("limit", Some(limit.to_string()))]);
            let kept: Vec<_> = kept.filter_map(|(name, value)| Some((name, value?))).collect();
            let mut query = kept.clone();
            query.extend(marker.map(|marker| ("marker", marker.into())));
            let page = remote.query("/v1/tasks", &query).await?;
            let options = kept.iter().map(|(name, value)| format!(" --{name} {value}"));
            list(&page, json, &options.chain([remote.option()]).collect::<String>())
        }
        TasksCommand::Show { id, json, remote } => {
            show(&remote.json(Method::GET, &format!("/v1/tasks/{id}?observe=true"), None).await?, json)
        }
        TasksCommand::Record { id, remote } => {
            let record = remote.json(Method::GET, &format!("/v1/tasks/{id}/record"), None).await?;
            stdout::json(&record)?;
            Ok(Exit::Finished)
        }
        TasksCommand::Resume { id, policy, allow_older, remote } => {
            let body = json!({ "policy": policy, "allow_older": allow_older });
            show(&remote.json(Method::POST, &format!("/v1/tasks/{id}/resume"), Some(&body)).await?, false)
        }
    }
}

/// Prints a page; `options` are the options of this request without the marker, for the hint at the end.
fn list(page: &Value, json: bool, options: &str) -> anyhow::Result<Exit> {
    if json {
        stdout::json(page)?;
        return Ok(Exit::Finished);
    }
    say!("{:<36}  {:<8} {:<9} {:<24} {:<12} created", "id", "kind", "state", "end", "policy");
    for task in page.pointer("/tasks").and_then(Value::as_array).into_iter().flatten() {
        let [id, kind, state, created] = ["/id", "/kind", "/state", "/created_at"].map(|field| text(task, field));
        let is_stopped = text(task, "/waiting_for/0/kind") == "breakpoint";
        let state = if is_stopped { Cow::Borrowed("stopped") } else { state };
        say!("{id:<36}  {kind:<8} {state:<9} {:<24} {:<12} {created}", end(task), text(task, "/policy/name"));
    }
    if let Some(marker) = page.pointer("/next").and_then(Value::as_str).and_then(marker) {
        say!("there are more: swaparoo tasks list{options} --marker {marker}");
    }
    Ok(Exit::Finished)
}

/// The marker of the next page, from the URL that the service returned. It cannot be taken from the last task of this
/// page: the page is empty if all its tasks have changed their state meanwhile.
fn marker(next: &str) -> Option<String> {
    let next = Url::parse("http://swaparoo").and_then(|service| service.join(next)).ok()?;
    next.query_pairs().find(|(name, _)| name == "marker").map(|(_, value)| value.into_owned())
}

fn show(task: &Value, json: bool) -> anyhow::Result<Exit> {
    if json {
        stdout::json(task)?;
        return Ok(Exit::Finished);
    }
    render_task::show(task)?;
    Ok(Exit::Finished)
}
