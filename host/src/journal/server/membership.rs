//! The runners that share the journal.

use std::collections::HashMap;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use sqlx::any::AnyRow;

use super::Server;
use super::connections::Connections;
use super::failure::Failure;
use super::read::{number, text};
use super::statement::Statement;
use crate::journal::{JournalError, RunnerRow};

const ENTER: &str =
    "INSERT INTO runners (id, name, url, beat, probed, state, taken) VALUES (?, ?, ?, 0, 0, 'alive', 0)";
const STOP: &str = "UPDATE runners SET state = 'stopped' WHERE id = ? AND state = 'alive'";
const ALL: &str = "SELECT id, name, url, beat, state, taken FROM runners ORDER BY id";
const TASKS: &str = "SELECT owner, COUNT(*) AS tasks FROM tasks WHERE state IN ('open', 'parked') GROUP BY owner";
const OF_TASK: &str = "SELECT runners.id AS id, runners.name AS name, runners.url AS url, runners.state AS state, \
    runners.taken AS taken FROM tasks JOIN runners ON runners.id = tasks.owner \
    WHERE tasks.id = ? AND tasks.state IN ('open', 'parked')";

impl Server {
    /// All runners, in the order of their starts.
    pub async fn runners(&self) -> Result<Vec<RunnerRow>, JournalError> {
        let tasks = self.connections.rows(&Statement::new(TASKS)).await?;
        let count = |row: &AnyRow| Ok((text(row, "owner")?, number(row, "tasks")?));
        let tasks = tasks.iter().map(count).collect::<Result<HashMap<_, _>, JournalError>>()?;
        let rows = self.connections.rows(&Statement::new(ALL)).await?;
        let runner = |row| {
            let mut runner = self.runner(row)?;
            runner.tasks = tasks.get(&runner.id).map_or(0, |count| u64::try_from(*count).unwrap_or_default());
            Ok(runner)
        };
        rows.iter().map(runner).collect()
    }

    /// The other runner to which this open task belongs.
    pub async fn other_runner_of(&self, task: &str) -> Result<Option<RunnerRow>, JournalError> {
        let rows = self.connections.rows(&Statement::new(OF_TASK).bind(task)).await?;
        let runner = rows.first().map(|row| self.runner(row)).transpose()?;
        Ok(runner.filter(|runner| !runner.is_this))
    }

    fn runner(&self, row: &AnyRow) -> Result<RunnerRow, JournalError> {
        let (id, taken) = (text(row, "id")?, u64::try_from(number(row, "taken")?).unwrap_or_default());
        let (name, url, state) = (text(row, "name")?, text(row, "url")?, text(row, "state")?);
        Ok(RunnerRow { is_this: id == self.me, id, name, url, state, taken, tasks: 0 })
    }
}

/// Enters this runner among the others.
pub async fn enter(connections: &Connections, me: &str, url: &str) -> Result<(), Failure> {
    connections.transaction(&[Statement::new(ENTER).bind(me).bind(name()).bind(url)]).await.map(drop)
}

/// The others may take the tasks of this runner at once.
pub async fn leave(connections: &Connections, me: &str) -> Result<(), Failure> {
    connections.transaction(&[Statement::new(STOP).bind(me)]).await.map(drop)
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
