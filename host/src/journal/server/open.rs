//! Opens the journal in a database.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use sqlx::Row;
use tokio::sync::watch;
use uuid::Uuid;

use super::beat::Beat;
use super::failure::Failure;
use super::order::Order;
use super::statement::Statement;
use super::{Server, ServerOptions, WhenHeld, lease, schema};
use crate::journal::OpenError;

/// 0 as a number of this type if there are no tasks.
const LARGEST: &str = "SELECT COALESCE(MAX(number), 0) AS number FROM tasks";

impl Server {
    /// Takes the journal in this database, and the open tasks of the runner that had it.
    ///
    /// # Errors
    /// [`OpenError::Database`], [`OpenError::Schema`], or [`OpenError::Beats`] if another runner uses it and this one
    /// is not to wait.
    pub async fn open(options: &ServerOptions, when_held: WhenHeld) -> Result<Self, OpenError> {
        let failed = |failure: Failure| OpenError::of_server(options, &failure);
        let connections = Arc::new(schema::connections(options)?);
        schema::check(options, &connections).await?;
        let me = Uuid::now_v7().to_string();
        lease::take(options, &connections, &me, when_held).await?;
        let lost = watch::Sender::new(false);
        let beat = Beat::start(connections.clone(), me.clone(), lost.clone());
        let rows = connections.rows(&Statement::new(LARGEST)).await.map_err(failed)?;
        let largest =
            rows.first().map(|row| row.try_get("number")).transpose().map_err(|error| failed(error.into()))?;
        let (epochs, order) = (Mutex::new(HashMap::new()), Order::after(largest.unwrap_or_default()));
        Ok(Self { connections, me, epochs, order, lost, beat })
    }
}
