//! A move that passes unchanged, with a log line, and a record, of what the policy would have done.

use axum::body::Bytes;
use axum::response::Response;
use http::StatusCode;
use http::request::Parts;
use tokio::runtime::Handle;
use uuid::Uuid;

use super::Proxy;
use super::count::{self, MoveResult};
use super::direction::Direction;
use super::dry_run::DryRun;
use super::move_request::{MoveRequest, amounts};
use crate::contract::{Effect, Holding, NewHolding, Task};
use crate::drive::drive;
use crate::engine::worker::blocking;
use crate::executor::{LiveExecutor, NovaSource};
use crate::http::config::ProxyMode;
use crate::record::{Beside, End, PolicyName, Record};

/// What the policy would have done.
struct Would {
    /// With the exchanges of the dry run. No write of it was sent.
    record: Record,
    /// Its first write, if it would have written.
    first_write: Option<Effect>,
}

impl Proxy {
    /// Reads both consumers, passes the request on, and asks the policy afterwards.
    pub(super) async fn observe(&self, head: Parts, body: Bytes, asked: MoveRequest) -> Response {
        let forward = &self.0.forward;
        let held = tokio::join!(forward.holding(&head, &asked.source), forward.holding(&head, &asked.target));
        let answer = forward.send(&head, body).await;
        let (proxy, status) = (self.clone(), answer.status());
        tokio::spawn(async move {
            let result = proxy.compare(&asked, held, status).await;
            count::moved(ProxyMode::Observe, result);
        });
        answer
    }

    async fn compare(
        &self,
        asked: &MoveRequest,
        held: (Option<Holding>, Option<Holding>),
        status: StatusCode,
    ) -> MoveResult {
        let (from, to, status) = (&asked.source, &asked.target, status.as_u16());
        let (Some(source), Some(target)) = held else {
            tracing::info!(from, to, status, "observed a move of a client that may not read its consumers");
            return MoveResult::Unknown;
        };
        if !asked.is_of(&source, &target) {
            tracing::info!(from, to, status, "observed a move whose consumers had changed: it would have passed too");
            return MoveResult::Same;
        }
        let target_is_new = match self.direction(asked).await {
            Direction::Swap => true,
            Direction::Back => false,
            Direction::Unknown => {
                tracing::info!(
                    from,
                    to,
                    status,
                    "observed a move of consumers that nova does not know: it would have passed too"
                );
                return MoveResult::Same;
            }
        };
        if target_is_new && status == 204 {
            self.0.seen.note(from, to);
        }
        let Some(would) = self.would(Task::Move(asked.task(target_is_new)), [source, target]).await else {
            return MoveResult::Unknown;
        };
        let same = would.first_write.as_ref().is_some_and(|write| is_same(write, asked));
        let end = would.record.end.name().unwrap_or_default().to_owned();
        let write = would.first_write.as_ref().map_or("nothing", Effect::name);
        let what = said(same);
        tracing::info!(from, to, status, target_is_new, end, write, "observed a move: {what}");
        self.record(would.record, status, same).await;
        if same { MoveResult::Same } else { MoveResult::Differs }
    }

    async fn would(&self, task: Task, holdings: [Holding; 2]) -> Option<Would> {
        let connected = self.0.runner.upstream().now().ok()?;
        let nova = connected.nova.map_or(NovaSource::None, |cloud| NovaSource::cloud(cloud, Some(&task)));
        let executor = LiveExecutor { placement: connected.placement, nova, caller: None };
        let (policy, runtime) = (self.0.runner.registry().active(task.kind()), Handle::current());
        // A policy may use much processor time, and other requests must not wait for it.
        let asked = blocking(move || {
            let dry_run = DryRun::new(executor, holdings);
            let run = runtime.block_on(drive(&policy, &task, &dry_run, &mut ()));
            let (id, policy_name, end) =
                (Uuid::new_v4().to_string(), PolicyName::from(policy.as_ref()), End::of(&run.end));
            let settings = policy.settings().cloned().map(Into::into);
            let record = Record { settings, ..Record::new(id, task, policy_name, run.history, end) };
            Would { record, first_write: dry_run.into_writes().into_iter().next() }
        });
        asked.await.inspect_err(|error| tracing::warn!("the policy was not asked: {error}")).ok()
    }

    /// Writes the record to the folder of `proxy.records`, if there is one.
    async fn record(&self, mut record: Record, status: u16, is_same: bool) {
        let Some(records) = self.0.records.clone() else { return };
        record.beside.push(client_did(&record, status, is_same));
        match blocking(move || records.write(&record, is_same)).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => tracing::warn!("an observed move has no record: {:#}", anyhow::Error::from(error)),
            Err(error) => tracing::warn!("an observed move has no record: {error}"),
        }
    }
}

fn said(same: bool) -> &'static str {
    if same { "the policy would have written the same" } else { "the policy would have done something else" }
}

/// The client's request, in the place of the policy's first write.
fn client_did(record: &Record, status: u16, is_same: bool) -> Beside {
    let before = record.history.iter().take_while(|exchange| !exchange.effect.is_write()).count() as u64;
    let what = format!(
        "sent POST /allocations for the whole move, and Placement answered {status}; the writes of this record were not \
         sent: {}",
        said(is_same)
    );
    Beside { after: before, actor: "the client of the proxy".to_owned(), what }
}

/// Whether a write leaves both consumers as the client's request does.
fn is_same(write: &Effect, asked: &MoveRequest) -> bool {
    let Effect::PostAllocations(post) = write else { return false };
    let wanted = |new: &NewHolding| {
        if new.consumer == asked.source {
            new.allocations.is_empty()
        } else {
            new.consumer == asked.target && amounts(&new.allocations) == amounts(asked.allocations())
        }
    };
    post.consumers.len() == 2 && post.consumers.iter().all(wanted)
}
