//! A move as a task of the runner.

use axum::body::Bytes;
use axum::response::Response;
use http::request::Parts;
use tokio::time::{Instant, timeout};

use super::answer::{Ended, done, not_decided, refusal, request_id};
use super::count::{self, MoveResult};
use super::direction::Direction;
use super::move_request::MoveRequest;
use super::{Client, Proxy};
use crate::contract::{ServerState, Task};
use crate::http::config::{ProxyConfig, ProxyFail, ProxyMode};
use crate::journal::JournalError;
use crate::runner::{Reader, Reservation, Submission, SubmitError};

impl Proxy {
    /// Decides a move. With its consumers locked, it first compares what they hold with what the client has read, because the
    /// client may have read it long ago: then Placement itself refuses the request.
    pub(super) async fn decide(
        &self,
        head: Parts,
        body: Bytes,
        asked: MoveRequest,
        config: &ProxyConfig,
        client: &Client,
    ) -> Response {
        let reservation = self.0.runner.reserve(asked.consumers());
        if timeout(config.wait, reservation.locked()).await.is_err() {
            let other = reservation.blocked_by().unwrap_or_default();
            count::moved(ProxyMode::Decide, MoveResult::Failed);
            return not_decided(&head, &format!("task {other} uses the consumers for {:?} already", config.wait));
        }
        if !self.is_current(&head, &asked).await {
            return self.pass(&head, body, MoveResult::Stale).await;
        }
        let has_nova = self.0.runner.upstream().now().is_ok_and(|connected| connected.nova.is_some());
        let target_is_new = match self.direction(&asked).await {
            Direction::Swap => true,
            Direction::Back if has_nova => false,
            // Without nova it is not known whether the server still exists.
            Direction::Back | Direction::Unknown => return self.pass(&head, body, MoveResult::Passed).await,
        };
        let task = Task::Move(asked.task(target_is_new));
        match self.run(&head, task, reservation, config).await {
            Ok(ended) => self.after_task(&head, body, &asked, target_is_new, ended, config, client).await,
            Err(error) => self.undecided(&head, body, &error.to_string(), may_run(&error), config).await,
        }
    }

    /// Whether the consumers hold what the client has read. The client's own headers are used, so that only a client that
    /// may use Placement can move anything.
    async fn is_current(&self, head: &Parts, asked: &MoveRequest) -> bool {
        let forward = &self.0.forward;
        let read = tokio::join!(forward.holding(head, &asked.source), forward.holding(head, &asked.target));
        matches!(read, (Some(source), Some(target)) if asked.is_of(&source, &target))
    }

    async fn run(
        &self,
        head: &Parts,
        task: Task,
        reservation: Reservation,
        config: &ProxyConfig,
    ) -> Result<Ended, SubmitError> {
        let runner = &self.0.runner;
        let has_nova = runner.upstream().now().is_ok_and(|connected| connected.nova.is_some());
        // No caller answers for nova here.
        let server = (!has_nova).then_some(ServerState::Unknown);
        let submission = Submission { task, server, key: None, request_id: request_id(head) };
        let id = runner.submit_reserved(submission, reservation).await?;
        let until = Instant::now() + config.answer;
        runner.wait_settled(&id, until.saturating_duration_since(Instant::now())).await;
        let task = runner
            .task(&id, Reader::Observer)
            .await?
            .ok_or_else(|| JournalError::new(format!("task {id} is not in the journal")))?;
        Ok(Ended::of(&task))
    }

    #[expect(clippy::too_many_arguments, reason = "all that is known of the request and of its task")]
    async fn after_task(
        &self,
        head: &Parts,
        body: Bytes,
        asked: &MoveRequest,
        is_swap: bool,
        ended: Ended,
        config: &ProxyConfig,
        client: &Client,
    ) -> Response {
        let unanswered = matches!(ended, Ended::Open(_)) || client.strong_count() == 0;
        if is_swap && matches!(ended, Ended::Done | Ended::Open(_)) {
            self.0.seen.note(&asked.source, &asked.target);
        }
        if is_swap && unanswered {
            self.0.after_care.wake(&asked.source, config.release_after);
        }
        match ended {
            Ended::Done => {
                count::moved(ProxyMode::Decide, MoveResult::Done);
                done(head)
            }
            Ended::Refused(by_placement) => {
                count::moved(ProxyMode::Decide, MoveResult::Refused);
                refusal(head, by_placement)
            }
            Ended::TooLate => self.pass(head, body, MoveResult::Stale).await,
            Ended::Undecided(why) => self.undecided(head, body, &why, false, config).await,
            Ended::Open(why) => self.undecided(head, body, &why, true, config).await,
        }
    }

    /// No policy has decided the move. If its task may still run, the request must not pass beside it.
    async fn undecided(&self, head: &Parts, body: Bytes, why: &str, may_run: bool, config: &ProxyConfig) -> Response {
        if config.fail == ProxyFail::Open && !may_run {
            tracing::warn!("a move passes without a decision (proxy.fail = \"open\"): {why}");
            return self.pass(head, body, MoveResult::FailedOpen).await;
        }
        count::moved(ProxyMode::Decide, MoveResult::Failed);
        not_decided(head, why)
    }

    async fn pass(&self, head: &Parts, body: Bytes, result: MoveResult) -> Response {
        count::moved(ProxyMode::Decide, result);
        self.0.forward.send(head, body).await
    }
}

/// Whether the task may be in the journal all the same.
fn may_run(error: &SubmitError) -> bool {
    matches!(error, SubmitError::Journal(error) if error.is_unknown())
}
