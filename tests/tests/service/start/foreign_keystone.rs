//! What answers at Keystone's address is not always Keystone: a proxy without a backend, or a stranger who redirects.

use axum::body::Body;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;

use super::super::keystone::Keystone;
use super::super::placement_fixture::PlacementFixture;
use super::super::serve::Serve;
use super::late::ready;

/// The service waits for a Keystone that answers so, and is ready when it answers as it should.
async fn is_waited_for(status: StatusCode, content: &'static str) {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    let keystone = Keystone::away(&placement.proxy.url());
    let foreign = keystone.answers(move || (status, content).into_response()).await;
    let serve = Serve::run(folder.path(), keystone.service(folder.path()));
    let answer = serve.get("/readyz").await;
    assert_eq!(answer.status, 503, "{status}: {}", answer.body);
    assert!(answer.text("/keystone").contains("does not answer"), "{status}: {}", answer.body);
    foreign.abort();
    let _ = foreign.await;
    let _in_order = keystone.comes(StatusCode::CREATED).await;
    let answer = ready(&serve).await;
    assert_eq!(answer.status, 200, "{status}: {}", answer.body);
    assert_eq!(serve.process().stop(), Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proxys_answer_does_not_count_as_refused_credentials() {
    for status in [200, 201, 401, 404] {
        is_waited_for(StatusCode::from_u16(status).unwrap(), "<html>no backend</html>").await;
    }
    is_waited_for(StatusCode::CREATED, "{}").await;
}

/// A redirect would hand the password over to whom it names.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redirect_is_not_followed() {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    let stranger = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let location = format!("http://{}/v3/auth/tokens", stranger.local_addr().unwrap());
    let keystone = Keystone::away(&placement.proxy.url());
    let redirect = move || (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, location.clone())]).into_response();
    let _redirects = keystone.answers(redirect).await;
    let serve = Serve::run(folder.path(), keystone.service(folder.path()));
    while keystone.asked() < 2 {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let answer = serve.get("/readyz").await;
    assert!(answer.text("/keystone").contains("which is not followed: configure the new address"), "{}", answer.body);
    let reached = tokio::time::timeout(std::time::Duration::from_millis(500), stranger.accept()).await;
    assert!(reached.is_err(), "the stranger was asked");
}

/// A Keystone without end is given up after 8 MiB.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_endless_answer_times_out() {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    let keystone = Keystone::away(&placement.proxy.url());
    let endless = || Response::new(Body::from(vec![b' '; 16 << 20]));
    let _endless = keystone.answers(endless).await;
    let serve = Serve::run(folder.path(), keystone.service(folder.path()));
    let answer = loop {
        let answer = serve.get("/readyz").await;
        if keystone.asked() > 0 && answer.text("/keystone").contains("bytes") {
            break answer;
        }
        assert!(keystone.asked() < 20, "{}", answer.body);
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    };
    assert!(answer.text("/keystone").contains("more than 8388608 bytes"), "{}", answer.body);
}
