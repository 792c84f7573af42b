//! `/readyz`: whether tasks would be accepted and could be executed.
//!
//! A check writes a task to the journal and asks Placement and Keystone. Only one check runs at a time, shared by all
//! requests that arrive meanwhile, and the number of checks is limited: beyond the limit a request gets the last
//! result.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::extract::State as With;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::Serialize;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};
use utoipa::ToSchema;

use super::Service;
use super::runners::ListedRunner;
use crate::http::{ApiError, Json};
use crate::journal::RunnerRow;
use crate::runner::{Connected, Missing, Runner};

/// Health checks time out quickly, so answer within this time.
const PATIENCE: Duration = Duration::from_millis(800);
/// One more check is allowed per interval.
const EACH: Duration = Duration::from_secs(1);
/// Unused checks accumulate up to this number, so that occasional requests always get a fresh result.
const SAVED: u32 = 5;

/// The dependencies, each `ok` or what is wrong with it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Ready {
    ready: bool,
    keystone: String,
    placement: String,
    journal: String,
    policy: String,
    /// The runners of the journal's database; empty if the journal belongs to one runner, or does not answer.
    runners: Vec<ListedRunner>,
}

/// Whether tasks would be accepted and could be executed: 503 if not.
#[utoipa::path(
    get, path = "/readyz", tag = "service",
    responses((status = 200, description = "yes", body = Ready), (status = 503, description = "not now", body = Ready),
        ApiError)
)]
pub async fn ready(With(service): With<Service>) -> Response {
    let Round { keystone, placement, journal, runners } = service.readiness.ask(&service.runner).await;
    let stopping = service.runner.is_stopping();
    let said = |what: PartState| what.map_or_else(|error| error, |()| "ok".to_owned());
    let ready = keystone.is_ok() && placement.is_ok() && journal.is_ok() && !stopping;
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let policy = if stopping { "the service is stopping".to_owned() } else { "ok".to_owned() };
    let [keystone, placement, journal] = [keystone, placement, journal].map(said);
    let runners = runners.into_iter().map(Into::into).collect();
    (status, Json(Ready { ready, keystone, placement, journal, policy, runners })).into_response()
}

/// The state of one dependency, or what is wrong with it.
type PartState = Result<(), String>;

/// The result of one check.
#[derive(Debug, Clone)]
struct Round {
    keystone: PartState,
    placement: PartState,
    journal: PartState,
    runners: Vec<RunnerRow>,
}

/// Runs the checks and limits how many run.
#[derive(Debug)]
pub struct Readiness {
    rounds: Mutex<Rounds>,
    /// Held while a check writes to the journal, so that a disk that hangs gets only one write.
    writing: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Debug)]
struct Rounds {
    last: Option<watch::Receiver<Option<Round>>>,
    saved: u32,
    since: Instant,
}

impl Default for Readiness {
    fn default() -> Self {
        let rounds = Rounds { last: None, saved: SAVED, since: Instant::now() };
        Self { rounds: Mutex::new(rounds), writing: Arc::default() }
    }
}

impl Readiness {
    async fn ask(&self, runner: &Runner) -> Round {
        let mut round = self.round(runner);
        let found = round.wait_for(Option::is_some).await.ok().and_then(|found| found.clone());
        let broken = || Err("the check was interrupted".to_owned());
        let runners = Vec::new();
        found.unwrap_or_else(|| Round { keystone: broken(), placement: broken(), journal: broken(), runners })
    }

    /// The check that is running, a new one, or, above the limit, the last one.
    fn round(&self, runner: &Runner) -> watch::Receiver<Option<Round>> {
        let mut rounds = self.rounds();
        let may_begin = rounds.may_begin();
        match &rounds.last {
            Some(last) if !may_begin || (last.borrow().is_none() && last.has_changed().is_ok()) => last.clone(),
            _ => {
                let (found, round) = watch::channel(None);
                rounds.saved = rounds.saved.saturating_sub(1);
                rounds.last = Some(round.clone());
                let (runner, writing) = (runner.clone(), self.writing.clone());
                tokio::spawn(async move { found.send(Some(look(&runner, writing).await)) });
                round
            }
        }
    }

    fn rounds(&self) -> MutexGuard<'_, Rounds> {
        self.rounds.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Rounds {
    fn may_begin(&mut self) -> bool {
        let passed = self.since.elapsed().as_secs();
        if passed > 0 {
            self.since += EACH * u32::try_from(passed).unwrap_or(u32::MAX);
            self.saved = self.saved.saturating_add(u32::try_from(passed).unwrap_or(SAVED)).min(SAVED);
        }
        self.saved > 0
    }
}

async fn look(runner: &Runner, writing: Arc<tokio::sync::Mutex<()>>) -> Round {
    let upstream = async {
        match runner.upstream().now() {
            Ok(connected) => tokio::join!(in_time(keystone(&connected)), in_time(placement(&connected))),
            Err(missing @ Missing::Keystone(_)) => {
                (not_yet(&missing), Err("not checked until Keystone answers".into()))
            }
            Err(missing @ Missing::Placement(_)) => (Ok(()), not_yet(&missing)),
        }
    };
    let runners = timeout(PATIENCE, runner.journal().runners());
    let ((keystone, placement), journal, runners) = tokio::join!(upstream, in_time(journal(runner, writing)), runners);
    Round { keystone, placement, journal, runners: runners.ok().and_then(Result::ok).unwrap_or_default() }
}

fn not_yet(missing: &Missing) -> PartState {
    Err(format!("not reached since the service started: {missing}"))
}

async fn in_time(part: impl Future<Output = PartState>) -> PartState {
    let slow = || Err(format!("no answer within {} ms", PATIENCE.as_millis()));
    timeout(PATIENCE, part).await.unwrap_or_else(|_| slow())
}

/// A timeout does not cancel the write during the commit: the request reports a timeout, and the next write starts only
/// after this one.
async fn journal(runner: &Runner, writing: Arc<tokio::sync::Mutex<()>>) -> PartState {
    let (alone, journal) = (writing.lock_owned().await, runner.journal().clone());
    let written = tokio::spawn(async move {
        let written = journal.ready().await;
        drop(alone);
        written
    });
    written.await.map_err(|error| error.to_string())?.map_err(|error| error.to_string())?;
    runner.has_room().await.map_err(|error| error.to_string())
}

/// Whether a request could get a token now; always true if Keystone is not used.
async fn keystone(connected: &Connected) -> PartState {
    match &connected.nova {
        Some(cloud) => cloud.token().await.map(drop).map_err(|error| error.to_string()),
        None => Ok(()),
    }
}

/// Placement's list of versions, which needs no token.
async fn placement(connected: &Connected) -> PartState {
    connected.placement.versions().await.map(drop).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn checks_are_limited_to_one_a_second_after_a_burst() {
        let mut rounds = Rounds { last: None, saved: SAVED, since: Instant::now() };
        let mut begun = async |seconds: u64| {
            tokio::time::advance(Duration::from_secs(seconds)).await;
            let mut begun = 0;
            while rounds.may_begin() {
                rounds.saved -= 1;
                begun += 1;
            }
            begun
        };
        assert_eq!([begun(0).await, begun(0).await, begun(1).await, begun(3).await, begun(60).await], [5, 0, 1, 3, 5]);
    }
}
