//! The proxy: a server that answers each line stands for a database.

use std::time::Duration;

use swaparoo_databases::Cut;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

/// A server that answers `ok` to each line, and tells the lines.
async fn server() -> (u16, mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (tell, arrived) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let tell = tell.clone();
            tokio::spawn(async move {
                let (from, mut to) = stream.into_split();
                let mut lines = BufReader::new(from).lines();
                while let Ok(Some(line)) = lines.next_line().await {
                    tell.send(line).unwrap();
                    to.write_all(b"ok\n").await.unwrap();
                }
            });
        }
    });
    (port, arrived)
}

/// The answer to a line; `None` if the connection is closed.
async fn ask(stream: &mut BufReader<TcpStream>, line: &str) -> Option<String> {
    stream.write_all(format!("{line}\n").as_bytes()).await.ok()?;
    let mut answer = String::new();
    let length = stream.read_line(&mut answer).await.ok()?;
    (length > 0).then(|| answer.trim().to_owned())
}

async fn client(proxy: &Cut) -> BufReader<TcpStream> {
    BufReader::new(TcpStream::connect(("127.0.0.1", proxy.port())).await.unwrap())
}

#[tokio::test]
async fn the_answer_to_a_commit_is_lost_and_the_commit_is_not() {
    let (port, mut arrived) = server().await;
    let proxy = Cut::start(port).await.unwrap();
    let mut first = client(&proxy).await;
    assert_eq!(ask(&mut first, "INSERT").await.as_deref(), Some("ok"));
    proxy.lose_commits(1);
    assert_eq!(ask(&mut first, "COMMIT").await, None);
    assert_eq!(proxy.lost(), 1);
    assert_eq!([arrived.recv().await.unwrap(), arrived.recv().await.unwrap()], ["INSERT", "COMMIT"]);
    assert_eq!(ask(&mut client(&proxy).await, "COMMIT").await.as_deref(), Some("ok"), "only one was to be lost");
}

#[tokio::test]
async fn a_cut_closes_connections_and_silence_keeps_them() {
    let (port, _arrived) = server().await;
    let proxy = Cut::start(port).await.unwrap();
    let mut open = client(&proxy).await;
    assert_eq!(ask(&mut open, "one").await.as_deref(), Some("ok"));
    proxy.silence();
    let waiting = tokio::time::timeout(Duration::from_millis(200), ask(&mut open, "two")).await;
    assert!(waiting.is_err(), "{waiting:?}");
    proxy.mend();
    let mut answer = String::new();
    open.read_line(&mut answer).await.unwrap();
    assert_eq!(answer, "ok\n");
    proxy.cut();
    assert_eq!(ask(&mut open, "three").await, None);
    assert_eq!(ask(&mut client(&proxy).await, "four").await, None);
    proxy.mend();
    assert_eq!(ask(&mut client(&proxy).await, "five").await.as_deref(), Some("ok"));
}
