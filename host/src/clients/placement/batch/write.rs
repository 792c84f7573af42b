//! Sends merged writes, and sends each write alone if the merged one was refused.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::super::transport::{Transport, perform_now};
use crate::contract::{Effect, NewHolding, PostAllocations, Refusal, Reply, Silence};

/// Placement's code for a generation conflict.
const CONCURRENT_UPDATE: &str = "placement.concurrent_update";
/// The generation with which Placement creates a consumer's record before the first write.
const EMPTY_RECORD: u32 = 0;

/// A write of one task.
#[derive(Debug)]
pub struct Write {
    pub post: PostAllocations,
    pub transport: Arc<dyn Transport>,
    /// The request id of the task, if known.
    pub request_id: Option<Arc<str>>,
    pub caller: oneshot::Sender<Reply>,
}

/// Sends these writes, and sends each caller its own reply. Writes whose caller was dropped before are not sent.
pub async fn send(mut writes: Vec<Write>) {
    writes.retain(|write| !write.caller.is_closed());
    let Some(first) = writes.first() else { return };
    #[expect(clippy::cast_precision_loss, reason = "as many as placement.batch allows")]
    metrics::histogram!("swaparoo_placement_post_writes").record(writes.len() as f64);
    let reply = if writes.len() == 1 { post(first, &first.post).await } else { together(first, &writes).await };
    let refused = (writes.len() > 1).then(|| status_of_none_done(&reply)).flatten();
    for write in writes {
        let reply = match refused {
            Some(status) => alone(&write, status == 400).await,
            None => reply.clone(),
        };
        // The caller may have been dropped meanwhile; the task then finds out the result by a read.
        let _ = write.caller.send(reply);
    }
}

async fn together(first: &Write, writes: &[Write]) -> Reply {
    let tasks: Vec<&str> = writes.iter().filter_map(|write| write.request_id.as_deref()).collect();
    tracing::debug!(writes = writes.len(), request_id = first.request_id.as_deref(), on_behalf_of = ?tasks, "merged writes");
    let consumers = writes.iter().flat_map(|write| &write.post.consumers).cloned().collect();
    let reply = post(first, &PostAllocations { consumers }).await;
    if let Some(status) = status_of_none_done(&reply) {
        tracing::debug!(
            writes = writes.len(),
            request_id = first.request_id.as_deref(),
            status,
            "refused: sending each write alone"
        );
    }
    reply
}

/// The status of an answer that means that no write was done, and that may be because of one of them. A front end's
/// limit (429) would refuse each of them, too.
fn status_of_none_done(reply: &Reply) -> Option<u16> {
    match reply {
        Reply::Refused(refusal) => Some(refusal.status),
        Reply::Foreign(foreign) if (300..500).contains(&foreign.status) && foreign.status != 429 => {
            Some(foreign.status)
        }
        _ => None,
    }
}

/// Sends a write alone after a merged write was refused. If another entry named an unknown provider, the new consumers
/// of this write may have empty records now; the write then uses the generation of these records.
async fn alone(write: &Write, may_have_records: bool) -> Reply {
    let reply = post(write, &write.post).await;
    if !(may_have_records && is_conflict(&reply)) {
        return reply;
    }
    let Some(taking_over) = taking_over(&write.post) else { return reply };
    match post(write, &taking_over).await {
        again if is_conflict(&again) => reply,
        again => again,
    }
}

/// The same write, with the generation of an empty record for each new consumer.
fn taking_over(post: &PostAllocations) -> Option<PostAllocations> {
    post.consumers.iter().any(|new| new.generation.is_none()).then(|| {
        let take = |new: &NewHolding| NewHolding { generation: new.generation.or(Some(EMPTY_RECORD)), ..new.clone() };
        PostAllocations { consumers: post.consumers.iter().map(take).collect() }
    })
}

fn is_conflict(reply: &Reply) -> bool {
    matches!(reply, Reply::Refused(Refusal { status: 409, code, .. }) if code == CONCURRENT_UPDATE)
}

async fn post(write: &Write, post: &PostAllocations) -> Reply {
    let effect = Effect::PostAllocations(post.clone());
    let reply = perform_now(&*write.transport, &effect).await;
    reply.unwrap_or_else(|| Reply::Unreachable(Silence { detail: "Placement does not answer this effect".into() }))
}
