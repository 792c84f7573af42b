//! Copies a journal from a SQLite file.

use super::{Server, ServerOptions};
use crate::contract::TaskKind;
use crate::journal::{Entry, Event, Journal, JournalError, OpenError, TaskQuery};

/// Entries in one transaction.
const AT_ONCE: usize = 500;
/// Tasks in one page of the list.
const PAGE: u32 = 1_000;
/// Settings of the file itself.
const NOT_COPIED: [&str; 2] = ["commits", "ready"];

/// What was copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Imported {
    /// Tasks that were not there before.
    pub tasks: u64,
    /// Policies, which may have been there before.
    pub policies: u64,
}

/// Why an import ended early.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The database cannot be used.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// One of the journals failed.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// Copies everything from that journal into this database. What is there already stays, so an import that was interrupted can
/// be repeated. Open tasks go on at the runners that use the database.
///
/// # Errors
/// One of the journals fails, or a task has an entry that another version of the program wrote.
pub async fn import(from: &Journal, into: &ServerOptions) -> Result<Imported, ImportError> {
    let into = Server::without_runner(into).await?;
    let imported = everything(from, &into).await;
    into.close().await;
    Ok(imported?)
}

async fn everything(from: &Journal, into: &Server) -> Result<Imported, JournalError> {
    let mut imported = Imported::default();
    for meta in from.policies().await? {
        if let Some(policy) = from.policy(&meta.digest).await? {
            into.store_policy(&policy).await?;
            imported.policies += 1;
        }
    }
    let settings = from.settings().await?;
    let settings = settings.iter().filter(|(name, _)| !NOT_COPIED.contains(&name.as_str()));
    // The roles of kinds of task belong to `active`, which comes after them here, so that an interrupted import goes on.
    let has_roles = into.setting("active").await?.is_some();
    for (name, value) in settings.rev().filter(|(name, _)| !(has_roles && is_of_kind(name))) {
        if into.setting(name).await?.is_none() {
            into.set(&[(name.as_str(), Some(value.clone()))]).await?;
        }
    }
    imported.tasks = tasks(from, into).await?;
    Ok(imported)
}

/// Whether it is a setting of one kind of task.
fn is_of_kind(name: &str) -> bool {
    let kind = name.rsplit_once('/').map(|(_, kind)| kind);
    TaskKind::ALL.into_iter().any(|known| kind == Some(known.name()))
}

/// Copies the tasks in the order in which they were opened.
async fn tasks(from: &Journal, into: &Server) -> Result<u64, JournalError> {
    let mut ids = Vec::new();
    let mut page = TaskQuery { limit: PAGE, ..TaskQuery::default() };
    loop {
        let tasks = from.tasks(&page).await?;
        let Some(last) = tasks.last() else { break };
        page.before = Some(last.number);
        ids.extend(tasks.into_iter().map(|task| task.id));
    }
    let (mut copied, mut batch) = (0, Vec::new());
    for id in ids.into_iter().rev() {
        if into.task(&id).await?.is_some() {
            continue;
        }
        batch.extend(understood(&id, from.entries(&id).await?)?);
        copied += 1;
        if batch.len() >= AT_ONCE {
            into.append(&std::mem::take(&mut batch), &[]).await?;
        }
    }
    if !batch.is_empty() {
        into.append(&batch, &[]).await?;
    }
    Ok(copied)
}

fn understood(task: &str, entries: Vec<Entry>) -> Result<Vec<Entry>, JournalError> {
    for entry in &entries {
        if let Event::NotUnderstood(why) = &entry.event {
            let number = entry.number;
            return Err(JournalError::new(format!(
                "the entry {number} of task {task} is of another version of the program ({why}): import with that version"
            )));
        }
    }
    Ok(entries)
}
