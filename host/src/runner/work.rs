//! One task at work, from where it is to its end.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use tracing::Instrument;

use super::Runner;
use super::follower::Follower;
use super::live::{Live, Phase};
use super::room::Place;
use crate::contract::{Effect, Exchange, Outcome, Reply, Silence};
use crate::drive::{Run, Witness, go_on};
use crate::failure::Failure;
use crate::journal::{Entry, Event, Opened, now};
use crate::library::Ended;
use crate::policy::Policy;
use crate::record::End;
use crate::world::{Nova, World};

/// What it takes to go on with a task.
pub struct Work {
    pub live: Arc<Live>,
    pub policy: Arc<Policy>,
    pub opened: Opened,
    pub history: Vec<Exchange>,
    /// Effects that were about to be sent when the process died; nobody knows whether they were.
    pub pending: Vec<Effect>,
    /// Its place among the open tasks.
    pub place: Arc<Place>,
    /// How long it rests before it goes on.
    pub rest: Duration,
}

impl Runner {
    /// Lets a task go on.
    pub(super) fn begin(&self, work: Work) {
        let (runner, live) = (self.clone(), work.live.clone());
        let span = tracing::info_span!(
            "task",
            id = live.id,
            kind = work.opened.task.kind().name(),
            policy = work.policy.description().name,
            request_id = work.opened.request_id
        );
        let at_work = self.0.stop.at_work();
        metrics::gauge!("swaparoo_tasks_open").increment(1);
        let whole = async move {
            if AssertUnwindSafe(runner.work(work)).catch_unwind().await.is_err() {
                runner.broken(&live).await;
            }
            metrics::gauge!("swaparoo_tasks_open").decrement(1);
            drop(at_work);
        };
        self.0.ground.threads.spawn(whole.instrument(span));
    }

    async fn work(&self, work: Work) {
        let Work { live, policy, opened, history, pending, place, rest } = work;
        let connected = tokio::select! {
            connected = self.0.ground.upstream.connected() => connected,
            // Nothing has happened since the start.
            () = self.0.stop.here(&live) => return,
        };
        let nova = match (opened.server, connected.nova) {
            (Some(state), _) => Nova::Told(state),
            (None, Some(cloud)) => Nova::Cloud(cloud),
            (None, None) => Nova::Nobody,
        };
        let placement = connected.placement.on_behalf_of(&opened.request_id);
        let world = World { placement, nova, desk: Some(live.desk.clone()) };
        let mut follower = Follower {
            live: live.clone(),
            task: opened.task.clone(),
            policy: policy.clone(),
            shadow: self.library().shadow(),
            shadow_time: Duration::ZERO,
            too_slow: None,
            library: self.library().clone(),
            shadowed: None,
            exchanges: history.len(),
            place: place.clone(),
        };
        let began = Instant::now();
        let run = {
            let going = async {
                tokio::time::sleep(rest).await;
                go(&live, &world, &policy, &opened, history, pending, &mut follower).await
            };
            tokio::select! {
                run = going => Some(run),
                () = self.0.stop.here(&live) => None,
            }
        };
        let Some(run) = run else {
            // The next start goes on from here.
            live.ledger.flush_once().await;
            return;
        };
        let Run { history, end, .. } = run;
        follower.ended(End::of(&end)).await;
        // Before anybody hears of the end: whoever then asks for the next task finds room.
        drop((follower, place));
        self.ended(&live, &opened, &policy, &history, &end, began).await;
    }

    async fn ended(
        &self,
        live: &Live,
        opened: &Opened,
        policy: &Policy,
        history: &[Exchange],
        end: &Result<Outcome, Failure>,
        began: Instant,
    ) {
        let (state, outcome) = match end {
            Ok(outcome) => ("finished", outcome.name().to_owned()),
            Err(failure) => ("failed", failure.code()),
        };
        let (kind, name) = (opened.task.kind().name(), policy.description().name.clone());
        tracing::info!(state, outcome, "task ended");
        metrics::counter!("swaparoo_tasks_total", "kind" => kind, "state" => state, "outcome" => outcome, "policy" => name)
            .increment(1);
        metrics::histogram!("swaparoo_task_seconds", "kind" => kind).record(began.elapsed().as_secs_f64());
        // Before anybody hears of the end: whoever asks for the next task gets rules that work.
        let began_so = opened.policy.digest == policy.digest().to_string();
        let ended = Ended { task: &opened.task, began_so, history, failure: end.as_ref().err() };
        self.library().ended(policy, ended).await;
        self.live().remove(&live.id);
        live.leave();
        live.now(Phase::Ended);
    }

    /// A fault of the host's own: the task is left as it is, for a person to look at, and others go on.
    async fn broken(&self, live: &Live) {
        let why = "the host broke down in the middle of it; its log says where".to_owned();
        tracing::error!(task = live.id, "{why}");
        let number = self.journal().task(&live.id).await.ok().flatten().map(|summary| summary.entries);
        if let Some(number) = number {
            let entry = Entry { task: live.id.clone(), number, at: now(), event: Event::Parked(why) };
            if let Err(error) = self.journal().append(vec![entry]).await {
                tracing::error!(task = live.id, "{error}");
            }
        }
        self.live().remove(&live.id);
        if let Some(ticket) = live.ticket() {
            self.park(&live.id, ticket);
        }
        live.now(Phase::Parked);
    }
}

async fn go(
    live: &Live,
    world: &World,
    policy: &Policy,
    opened: &Opened,
    mut history: Vec<Exchange>,
    pending: Vec<Effect>,
    follower: &mut Follower,
) -> Run {
    if let Some(ticket) = live.ticket() {
        ticket.turn().await;
    }
    live.now(Phase::Running);
    if !pending.is_empty() {
        live.desk.asking(history.len(), &pending);
        let settled = settle(world, pending).await;
        follower.answered(&settled).await;
        history.extend(settled);
    }
    go_on(policy, &opened.task, history, world, follower).await
}

/// What became of effects that were about to be sent when the process died: a write is neither done nor not done until
/// a read tells, and what changes nothing is done again.
async fn settle(world: &World, pending: Vec<Effect>) -> Vec<Exchange> {
    let settle = async |effect: Effect| {
        let reply = if effect.is_write() {
            Reply::Lost(Silence { detail: "the service stopped before an answer was written down".into() })
        } else {
            world.perform(&effect).await
        };
        Exchange { effect, reply }
    };
    futures_util::future::join_all(pending.into_iter().map(settle)).await
}
