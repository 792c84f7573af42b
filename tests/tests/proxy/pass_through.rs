//! All that is no move passes, byte for byte.

use reqwest::Method;
use serde_json::{Value, json};

use super::fixture::{Answer, Front, new};

/// Headers that differ from answer to answer, or belong to a connection.
const OWN: [&str; 3] = ["date", "x-openstack-request-id", "connection"];

/// What must be the same; an error's body names the request's id.
fn comparable(answer: &Answer) -> (u16, Vec<(String, String)>, String) {
    let id = answer.headers.iter().find(|(name, _)| name == "x-openstack-request-id").map(|(_, id)| id.as_str());
    let body = id.map_or_else(|| answer.body.clone(), |id| answer.body.replace(id, "ID"));
    let mut headers: Vec<_> =
        answer.headers.iter().filter(|(name, _)| !OWN.contains(&name.as_str())).cloned().collect();
    headers.sort();
    (answer.status, headers, body)
}

async fn compare(front: &Front, method: Method, path: &str, version: &str, body: Option<Value>) -> u16 {
    let through = front.send(method.clone(), path, version, body.as_ref()).await;
    let direct = front.send_directly(method.clone(), path, version, body.as_ref()).await;
    assert_eq!(comparable(&through), comparable(&direct), "{method} {path} at {version}");
    through.status
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_are_placements_byte_for_byte() {
    let front = Front::start("decide", "").await;
    let (node, server) = (front.placement.node().to_owned(), front.server().await);
    // A big answer, which is passed on while it arrives.
    for number in 0..150 {
        let provider = json!({ "name": format!("{number:-<150}") });
        front.send_directly(Method::POST, "/resource_providers", "1.28", Some(&provider)).await;
    }
    let big = front.send(Method::GET, "/resource_providers", "1.28", None).await;
    assert!(big.body.len() > 100_000, "{}", big.body.len());
    let (allocations, unknown) = (format!("/allocations/{server}"), format!("/allocations/{}", new()));
    for (method, path, version, body, status) in [
        (Method::GET, "/", "1.28", None, 200),
        (Method::GET, "/resource_providers", "1.28", None, 200),
        (Method::GET, "/resource_providers?name=no%20such&in_tree=x", "1.28", None, 400),
        (Method::GET, &allocations, "1.0", None, 200),
        (Method::GET, &allocations, "1.38", None, 200),
        (Method::GET, &allocations, "latest", None, 200),
        (Method::HEAD, &allocations, "1.28", None, 405),
        (Method::GET, &allocations, "1.999", None, 406),
        (Method::GET, &format!("/resource_providers/{node}/usages"), "1.9", None, 200),
        (Method::GET, "/nothing", "1.28", None, 404),
        (Method::DELETE, &unknown, "1.28", None, 404),
        (Method::PATCH, &allocations, "1.28", None, 405),
        (Method::PUT, &allocations, "1.28", Some(json!({ "allocations": 7 })), 400),
        (Method::POST, "/allocations", "1.28", Some(json!([])), 400),
        (Method::POST, "/allocations", "1.12", Some(json!({})), 404),
        (Method::POST, "/reshaper", "1.30", Some(json!({})), 400),
        (Method::PUT, "/traits/CUSTOM_WRONG?x=%00", "1.28", None, 201),
        (Method::PUT, "/traits/CUSTOM_WRONG", "1.28", None, 204),
    ] {
        if status == 201 {
            assert_eq!(front.send(method, path, version, body.as_ref()).await.status, 201, "{path}");
            continue;
        }
        assert_eq!(compare(&front, method.clone(), path, version, body).await, status, "{method} {path} {version}");
    }
    assert_eq!(front.tasks().await, Vec::<Value>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_headers_of_the_client_arrive() {
    let front = Front::start("observe", "").await;
    let request = reqwest::Client::builder().no_proxy().build().unwrap().get(format!("{}/usages", front.serve.proxy()));
    let request = request.header("x-auth-token", "mine").header("x-service-token", "s").header("x-mine", "1");
    request.header("x-openstack-request-id", "req-1").header("keep-alive", "5").send().await.unwrap();
    let seen = front.placement.proxy.requests().into_iter().find(|seen| seen.path == "/usages").unwrap();
    for (name, value) in
        [("x-auth-token", "mine"), ("x-service-token", "s"), ("x-mine", "1"), ("x-openstack-request-id", "req-1")]
    {
        assert_eq!(seen.header(name), Some(value), "{seen:?}");
    }
    assert_eq!((seen.header("keep-alive"), seen.header("content-length")), (None, None), "{seen:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn placement_away_is_an_error_in_placements_form() {
    let front = Front::start("decide", "").await;
    front.placement.proxy.close().await;
    for (method, path) in
        [(Method::GET, "/usages"), (Method::DELETE, "/allocations/x"), (Method::PUT, "/traits/CUSTOM_A")]
    {
        let (status, code, says) = front.send(method, path, "1.28", None).await.words();
        assert_eq!((status, code.as_str()), (503, "swaparoo.placement_unreachable"), "{says}");
    }
    front.placement.proxy.open().await.unwrap();
    assert_eq!(front.send(Method::GET, "/", "1.28", None).await.status, 200);
}
