//! nova's moves, decided by the rules, with Placement's own answers.

use reqwest::Method;
use serde_json::json;
use swaparoo_placement::Method as PlacementMethod;
use swaparoo_real_placement::{Act, Canned};

use super::fixture::{Front, new};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_swap_and_its_way_back() {
    let front = Front::start("decide", "").await;
    let (server, record) = (front.server().await, new());
    assert_eq!(front.moved(&server, &record).await.status, 204);
    assert_eq!(front.hold(&server, &record).await, [0, 2]);
    assert_eq!(front.moved(&record, &server).await.status, 204);
    assert_eq!(front.hold(&server, &record).await, [2, 0]);
    let tasks = front.tasks().await;
    let ends: Vec<_> = tasks.iter().map(|task| (task["kind"].as_str(), task["outcome"]["kind"].as_str())).collect();
    assert_eq!(ends, [(Some("move"), Some("moved")); 2], "{tasks:?}");
    assert_eq!(front.counted("decide", "done").await, 2);
}

/// Bug 1848343: the server is deleted during its migration.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_given_back_to_a_deleted_server() {
    let mut front = Front::start("decide", "").await;
    let (server, record) = (front.server().await, new());
    assert_eq!(front.moved(&server, &record).await.status, 204);
    front.nova.remove_server(&server);
    // The journal knows the swap after a restart too.
    front.restart();
    assert_eq!(front.moved(&record, &server).await.status, 204);
    assert_eq!(front.hold(&server, &record).await, [0, 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_way_back_that_only_nova_knows() {
    let front = Front::start("decide", "").await;
    let (record, server) = (front.placement.holder().await, new());
    front.nova.add_server(&server, Some(1), "active", None);
    assert_eq!(front.moved(&record, &server).await.status, 204);
    assert_eq!(front.hold(&server, &record).await, [2, 0]);
    let task = &front.tasks().await[0];
    let task = front.serve.get(&format!("/v1/tasks/{}", task["id"].as_str().unwrap())).await;
    assert_eq!(task.body["task"]["target_is_new"], json!(false), "{}", task.body);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_has_changed_meanwhile_is_refused_in_placements_words() {
    let front = Front::start("decide", "").await;
    let (server, record) = (front.server().await, new());
    let body = front.body(&server, &record).await;
    front.placement.rewriter(&server)().await;
    let through = front.post(&body).await.words();
    let direct = front.send_directly(Method::POST, "/allocations", "1.28", Some(&body)).await.words();
    assert_eq!(through, direct);
    assert_eq!((through.0, through.1.as_str()), (409, "placement.concurrent_update"));
    assert!(through.2.contains("consumer generation conflict"), "{}", through.2);
    assert_eq!((front.hold(&server, &record).await, front.tasks().await.len()), ([2, 0], 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_of_the_policys_write_is_placements() {
    let front = Front::start("decide", "").await;
    let (server, record) = (front.server().await, new());
    front.placement.proxy.every(
        PlacementMethod::Post,
        Act::Answer(Canned {
            status: 409,
            content_type: "application/json",
            body: json!({ "errors": [{ "status": 409, "title": "Conflict", "detail": "would exceed the capacity.",
            "code": "placement.undefined_code", "request_id": "req-1" }] })
            .to_string(),
        }),
    );
    let (status, code, says) = front.moved(&server, &record).await.words();
    assert_eq!((status, code.as_str(), says.as_str()), (409, "placement.undefined_code", "would exceed the capacity."));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_is_lost_on_the_way_is_found_out() {
    let front = Front::start("decide", "").await;
    let (server, record) = (front.server().await, new());
    let body = front.body(&server, &record).await;
    front.placement.proxy.on(PlacementMethod::Post, 1, Act::DropAnswer);
    assert_eq!(front.post(&body).await.status, 204);
    assert_eq!(front.hold(&server, &record).await, [0, 2]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_moves_of_one_source_one_is_done() {
    let front = Front::start("decide", "").await;
    for _ in 0..5 {
        let (server, one, other) = (front.server().await, new(), new());
        let bodies = [front.body(&server, &one).await, front.body(&server, &other).await];
        let (first, second) = tokio::join!(front.post(&bodies[0]), front.post(&bodies[1]));
        let mut statuses = [first.status, second.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [204, 409], "{first:?} {second:?}");
        let [one, other] = front.hold(&one, &other).await;
        assert_eq!((front.placement.holds(&server).await, one + other), (0, 2));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_without_rights_moves_nothing() {
    let front = Front::start("decide", "").await;
    let (server, record) = (front.server().await, new());
    let body = front.body(&server, &record).await;
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer = http.post(format!("{}/allocations", front.serve.proxy())).body(body.to_string());
    let answer = answer.header("content-type", "application/json").header("openstack-api-version", "placement 1.28");
    assert_eq!(answer.send().await.unwrap().status(), 401);
    assert_eq!((front.hold(&server, &record).await, front.tasks().await.len()), ([2, 0], 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_nova_a_way_back_passes() {
    let front = Front::without_nova("decide").await;
    let (server, record) = (front.placement.holder().await, new());
    assert_eq!(front.moved(&server, &record).await.status, 204);
    assert_eq!(front.moved(&record, &server).await.status, 204);
    assert_eq!((front.hold(&server, &record).await, front.tasks().await.len()), ([2, 0], 1));
    assert_eq!((front.counted("decide", "done").await, front.counted("decide", "passed").await), (1, 1));
}
