//! Prints a task of a running service for a person.

use std::borrow::Cow;

use anyhow::Context;
use serde::de::DeserializeOwned;
use serde_json::Value;
use swaparoo::contract::{Exchange, Step};
use swaparoo::journal::Shadowed;
use swaparoo::{describe, printable};

use super::remote::text;
use super::stdout::say;

/// Prints the state, the history, what the task waits for, and its end.
pub fn show(task: &Value) -> anyhow::Result<()> {
    let [id, kind, state] = ["/id", "/kind", "/state"].map(|field| text(task, field));
    say!("{id}  {kind}, {state}");
    say!("  policy    {} {} (sha256 {})", text(task, "/policy/name"), text(task, "/policy/version"), digest(task));
    say!("  created   {}", text(task, "/created_at"));
    say!("  updated   {}", text(task, "/updated_at"));
    say!("  request   {}", text(task, "/request_id"));
    for (place, exchange) in list::<Exchange>(task, "/history")?.iter().enumerate() {
        say!("  {place:>3}  {}", describe::effect(&exchange.effect));
        say!("         -> {}", describe::reply(&exchange.reply));
    }
    for waiting in task.pointer("/waiting_for").and_then(Value::as_array).into_iter().flatten() {
        match text(waiting, "/kind").as_ref() {
            "breakpoint" => stopped(waiting),
            _ => say!("  waits for {}", serde_json::to_string(waiting)?),
        }
    }
    for shadowed in list::<Shadowed>(task, "/shadow")? {
        let Shadowed { digest, index, .. } = &shadowed;
        say!("  shadow    {} at {index}: {}", printable::line(short(digest)), would(&shadowed));
    }
    if end(task) != "-" {
        say!("  end       {}", end(task));
    }
    for (name, pointer) in [("detail", "/failure/detail"), ("parked", "/parked")] {
        if text(task, pointer) != "-" {
            say!("  {name:<9} {}", text(task, pointer));
        }
    }
    Ok(())
}

/// A task that a breakpoint has stopped, and how it goes on.
fn stopped(waiting: &Value) {
    let [id, by, until] = ["/breakpoint", "/set_by", "/until"].map(|field| text(waiting, field));
    let effects = waiting.pointer("/effects").and_then(Value::as_array).into_iter().flatten();
    let effects: Vec<_> = effects.filter_map(Value::as_str).collect();
    say!("  stopped   before {}, until {until}, by a breakpoint of {by}", printable::line(&effects.join(" and ")));
    say!("            it goes on before: swaparoo breakpoints remove {id}");
}

/// The outcome's kind or the failure's code; `-` if the task has not ended.
pub fn end(task: &Value) -> Cow<'_, str> {
    let ends = ["/outcome/kind", "/failure/code"].map(|pointer| text(task, pointer));
    ends.into_iter().find(|end| *end != "-").unwrap_or(Cow::Borrowed("-"))
}

fn list<T: DeserializeOwned>(task: &Value, pointer: &str) -> anyhow::Result<Vec<T>> {
    let list = task.pointer(pointer).cloned().unwrap_or_else(|| Value::Array(Vec::new()));
    serde_json::from_value(list).with_context(|| format!("the service's {pointer} is not understood; --json prints it"))
}

/// What the policy in shadow would have done at this step.
fn would(shadowed: &Shadowed) -> String {
    match (&shadowed.step, &shadowed.error) {
        (Some(Step::Perform(perform)), _) => {
            let effects: Vec<String> = perform.effects.iter().map(describe::effect).collect();
            format!("it would have asked to {}", effects.join(", and to "))
        }
        (Some(Step::Finished(finished)), _) => {
            format!("it would have finished: {}", describe::outcome(&finished.outcome))
        }
        (Some(Step::Failed(failed)), _) => {
            let (code, detail) = (failed.failure.code(), describe::failure(&failed.failure, &[]));
            format!("it would have failed: {code}, {}", printable::line(&detail))
        }
        (None, Some(error)) => format!("it failed with an error: {}", printable::line(error)),
        (None, None) => "it gave no step".to_owned(),
    }
}

fn digest(task: &Value) -> String {
    short(&text(task, "/policy/digest")).to_owned()
}

fn short(digest: &str) -> &str {
    digest.get(..12).unwrap_or(digest)
}
