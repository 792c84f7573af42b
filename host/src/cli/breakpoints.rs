//! `swaparoo breakpoints`: where the tasks of a running service stop before a write.

use std::time::Duration;

use clap::{ArgGroup, Args, Subcommand};
use reqwest::Method;
use serde_json::{Value, json};
use swaparoo::canonical::Canonical;
use swaparoo::http::config::parse_duration;
use swaparoo::printable;

use super::Exit;
use super::remote::{Remote, text};
use super::stdout::{self, say};

#[derive(Debug, Subcommand)]
pub enum BreakpointsCommand {
    /// Have the next task that fits stop before its next write
    ///
    /// A breakpoint stops one task, once. `swaparoo tasks show` and the page show what the task is about to send, and the page
    /// plays what each way leads to. The task goes on when the breakpoint is removed, or when its time is over. A breakpoint
    /// that has stopped no task is removed after 24 hours.
    Set(Set),
    /// List the breakpoints, and the tasks that they have stopped
    List {
        /// Print the service's JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        remote: Remote,
    },
    /// Remove a breakpoint; the task that it has stopped goes on
    Remove {
        /// The breakpoint's id
        id: Canonical,
        #[command(flatten)]
        remote: Remote,
    },
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("condition").required(true).multiple(true).args(["kind", "consumer", "rule", "effect"]))]
pub struct Set {
    /// Only tasks of this kind, such as replace
    #[arg(long)]
    kind: Option<String>,
    /// Only tasks that name this server or migration record
    #[arg(long, value_name = "UUID")]
    consumer: Option<Canonical>,
    /// Only a write for which the policy gives a reason with this code, such as target-is-new; the page shows the codes
    #[arg(long, value_name = "CODE")]
    rule: Option<String>,
    /// Only a write with this effect: post-allocations, put-allocations or delete-allocations
    #[arg(long, value_name = "NAME")]
    effect: Option<String>,
    /// After this time the task goes on by itself: 1s to 1h
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = wait)]
    wait: Duration,
    #[command(flatten)]
    remote: Remote,
}

pub async fn run(command: BreakpointsCommand) -> anyhow::Result<Exit> {
    match command {
        BreakpointsCommand::Set(Set { kind, consumer, rule, effect, wait, remote }) => {
            let body = json!({
                "kind": kind, "consumer": consumer, "rule": rule, "effect": effect, "seconds": wait.as_secs(),
            });
            let set = remote.json(Method::POST, "/v1/breakpoints", Some(&body)).await?;
            show(&set);
            say!("  undo      swaparoo breakpoints remove {}{}", text(&set, "/id"), remote.option());
        }
        BreakpointsCommand::List { json, remote } => {
            let all = remote.query("/v1/breakpoints", &[]).await?;
            if json {
                stdout::json(&all)?;
                return Ok(Exit::Finished);
            }
            let breakpoints = all.pointer("/breakpoints").and_then(Value::as_array).into_iter().flatten();
            let count = breakpoints.inspect(|one| show(one)).count();
            if count == 0 {
                say!("there are no breakpoints");
            }
        }
        BreakpointsCommand::Remove { id, remote } => {
            remote.json(Method::DELETE, &format!("/v1/breakpoints/{id}"), None).await?;
            say!("removed {id}");
        }
    }
    Ok(Exit::Finished)
}

/// A time that the service accepts.
fn wait(text: &str) -> Result<Duration, String> {
    let wait = parse_duration(text)?;
    let is_whole = wait.subsec_nanos() == 0 && (1..=3_600).contains(&wait.as_secs());
    is_whole.then_some(wait).ok_or_else(|| "it may be 1s to 1h, in whole seconds".to_owned())
}

/// One breakpoint, and the task that it has stopped.
fn show(one: &Value) {
    let conditions = ["kind", "consumer", "rule", "effect"]
        .map(|name| (name, one.pointer(&format!("/conditions/{name}")).and_then(Value::as_str)));
    let conditions: Vec<_> =
        conditions.iter().filter_map(|(name, value)| Some(format!("{name} {}", (*value)?))).collect();
    say!("{}  {}", text(one, "/id"), printable::line(&conditions.join(", ")));
    let seconds = one.pointer("/conditions/seconds").and_then(Value::as_u64).unwrap_or_default();
    say!("  waits     {seconds} s");
    say!("  set       {} by {}", text(one, "/set_at"), text(one, "/set_by"));
    let effects = one.pointer("/stopped/effects").and_then(Value::as_array).into_iter().flatten();
    let effects: Vec<_> = effects.filter_map(Value::as_str).collect();
    if !effects.is_empty() {
        let [task, until] = ["/stopped/task", "/stopped/until"].map(|field| text(one, field));
        say!("  stopped   task {task} before {}, until {until}", effects.join(" and "));
    }
}
