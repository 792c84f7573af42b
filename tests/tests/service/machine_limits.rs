//! Limits that the machine sets for the service's process: they are not a fault of a component, and do not end the
//! service without an error.

use std::process::Stdio;

use super::placement_fixture::PlacementFixture;
use super::serve::{Serve, configure, limited};
use super::tasks::component;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_cannot_have_its_memory_is_not_a_fault_of_the_component() {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    configure(folder.path(), &placement.proxy.url(), "[policies]\nworker_memory = \"8GiB\"\n");
    // 1 GiB is enough for the service.
    let serve = Serve::run(folder.path(), limited(folder.path(), "-d 1048576"));
    let pushed = serve.push(component("SWAPAROO_HOSTILE", "panics")).await;
    if pushed.status == 201 {
        println!("not tried: this user may raise the limit again");
        return;
    }
    assert_eq!(pushed.code(), (503, "swaparoo.policies_busy"), "{}", pushed.body);
    let detail = pushed.text("/errors/0/detail");
    assert!(detail.contains("cannot work on this machine: its limit Data cannot be 8589934592"), "{detail}");
}

#[test]
fn a_file_that_may_not_grow_is_an_error_and_not_a_signal() {
    let folder = tempfile::tempdir().unwrap();
    configure(folder.path(), "http://127.0.0.1:1", "");
    // The built-in policies do not fit into such a journal.
    let output = limited(folder.path(), "-f 100").stdin(Stdio::null()).output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code().is_some_and(|code| code != 0), "{}: {error}", output.status);
    assert!(error.contains("error: "), "{error}");
}
