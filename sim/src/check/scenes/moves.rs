//! The moves of nova's conductor, each by itself and one after the other.

use swaparoo_placement::Invalid;

use super::{After, DeletionOrder, Scene, both, deletion, migrating, one};
use crate::SimCloud;
use crate::check::{Actor, OtherAction};
use crate::contract::{MigrationType, MoveTask, ReplaceTask, RevertTask, Task};
use crate::fixture::{MIGRATION, SERVER};

pub fn scenes() -> Result<Vec<Scene>, Invalid> {
    let all = [by_themselves()?, of_a_deleted_server()?, swap_and_back()?].concat();
    Ok(all.into_iter().map(Scene::with_writes_in_halves).collect())
}

fn by_themselves() -> Result<Vec<Scene>, Invalid> {
    let swap = Scene::new(
        "swap",
        "a migration record gets the server's allocations, and a user may delete the server",
        cold("pre-migrating")?,
        vec![one(replace()), deletion(DeletionOrder::Compute)],
    );
    let give_back = Scene::new(
        "give-back",
        "a migration failed; the server gets its allocations back, and a user may delete the server",
        cold("error")?.swapped(false)?,
        vec![one(revert()), deletion(DeletionOrder::Compute)],
    );
    Ok(vec![swap, give_back])
}

fn of_a_deleted_server() -> Result<Vec<Scene>, Invalid> {
    let local = Scene::new(
        "give-back-local-delete",
        "the same, but the compute service is down, so nova's API deletes the allocations before the server",
        cold("error")?.swapped(false)?,
        vec![one(revert()), deletion(DeletionOrder::Local)],
    );
    let mut cloud = cold("error")?.swapped(false)?.deleted();
    let mut scheduler = Actor::SCHEDULER;
    scheduler.act(&mut cloud, OtherAction::Claims);
    let claimed = Scene::new(
        "give-back-claimed",
        "a migration failed, its server was deleted, and the scheduler has claimed for the server after that",
        cloud,
        vec![one(revert())],
    );
    let beside = Scene::new(
        "give-back-beside-record",
        "a migration failed, and the record of an earlier one was never ended; reads may be refused",
        cold("error")?.with_an_unfinished_record().swapped(false)?,
        vec![one(revert())],
    );
    let itself = MoveTask { source: SERVER.into(), target: SERVER.into(), target_is_new: false };
    let itself = Scene::new(
        "move-to-itself",
        "a move of a server's allocations to the server itself; reads may be refused",
        SimCloud::with_a_server()?,
        vec![one(Task::Move(itself))],
    );
    Ok(vec![local, claimed, beside.with_refused_requests(), itself.with_refused_requests()])
}

fn swap_and_back() -> Result<Vec<Scene>, Invalid> {
    let tasks = || both(replace(), After::Finished, revert());
    let alive = Scene::new(
        "replace-then-revert",
        "the swap, and then the way back; requests of the swap may arrive during the way back or after it",
        cold("pre-migrating")?,
        vec![tasks()],
    );
    let deleted = Scene::new(
        "replace-then-revert-deleted",
        "the same, and a user may delete the server",
        cold("pre-migrating")?,
        vec![tasks(), deletion(DeletionOrder::Compute)],
    );
    Ok(vec![alive, deleted])
}

fn replace() -> Task {
    Task::Replace(ReplaceTask { server: SERVER.into(), migration: MIGRATION.into(), source_node: None })
}

fn revert() -> Task {
    Task::Revert(RevertTask { server: SERVER.into(), migration: MIGRATION.into() })
}

fn cold(status: &str) -> Result<SimCloud, Invalid> {
    migrating(MigrationType::Migration, status)
}
