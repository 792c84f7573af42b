//! `/v1/runners`: the runners that share the journal.

use axum::extract::State as With;
use serde::Serialize;
use utoipa::ToSchema;

use super::Service;
use crate::http::{ApiError, Json};
use crate::journal::RunnerRow;

/// The runners of one database.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Runners)]
pub struct RunnerList {
    /// In the order of their starts; empty if the journal belongs to one runner alone.
    runners: Vec<ListedRunner>,
}

/// A runner.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Runner)]
pub struct ListedRunner {
    /// Its id, new at each start.
    id: String,
    /// Its machine and process.
    name: String,
    /// Where other runners reach it; null if nowhere.
    url: Option<String>,
    /// `alive`, `stopped`, or `dead` if the others did not hear of it for 15 s. One that has ended is listed for ten minutes.
    #[schema(pattern = "^(alive|stopped|dead)$")]
    state: String,
    /// How many open tasks it has.
    open_tasks: u64,
    /// How many of its tasks other runners have taken after its end.
    taken_over: u64,
    /// Whether it has given this answer.
    answered: bool,
}

impl From<RunnerRow> for ListedRunner {
    fn from(row: RunnerRow) -> Self {
        let RunnerRow { id, name, url, state, taken, tasks, is_this } = row;
        let url = Some(url).filter(|url| !url.is_empty());
        Self { id, name, url, state, open_tasks: tasks, taken_over: taken, answered: is_this }
    }
}

/// The runners that share the database of this one's journal.
#[utoipa::path(
    get, path = "/v1/runners", tag = "service", operation_id = "list_runners",
    responses((status = 200, description = "the runners", body = RunnerList), ApiError)
)]
pub async fn list(With(service): With<Service>) -> Result<Json<RunnerList>, ApiError> {
    let runners = service.runner.journal().runners().await?;
    Ok(Json(RunnerList { runners: runners.into_iter().map(Into::into).collect() }))
}
