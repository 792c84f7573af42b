//! Whether another policy can continue a parked task: it must decide the history so far in the same way. Otherwise the
//! task would end as `diverged`, for good, with what it has half done.

use serde_json::Value;

use super::restore::RestoredTask;
use crate::contract::{Exchange, Reply, Silence};
use crate::engine::{CallError, Policy};
use crate::record::{End, PolicyName, Record};
use crate::registry::promotion::parts;
use crate::replay::{Replay, replay};

/// Where the policy parts from the task's history, in words; `None` if it can continue the task.
pub fn parting(id: &str, restored: &RestoredTask, policy: &Policy) -> Result<Option<String>, CallError> {
    // Effects that were about to be sent belong to the history that the policy will see; replies to them are not compared.
    let silence = || Reply::Lost(Silence { detail: String::new() });
    let pending = restored.pending.iter().map(|effect| Exchange::new(effect.clone(), silence()));
    let history: Vec<Exchange> = restored.history.iter().cloned().chain(pending).collect();
    let length = history.len();
    let open = End::Failed(Value::Null);
    let record = Record::new(id.to_owned(), restored.opened.task.clone(), PolicyName::from(policy), history, open);
    Ok(match replay(&record, policy)? {
        Replay::Parts { index, recorded, would, reasons, .. } if index < length => {
            Some(parts(index, &recorded, &would, &reasons))
        }
        // It has followed the whole history. What it does next is its decision.
        Replay::Parts { .. } | Replay::Same { .. } => None,
    })
}
