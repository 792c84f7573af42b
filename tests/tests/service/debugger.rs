//! What the debugger reads from the service in addition to a task and its history: times, tasks filtered by their end,
//! and the component that decided.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use swaparoo_placement::Method;
use swaparoo_real_placement::plain_http;

use super::held_requests::HeldRequests;
use super::placement_fixture::PlacementFixture;
use super::serve::{Answer, Serve, program};
use super::tasks::{component, new, revert, swap};

/// The times of each exchange of a task.
fn times(answer: &Value) -> Vec<(u64, u64)> {
    let ms = |times: &Value, name: &str| times[name].as_u64().unwrap_or_else(|| panic!("no {name} in {times}"));
    let all = answer["times"].as_array().unwrap_or_else(|| panic!("no times in {answer}"));
    all.iter().map(|times| (ms(times, "asked_ms"), ms(times, "answered_ms"))).collect()
}

fn exchanges(answer: &Value) -> usize {
    answer["history"].as_array().unwrap().len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_exchange_has_its_times_and_so_has_the_record() {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    let serve = Serve::start(folder.path(), &placement.proxy.url());
    let held = HeldRequests::after(&placement.proxy, Method::Post);
    let task = serve.post("/v1/tasks", &swap(&placement.holder().await, &new())).await.text("/id").to_owned();
    held.wait_for(1).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let open = serve.get(&format!("/v1/tasks/{task}")).await.body;
    assert_eq!((times(&open).len(), &open["state"]), (exchanges(&open), &"running".into()));
    held.release();
    let ended = serve.get(&format!("/v1/tasks/{task}?wait=30")).await.body;
    let all = times(&ended);
    assert_eq!(all.len(), exchanges(&ended));
    assert!(all.iter().all(|(asked, answered)| asked <= answered), "{all:?}");
    assert!(all.windows(2).all(|pair| pair[0].0 <= pair[1].0), "{all:?}");
    let write = ended["history"].as_array().unwrap().iter().position(|one| one["reply"]["kind"] == "written").unwrap();
    let longest = all.iter().map(|(asked, answered)| answered - asked).max().unwrap();
    assert_eq!(all[write].1 - all[write].0, longest, "{all:?}");
    assert!(longest >= 300, "it was held for this long: {all:?}");

    let record = serve.get(&format!("/v1/tasks/{task}/record")).await.body;
    assert_eq!(times(&record), all);
    let file = folder.path().join("record.json");
    std::fs::write(&file, record.to_string()).unwrap();
    let replayed = Command::new(program()).arg("replay").arg(&file).output().unwrap();
    assert!(replayed.status.success(), "{}", String::from_utf8_lossy(&replayed.stderr));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_behind_another_asks_nothing_while_it_waits() {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    let serve = Serve::start(folder.path(), &placement.proxy.url());
    let migration = placement.holder().await;
    let first = serve.post("/v1/tasks?wait=30", &revert(&new(), &migration, None)).await;
    let queued = serve.post("/v1/tasks", &swap(&migration, &new())).await.text("/id").to_owned();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let index = first.body.pointer("/waiting_for/0/index").unwrap();
    let reply = json!({ "index": index, "reply": { "kind": "server", "state": "gone" } });
    let replied = serve.post(&format!("/v1/tasks/{}/replies?wait=30", first.text("/id")), &reply).await;
    assert_eq!(replied.status, 200, "{}", replied.body);
    let queued = serve.get(&format!("/v1/tasks/{queued}?wait=30")).await.body;
    assert!(times(&queued)[0].0 >= 300, "{queued}");
}

async fn listed(serve: &Serve, query: &str) -> (Vec<String>, Option<String>) {
    let page = serve.get(&format!("/v1/tasks?{query}")).await;
    assert_eq!(page.status, 200, "{query}: {}", page.body);
    let ids = page.body["tasks"].as_array().unwrap().iter().map(|task| task["id"].as_str().unwrap().to_owned());
    (ids.collect(), page.body["next"].as_str().map(str::to_owned))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tasks_are_found_by_outcome() {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    let serve = Serve::start(folder.path(), &placement.proxy.url());
    let mut moved = Vec::new();
    for _ in 0..2 {
        let source = placement.holder().await;
        moved.push(serve.post("/v1/tasks?wait=30", &swap(&source, &new())).await);
    }
    let nothing = serve.post("/v1/tasks?wait=30", &swap(&new(), &new())).await;
    let ends: Vec<_> = moved.iter().chain([&nothing]).map(Answer::end).collect();
    assert_eq!(ends, [("finished", "moved"), ("finished", "moved"), ("finished", "nothing-to-move")]);
    let [first, second] = [&moved[0], &moved[1]].map(|task| task.text("/id").to_owned());
    assert_eq!(listed(&serve, "outcome=moved").await, (vec![second.clone(), first.clone()], None));
    let (page, next) = listed(&serve, "outcome=moved&state=finished&limit=1").await;
    assert_eq!(page, [second]);
    let rest = serve.get(&next.unwrap()).await.body;
    assert_eq!((&rest["tasks"][0]["id"], &rest["next"]), (&first.into(), &Value::Null));
    assert_eq!(listed(&serve, "outcome=leaked").await, (vec![], None));
    assert_eq!(listed(&serve, "outcome=moved&state=failed").await, (vec![], None));
    let odd = serve.get("/v1/tasks?outcome=Moved%20away").await;
    assert_eq!(odd.code(), (400, "swaparoo.bad_request"));
    assert!(odd.text("/errors/0/detail").starts_with("outcome is \"Moved away\"; it is a kind such as moved"));
    let list = format!("tasks list --outcome nothing-to-move --url {}", serve.url());
    let output = Command::new(program()).args(list.split(' ')).output().unwrap();
    let table = String::from_utf8(output.stdout).unwrap();
    assert_eq!(table.lines().count(), 2, "{table}");
    assert!(table.contains(nothing.text("/id")), "{table}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_component_is_downloaded_by_its_digest() {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    let tokens = folder.path().join("tokens");
    std::fs::write(&tokens, "tasks the-token-of-the-conductor\npolicies the-token-of-the-author\n").unwrap();
    std::fs::set_permissions(&tokens, std::fs::Permissions::from_mode(0o600)).unwrap();
    let serve = Serve::start_with(folder.path(), &placement.proxy.url(), "[auth]\ntokens = \"tokens\"\n");
    let policies = serve.get_as("the-token-of-the-author", "/v1/policies").await.body;
    let standard = policies["policies"].as_array().unwrap().iter().find(|policy| policy["name"] == "standard");
    let digest = standard.unwrap()["digest"].as_str().unwrap();
    let address = format!("{}/v1/policies/{digest}/component", serve.url());
    let http = plain_http().build().unwrap();
    for token in ["the-token-of-the-conductor", "the-token-of-the-author"] {
        let whole = http.get(&address).bearer_auth(token).send().await.unwrap();
        let header = |name: &str| whole.headers()[name].to_str().unwrap().to_owned();
        assert_eq!((whole.status().as_u16(), header("content-type")), (200, "application/wasm".to_owned()));
        assert_eq!((header("etag"), header("x-content-type-options")), (format!("\"{digest}\""), "nosniff".to_owned()));
        assert!(whole.bytes().await.unwrap() == component("SWAPAROO_POLICIES", "standard"));
    }
    let known =
        http.get(&address).bearer_auth("the-token-of-the-author").header("if-none-match", format!("\"{digest}\""));
    let known = known.send().await.unwrap();
    assert_eq!((known.status().as_u16(), known.bytes().await.unwrap().len()), (304, 0));
    let path = |digest: &str| format!("/v1/policies/{digest}/component");
    assert_eq!(serve.get(&path(digest)).await.code(), (401, "swaparoo.unauthorized"));
    let unknown = serve.get_as("the-token-of-the-author", &path(&"0".repeat(64))).await;
    assert_eq!(unknown.code(), (404, "swaparoo.policy_unknown"));
    assert!(unknown.text("/errors/0/detail").contains(&"0".repeat(64)), "{}", unknown.body);
    assert_eq!(serve.get_as("the-token-of-the-author", &path("standard")).await.code(), (400, "swaparoo.bad_request"));
    assert_eq!(serve.get_as("the-token-of-the-conductor", "/v1/policies").await.code(), (403, "swaparoo.forbidden"));
}

/// The page offers only what its token may do, and shows what Placement holds now.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_is_told_its_roles_and_reads_what_a_consumer_holds() {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    let tokens = folder.path().join("tokens");
    std::fs::write(&tokens, "tasks the-token-of-the-conductor\nread the-token-of-the-reader\n").unwrap();
    std::fs::set_permissions(&tokens, std::fs::Permissions::from_mode(0o600)).unwrap();
    let serve = Serve::start_with(folder.path(), &placement.proxy.url(), "[auth]\ntokens = \"tokens\"\n");
    for (token, role) in [("the-token-of-the-conductor", "tasks"), ("the-token-of-the-reader", "read")] {
        let access = serve.get_as(token, "/v1/access").await;
        assert_eq!((&access.body["roles"], &access.body["from_pages"]), (&json!([role]), &json!(true)));
        assert!(access.text("/user").starts_with("token "), "{}", access.body);
        let holder = placement.holder().await;
        let held = serve.get_as(token, &format!("/v1/allocations/{holder}")).await.body;
        assert_eq!(held["consumer"], json!(holder));
        assert_eq!(held["allocations"][0]["resources"], json!([{ "class": "VCPU", "amount": 2 }]), "{held}");
        let nothing = serve.get_as(token, &format!("/v1/allocations/{}", new())).await.body;
        assert_eq!((&nothing["owner"], &nothing["allocations"]), (&Value::Null, &json!([])));
    }
    assert_eq!(serve.get("/v1/access").await.code(), (401, "swaparoo.unauthorized"));
    let odd = serve.get_as("the-token-of-the-reader", "/v1/allocations/node-1").await;
    assert_eq!(odd.code(), (400, "swaparoo.bad_request"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn allocations_that_cannot_be_read_are_an_error_and_not_nothing() {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    let serve = Serve::start(folder.path(), &placement.proxy.url());
    let access = serve.get("/v1/access").await;
    // Any page in a local browser could send what needs no token.
    assert_eq!((access.text("/user"), &access.body["from_pages"]), ("local", &json!(false)));
    let address = format!("/v1/allocations/{}", placement.holder().await);
    placement.proxy.close().await;
    let answer = serve.get(&address).await;
    assert_eq!(answer.code(), (503, "swaparoo.placement_unreachable"), "{}", answer.body);
    assert!(answer.text("/errors/0/detail").contains("unreachable"), "{}", answer.body);
}
