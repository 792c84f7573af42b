//! A journal can be used by one service only, under any of its names.

use std::os::unix::fs::{MetadataExt, symlink};
use std::path::Path;
use std::process::{Command, Stdio};

use super::super::placement_fixture::PlacementFixture;
use super::super::serve::{Serve, command, configure};

/// The error of a second service with this journal.
fn second(mut service: Command, journal: &str) -> String {
    let ended = service.args(["--journal", journal]).stdin(Stdio::null()).output().unwrap();
    let error = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(2), "{journal}: {error}");
    error
}

/// The service with the folder `from` also mounted at `to`.
fn bound(folder: &Path, from: &Path, to: &Path) -> Command {
    let inner = command(folder);
    let mut outer = Command::new("unshare");
    let mount = "mount --bind \"$1\" \"$2\" && shift 2 && exec \"$@\"";
    outer.args(["--map-root-user", "--mount", "sh", "-c", mount, "sh"]).args([from, to]);
    outer.arg(inner.get_program()).args(inner.get_args()).current_dir(folder);
    for (name, value) in inner.get_envs().filter_map(|(name, value)| Some((name, value?))) {
        outer.env(name, value);
    }
    outer
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_journal_has_only_one_service_under_any_name() {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    let folder = folder.path();
    let serve = Serve::start(folder, &placement.proxy.url());
    for name in ["elsewhere", "bound"] {
        std::fs::create_dir(folder.join(name)).unwrap();
    }
    symlink(folder.join("journal.db"), folder.join("elsewhere/soft.db")).unwrap();
    std::fs::hard_link(folder.join("journal.db"), folder.join("elsewhere/hard.db")).unwrap();
    for name in ["journal.db", "elsewhere/../journal.db", "elsewhere/soft.db", "elsewhere/hard.db"] {
        let error = second(command(folder), name);
        assert!(error.contains("is in use by another swaparoo") && error.contains(".db"), "{name}: {error}");
    }
    let mounts = bound(folder, folder, &folder.join("bound")).args(["--check-config"]).status().unwrap();
    if mounts.success() {
        let error = second(bound(folder, folder, &folder.join("bound")), "bound/journal.db");
        assert!(error.contains("bound/journal.db is in use by another swaparoo"), "{error}");
    }
    assert_eq!(serve.get("/readyz").await.status, 200, "the first one is not affected");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_journal_is_private_with_any_umask() {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    let folder = folder.path();
    configure(folder, &placement.proxy.url(), "");
    let inner = command(folder);
    let mut open = Command::new("sh");
    open.args(["-c", "umask 0 && exec \"$@\"", "sh"]).arg(inner.get_program()).args(inner.get_args());
    open.current_dir(folder).env("XDG_CACHE_HOME", folder.join("cache"));
    let serve = Serve::run(folder, open);
    for name in ["journal.db", "journal.db-wal", "journal.db-shm", "journal.db.lock"] {
        let mode = std::fs::metadata(folder.join(name)).unwrap().mode() & 0o777;
        assert_eq!(mode, 0o600, "{name} has the mode {mode:o}");
    }
    drop(serve);
}
