//! Opens the journal in a database.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU32};
use std::sync::{Arc, Mutex};

use sqlx::Row;
use tokio::sync::watch;
use uuid::Uuid;

use super::beat::Beat;
use super::connections::{Connections, Purpose};
use super::failure::Failure;
use super::order::Order;
use super::statement::Statement;
use super::takeover::Silence;
use super::{Server, ServerOptions, membership, schema};
use crate::journal::OpenError;

/// 0 as a number of this type if there are no tasks.
const LARGEST: &str = "SELECT COALESCE(MAX(number), 0) AS number FROM tasks";

impl Server {
    /// Joins the runners that share the journal in this database.
    ///
    /// # Errors
    /// [`OpenError::Database`] or [`OpenError::Schema`].
    pub async fn open(options: &ServerOptions, url: &str) -> Result<Self, OpenError> {
        let mut server = Self::without_runner(options).await?;
        server.me = Uuid::now_v7().to_string();
        let entered = membership::enter(&server.background, &server.me, url).await;
        entered.map_err(|failure| OpenError::of_server(options, &failure))?;
        server.beat = Some(Beat::start(server.background.clone(), server.me.clone(), server.lost.clone()));
        Ok(server)
    }

    /// The journal as it is for an import: the tasks that it writes belong to no runner, so the next one that looks takes
    /// them.
    pub(super) async fn without_runner(options: &ServerOptions) -> Result<Self, OpenError> {
        let connections = schema::connections(options, Purpose::Tasks)?;
        let background = Arc::new(schema::connections(options, Purpose::Runners)?);
        schema::check(options, &connections).await?;
        let largest = largest(&connections).await.map_err(|failure| OpenError::of_server(options, &failure))?;
        Ok(Self {
            connections,
            background,
            me: String::new(),
            epochs: Mutex::new(HashMap::new()),
            order: Order::after(largest),
            lost: watch::Sender::new(false),
            beat: None,
            silence: Silence::default(),
            unlisted: AtomicBool::new(false),
            looks: AtomicU32::new(0),
        })
    }
}

async fn largest(connections: &Connections) -> Result<i64, Failure> {
    let rows = connections.rows(&Statement::new(LARGEST)).await?;
    Ok(rows.first().map(|row| row.try_get("number")).transpose()?.unwrap_or_default())
}
