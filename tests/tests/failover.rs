//! Placement's address moves to another machine: kept connections stay open without answers, and new ones work.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use swaparoo::clients::placement::{Auth, Http, HttpOutcome};
use swaparoo_placement::Request;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Barrier;

const KEPT: usize = 8;
const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: application/json\r\n\r\n{}";

/// A service behind an address that can move.
#[derive(Clone)]
struct Service {
    moved: Arc<AtomicBool>,
    together: Arc<Barrier>,
    /// The requests on connections to the machine that is gone.
    unanswered: Arc<AtomicUsize>,
}

impl Service {
    /// Answers the first requests of several connections together; after the failover, it answers only on new ones.
    async fn serve(self, mut stream: TcpStream) {
        let is_new = self.moved.load(Ordering::Relaxed);
        let mut request = [0; 4 << 10];
        while stream.read(&mut request).await.is_ok_and(|read| read > 0) {
            if !is_new && self.moved.load(Ordering::Relaxed) {
                self.unanswered.fetch_add(1, Ordering::Relaxed);
                continue;
            }
            if !is_new {
                self.together.wait().await;
            }
            stream.write_all(ANSWER).await.unwrap();
        }
    }

    /// A client with several kept connections to this service, whose address has moved since.
    async fn client_after_failover() -> (Self, Http) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let service =
            Self { moved: Arc::default(), together: Arc::new(Barrier::new(KEPT)), unanswered: Arc::default() };
        let served = service.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(served.clone().serve(stream));
            }
        });
        let http = Http::new(&url.parse().unwrap(), Auth::Token("admin".into())).unwrap();
        let http = http.answer_within(Duration::from_millis(500));
        let request = Request::get("/");
        let answers = join_all((0..KEPT).map(|_| http.send(&request))).await;
        assert!(answers.iter().all(is_answer), "{answers:?}");
        service.moved.store(true, Ordering::Relaxed);
        (service, http)
    }

    fn unanswered(&self) -> usize {
        self.unanswered.load(Ordering::Relaxed)
    }
}

fn is_answer(outcome: &HttpOutcome) -> bool {
    matches!(outcome, HttpOutcome::Response { status: 200, .. })
}

#[tokio::test]
async fn a_read_is_sent_again_on_a_new_connection() {
    let (service, http) = Service::client_after_failover().await;
    assert!(is_answer(&http.send(&Request::get("/")).await));
    assert_eq!(service.unanswered(), 1, "one dead connection is tried, not one after another");
}

/// A write cannot be sent again, but it shows the other requests that the kept connections are dead.
#[tokio::test]
async fn kept_connections_are_given_up_together() {
    let (service, http) = Service::client_after_failover().await;
    let write = Request::post("/allocations", serde_json::json!({}));
    assert!(matches!(http.send(&write).await, HttpOutcome::Lost(_)));
    for _ in 0..KEPT {
        assert!(is_answer(&http.send(&write).await));
    }
    assert_eq!(service.unanswered(), 1, "no other dead connection is tried");
}
