//! Which runner has the journal. No clocks are compared: a runner counts up its beat, and who waits for the journal
//! measures with its own clock for how long the beat does not change. That only decides when to take over; that nothing
//! goes wrong rests on the fence of each append.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use super::ServerOptions;
use super::connections::Connections;
use super::failure::Failure;
use super::read::{number, text};
use super::statement::Statement;
use crate::journal::{JournalError, OpenError};

/// How long a runner may be silent before another one takes its tasks.
const SILENCE: Duration = Duration::from_secs(15);
/// The pause between two looks at the beat, which is shorter than that between two beats.
const PAUSE: Duration = Duration::from_millis(500);

const ENTER: &str = "INSERT INTO runners (id, name, beat, probed, state) VALUES (?, ?, 0, 0, 'alive')";
const HOLDER: &str = "SELECT settings.value AS id, COALESCE(runners.name, '') AS name, COALESCE(runners.beat, 0) AS beat, \
    COALESCE(runners.state, '') AS state FROM settings LEFT JOIN runners ON runners.id = settings.value \
    WHERE settings.name = 'runner'";
const TAKE: &str = "UPDATE settings SET value = ? WHERE name = 'runner' AND value = ?";
const CLEAN: &str = "DELETE FROM runners WHERE state IN ('stopped', 'dead')";
const BURY: &str = "UPDATE runners SET state = 'dead' WHERE id = ? AND beat = ? AND state = 'alive'";
const TAKE_TASKS: &str = "UPDATE tasks SET owner = ?, epoch = epoch + 1 WHERE state IN ('open', 'parked')";
const FREE: &str = "UPDATE settings SET value = '' WHERE name = 'runner' AND value = ?";
const STOP: &str = "UPDATE runners SET state = 'stopped' WHERE id = ? AND state = 'alive'";

/// What to do while another runner has the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenHeld {
    /// Wait until it has ended.
    Wait,
    /// Give up, once its beat shows that it lives.
    Refuse,
}

/// The runner that has the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Holder {
    /// Empty if none has it.
    id: String,
    name: String,
    beat: i64,
    is_alive: bool,
}

/// A holder, and the uptime at which its beat was first seen to be this one.
struct Seen {
    holder: Holder,
    since: Duration,
}

/// Takes the journal, as soon as the runner that had it has stopped or was silent for [`SILENCE`].
///
/// # Errors
/// [`OpenError::Beats`] if another runner has it and beats, and this one is not to wait.
pub async fn take(
    options: &ServerOptions,
    connections: &Connections,
    me: &str,
    when_held: WhenHeld,
) -> Result<(), OpenError> {
    let failed = |failure: Failure| OpenError::of_server(options, &failure);
    let mut seen: Option<Seen> = None;
    loop {
        let holder = holder(connections).await.map_err(failed)?;
        if holder.id == me {
            return Ok(());
        }
        let before = seen.take().filter(|before| before.holder.id == holder.id);
        if before.as_ref().is_some_and(|before| before.holder.beat != holder.beat) && when_held == WhenHeld::Refuse {
            return Err(OpenError::Beats { database: options.to_string(), runner: holder.name });
        }
        let same = before.filter(|before| before.holder == holder);
        let now = same.unwrap_or_else(|| Seen { holder, since: uptime() });
        if !now.holder.is_alive || uptime().saturating_sub(now.since) >= SILENCE {
            match succeed(connections, me, &now.holder).await {
                Ok(()) => return Ok(()),
                // Another runner was faster, or it is not known whether it was done: look again.
                Err(failure) => tracing::debug!(%failure, "taking the journal"),
            }
        }
        seen = Some(now);
        tokio::time::sleep(PAUSE).await;
    }
}

/// Takes the journal and all open tasks after that runner, unless another one has taken it.
async fn succeed(connections: &Connections, me: &str, holder: &Holder) -> Result<(), Failure> {
    let mut statements = vec![
        Statement::new(TAKE).bind(me).bind(holder.id.as_str()).must_find(1),
        Statement::new(CLEAN),
        Statement::new(TAKE_TASKS).bind(me),
        Statement::new(ENTER).bind(me).bind(name()),
    ];
    if holder.is_alive {
        statements.push(Statement::new(BURY).bind(holder.id.as_str()).bind(holder.beat).must_find(1));
    }
    connections.transaction(&statements).await?;
    if holder.is_alive {
        tracing::warn!("the runner {} was not heard of for {SILENCE:?}: this one has taken its tasks", holder.name);
    }
    Ok(())
}

/// Gives the journal to the next runner.
pub async fn leave(connections: &Connections, me: &str) -> Result<(), Failure> {
    connections.transaction(&[Statement::new(FREE).bind(me), Statement::new(STOP).bind(me)]).await.map(drop)
}

/// The name of the runner that has the journal and has not stopped.
pub async fn name_of_holder(connections: &Connections) -> Result<Option<String>, Failure> {
    let holder = holder(connections).await?;
    Ok(holder.is_alive.then_some(holder.name))
}

async fn holder(connections: &Connections) -> Result<Holder, Failure> {
    let rows = connections.rows(&Statement::new(HOLDER)).await?;
    let row = rows.first().ok_or(Failure::Changed)?;
    let read = || -> Result<Holder, JournalError> {
        let is_alive = text(row, "state")? == "alive";
        Ok(Holder { id: text(row, "id")?, name: text(row, "name")?, beat: number(row, "beat")?, is_alive })
    };
    read().map_err(|error| Failure::Sql(sqlx::Error::Decode(error.into())))
}

/// The machine and the process, for operators.
fn name() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    format!("{} (process {})", host.trim(), std::process::id())
}

/// The time since the machine was started, which also runs while a virtual machine is suspended.
pub fn uptime() -> Duration {
    let time = clock_gettime(ClockId::Boottime);
    Duration::new(u64::try_from(time.tv_sec).unwrap_or_default(), u32::try_from(time.tv_nsec).unwrap_or_default())
}
