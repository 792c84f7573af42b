//! With its systemd unit and its real exit codes, the service restarts after temporary problems, and stays down if a
//! restart would not help.

use std::path::Path;
use std::process::{Command, ExitStatus};

use super::super::placement_fixture::PlacementFixture;
use super::super::serve::{Serve, change, command, configure};
use super::super::tasks::{new, swap};
use super::disk::Disk;
use super::systemd_unit::SystemdUnit;

/// A service whose journal is on that disk.
fn service(folder: &Path, disk: &Disk) -> Command {
    disk.sees(&command(folder))
}

fn configured(folder: &Path, placement: &PlacementFixture) {
    configure(folder, &placement.proxy.url(), "");
    let journal = folder.join("journal.db");
    change(folder, &format!("{journal:?}"), &format!("{:?}", folder.join("disk/journal.db")));
}

async fn moves(serve: &Serve, placement: &PlacementFixture) {
    let moved = serve.post("/v1/tasks?wait=30", &swap(&placement.holder().await, &new())).await;
    assert_eq!(moved.end(), ("finished", "moved"), "{}", moved.body);
}

/// Starts the service with its unit: it fails twice, `mended` is called, and the third start succeeds.
fn comes_back(folder: &Path, disk: &Disk, mended: impl Fn()) {
    let mut failed = 0;
    let starts = SystemdUnit::read().supervise(
        || service(folder, disk),
        |ended: ExitStatus| {
            assert_eq!(ended.code(), Some(75));
            failed += 1;
            if failed == 2 {
                mended();
            }
        },
    );
    assert_eq!(starts, Some(3), "with the unit it stays down, or is up too early");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_a_full_disk_without_a_journal() {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    let Some(disk) = Disk::at(&folder.path().join("disk")) else { return };
    configured(folder.path(), &placement);
    disk.fill();
    comes_back(folder.path(), &disk, || disk.free());
    let serve = Serve::run(folder.path(), service(folder.path(), &disk));
    moves(&serve, &placement).await;
}

/// An existing journal has room for a start, but not for a task.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_a_journal_on_a_full_disk_it_waits_for_room() {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    let Some(disk) = Disk::at(&folder.path().join("disk")) else { return };
    configured(folder.path(), &placement);
    let serve = Serve::run(folder.path(), service(folder.path(), &disk));
    moves(&serve, &placement).await;
    serve.process().kill();
    disk.fill();
    let serve = Serve::run(folder.path(), service(folder.path(), &disk));
    assert_eq!(serve.get("/readyz").await.status, 503);
    disk.free();
    while serve.get("/readyz").await.status != 200 {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    moves(&serve, &placement).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_a_disk_that_can_only_be_read() {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    let Some(disk) = Disk::at(&folder.path().join("disk")) else { return };
    configured(folder.path(), &placement);
    let serve = Serve::run(folder.path(), service(folder.path(), &disk));
    moves(&serve, &placement).await;
    assert_eq!(serve.process().stop(), Some(0));
    disk.remount("ro");
    comes_back(folder.path(), &disk, || disk.remount("rw"));
    let serve = Serve::run(folder.path(), service(folder.path(), &disk));
    moves(&serve, &placement).await;
}

#[test]
fn a_wrong_configuration_stays_down() {
    let folder = tempfile::tempdir().unwrap();
    configure(folder.path(), "http://127.0.0.1:1", "");
    change(folder.path(), "[log]", "[lgo]");
    let mut codes = Vec::new();
    let starts = SystemdUnit::read().supervise(|| command(folder.path()), |ended| codes.push(ended.code()));
    assert_eq!((starts, codes.as_slice()), (None, &[Some(2)][..]));
}

#[test]
fn a_service_that_is_killed_or_aborts_is_started_again() {
    for signal in ["KILL", "ABRT", "SEGV"] {
        let ended = Command::new("sh").args(["-c", &format!("kill -{signal} $$")]).status().unwrap();
        assert!(SystemdUnit::read().starts_again(ended), "{signal}");
    }
    assert!(!SystemdUnit::read().starts_again(Command::new("true").status().unwrap()));
}
