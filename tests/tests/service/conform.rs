//! Records of the service on the real Placement are paths of the model.

use swaparoo_placement::Method;
use swaparoo_real_placement::Act;

use super::placement_fixture::PlacementFixture;
use super::serve::{Serve, program};
use super::tasks::{new, swap};

/// Normal answers, a write that is done without an answer, and one that is not done and has none.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn records_of_the_real_placement_are_paths_of_the_model() {
    let placement = PlacementFixture::real().await;
    let folder = tempfile::tempdir().unwrap();
    let serve = Serve::start(folder.path(), &placement.proxy.url());
    let records = folder.path().join("records");
    std::fs::create_dir(&records).unwrap();
    for (name, act) in [("plain", None), ("done", Some(Act::DropAnswer)), ("lost", Some(Act::DropRequest))] {
        let (server, migration) = (placement.holder().await, new());
        placement.proxy.forget();
        act.into_iter().for_each(|act| placement.proxy.on(Method::Post, 1, act));
        let task = serve.post("/v1/tasks?wait=30", &swap(&server, &migration)).await;
        assert_eq!(task.end(), ("finished", "moved"), "{name}");
        let record = serve.get(&format!("/v1/tasks/{}/record", task.text("/id"))).await;
        std::fs::write(records.join(format!("{name}.json")), record.body.to_string()).unwrap();
    }
    let ran = std::process::Command::new(program()).arg("conform").arg(&records).output().unwrap();
    let out = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success(), "{out}");
    assert!(out.contains("3 of 3 records are paths of the model"), "{out}");
    for line in ["done, and the answer lost", "lost: not done, and no answer"] {
        assert!(out.contains(line), "{line:?} is missing in {out}");
    }
}
