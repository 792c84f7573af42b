//! Requests that are too large, ambiguous or slow.

use std::time::Duration;

use axum::routing::get;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{routes, say, start, statuses};

#[tokio::test]
async fn large_bodies() {
    let running = start(routes(), |_, _| ()).await;
    let sized = |length: usize| {
        format!("POST /length HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n")
    };
    let mut request = sized(10 << 20).into_bytes();
    request.resize(request.len() + (10 << 20), b'x');
    let mut stream = running.tcp().await;
    stream.write_all(&request).await.expect("the service must let a client finish sending before it reads");
    assert_eq!(statuses(&say(stream, b"").await), ["413"]);
    assert_eq!(statuses(&say(running.tcp().await, sized(1 << 40).as_bytes()).await), ["413"]);
    running.stop().await;
}

#[tokio::test]
async fn large_heads() {
    let running = start(routes(), |_, _| ()).await;
    for (header, times) in [(format!("X-Large: {}\r\n", "x".repeat(40 << 10)), 1), ("X-Many: 1\r\n".to_owned(), 100)] {
        let request = format!("GET /who HTTP/1.1\r\nHost: a\r\n{}\r\n", header.repeat(times));
        assert_eq!(statuses(&say(running.tcp().await, request.as_bytes()).await), ["431"]);
    }
    let long = format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "x".repeat(70 << 10));
    assert!(["414", "431"].contains(&statuses(&say(running.tcp().await, long.as_bytes()).await)[0]));
    running.stop().await;
}

/// Request smuggling: with both length headers, one side may see two requests where the other sees one. The second must
/// not be handled. hyper ensures this.
#[tokio::test]
async fn smuggled_requests() {
    let running = start(routes(), |_, _| ()).await;
    let second = "GET /who HTTP/1.1\r\nHost: a\r\n\r\n";
    let both =
        ["Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", "Transfer-Encoding: chunked\r\nContent-Length: 99\r\n"];
    for headers in both {
        let request = format!("POST /length HTTP/1.1\r\nHost: a\r\n{headers}\r\n0\r\n\r\n{second}");
        assert_eq!(statuses(&say(running.tcp().await, request.as_bytes()).await).len(), 1, "{headers}");
    }
    let wrong = [
        "Content-Length: 4\r\nContent-Length: 5\r\n",
        "Content-Length: +4\r\n",
        "Content-Length: 4, 5\r\n",
        "Transfer-Encoding: chunked, gzip\r\n",
        "Transfer-Encoding : chunked\r\n",
        "Transfer-Encoding: xchunked\r\n",
        " Content-Length: 4\r\n",
        "Content\0Length: 4\r\n",
    ];
    for headers in wrong {
        let request = format!("POST /length HTTP/1.1\r\nHost: a\r\n{headers}\r\nxxxx{second}");
        assert_eq!(statuses(&say(running.tcp().await, request.as_bytes()).await), ["400"], "{headers}");
    }
    running.stop().await;
}

/// The paused clock advances to the next timer whenever all tasks are idle.
#[tokio::test(start_paused = true)]
async fn slow_senders() {
    let running = start(routes(), |_, _| ()).await;
    for head in [&b""[..], b"G", b"GET /who HTTP/1.1\r\nHost: localhost\r\n"] {
        let began = tokio::time::Instant::now();
        assert_eq!(say(running.tcp().await, head).await, "");
        assert_eq!(began.elapsed().as_secs(), 10);
    }
    let answer = say(running.tcp().await, b"POST /length HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nx").await;
    assert_eq!(statuses(&answer), ["408"]);
    let mut kept = running.tcp().await;
    kept.write_all(b"GET /who HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    kept.read_exact(&mut [0]).await.unwrap();
    let began = tokio::time::Instant::now();
    let _ = say(kept, b"").await;
    assert_eq!(began.elapsed().as_secs(), 75);
    running.stop().await;
}

/// The connection sets no limit for responses; that is the task of the routes.
#[tokio::test(start_paused = true)]
async fn slow_answers() {
    let slow = get(async || tokio::time::sleep(Duration::from_secs(600)).await);
    let running = start(routes().route("/slow", slow), |_, _| ()).await;
    let request = b"GET /slow HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    assert_eq!(statuses(&say(running.tcp().await, request).await), ["200"]);
    running.stop().await;
}
