//! `swaparoo tasks`: the tasks of a running service.

use clap::Subcommand;
use reqwest::Method;
use serde_json::{Value, json};
use swaparoo::canonical::Canonical;

use super::Exit;
use super::out::say;
use super::remote::{Remote, text};
use super::told::{self, end};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// List tasks, newest first
    List {
        /// Only those that are so: open, queued, running, waiting, parked, finished or failed
        #[arg(long)]
        state: Option<String>,
        /// Only those of this consumer
        #[arg(long, value_name = "UUID")]
        consumer: Option<Canonical>,
        /// At most this many
        #[arg(long, default_value_t = 100)]
        limit: u32,
        /// Print the service's JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        remote: Remote,
    },
    /// Show one task: how it stands, what it waits for, how it ended
    Show {
        /// Its id
        id: Canonical,
        /// Print the service's JSON, history and all
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        remote: Remote,
    },
    /// Print a task's record, for `swaparoo replay`
    Record {
        /// Its id
        id: Canonical,
        #[command(flatten)]
        remote: Remote,
    },
    /// Let a parked task go on
    Resume {
        /// Its id
        id: Canonical,
        /// Under this policy instead of its own
        #[arg(long, value_name = "SHA256")]
        policy: Option<String>,
        #[command(flatten)]
        remote: Remote,
    },
}

/// Runs it.
pub async fn run(command: Command) -> anyhow::Result<Exit> {
    match command {
        Command::List { state, consumer, limit, json, remote } => {
            let mut path = format!("/v1/tasks?limit={limit}");
            state.iter().for_each(|state| path.push_str(&format!("&state={state}")));
            consumer.iter().for_each(|consumer| path.push_str(&format!("&consumer={consumer}")));
            list(&remote.json(Method::GET, &path, None).await?, json)
        }
        Command::Show { id, json, remote } => {
            show(&remote.json(Method::GET, &format!("/v1/tasks/{id}"), None).await?, json)
        }
        Command::Record { id, remote } => {
            let record = remote.json(Method::GET, &format!("/v1/tasks/{id}/record"), None).await?;
            say!("{}", serde_json::to_string_pretty(&record)?);
            Ok(Exit::Finished)
        }
        Command::Resume { id, policy, remote } => {
            let body = json!({ "policy": policy });
            show(&remote.json(Method::POST, &format!("/v1/tasks/{id}/resume"), Some(&body)).await?, false)
        }
    }
}

fn list(page: &Value, json: bool) -> anyhow::Result<Exit> {
    if json {
        say!("{}", serde_json::to_string_pretty(page)?);
        return Ok(Exit::Finished);
    }
    say!("{:<36}  {:<8} {:<9} {:<24} {:<12} created", "id", "kind", "state", "end", "policy");
    for task in page.pointer("/tasks").and_then(Value::as_array).into_iter().flatten() {
        let [id, kind, state, created] = ["/id", "/kind", "/state", "/created_at"].map(|field| text(task, field));
        say!("{id:<36}  {kind:<8} {state:<9} {:<24} {:<12} {created}", end(task), text(task, "/policy/name"));
    }
    if page.pointer("/next").is_some_and(Value::is_string) {
        say!("there are more; see --limit");
    }
    Ok(Exit::Finished)
}

fn show(task: &Value, json: bool) -> anyhow::Result<Exit> {
    if json {
        say!("{}", serde_json::to_string_pretty(task)?);
        return Ok(Exit::Finished);
    }
    told::show(task)?;
    Ok(Exit::Finished)
}
