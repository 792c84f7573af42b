//! Placement's address moves to another machine: kept connections stay open without answers, and new ones work.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use swaparoo::clients::placement::{Auth, Http, HttpOutcome};
use swaparoo_placement::Request;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Barrier;

const KEPT: usize = 8;
const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: application/json\r\n\r\n{}";

/// Answers the first requests of several connections together; after the failover, it answers only on new connections.
async fn serve(mut stream: TcpStream, moved: Arc<AtomicBool>, together: Arc<Barrier>) {
    let is_new = moved.load(Ordering::Relaxed);
    let mut request = [0; 4 << 10];
    while stream.read(&mut request).await.is_ok_and(|read| read > 0) {
        if !is_new {
            together.wait().await;
        }
        if is_new || !moved.load(Ordering::Relaxed) {
            stream.write_all(ANSWER).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_read_is_sent_again_on_a_new_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (moved, together) = (Arc::new(AtomicBool::new(false)), Arc::new(Barrier::new(KEPT)));
    let failover = moved.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, moved.clone(), together.clone()));
        }
    });
    let http = Http::new(&url.parse().unwrap(), Auth::Token("admin".into())).unwrap();
    let http = http.answer_within(Duration::from_millis(500));
    let request = Request::get("/");
    let answers = |answers: Vec<HttpOutcome>| {
        answers.iter().filter(|answer| matches!(answer, HttpOutcome::Response { status: 200, .. })).count()
    };
    assert_eq!(answers(join_all((0..KEPT).map(|_| http.send(&request))).await), KEPT);
    failover.store(true, Ordering::Relaxed);
    assert_eq!(answers(vec![http.send(&request).await]), 1, "one dead connection is tried, not one after another");
}
