//! Tests of the timeouts with a paused clock.

use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

use super::*;

fn patient(size: usize) -> (TimeoutStream<tokio::io::DuplexStream>, tokio::io::DuplexStream, RequestActivity) {
    let (ours, theirs) = duplex(size);
    let activity = RequestActivity::default();
    (TimeoutStream::new(ours, Timeouts::default(), activity.clone()), theirs, activity)
}

async fn after(seconds: u64, read: impl Future<Output = io::Result<usize>>) -> io::Result<usize> {
    let began = Instant::now();
    let read = read.await;
    assert_eq!(began.elapsed().as_secs(), seconds);
    read
}

#[tokio::test(start_paused = true)]
async fn the_head_timeout_starts_at_the_first_byte() {
    let (mut ours, mut theirs, activity) = patient(9);
    let mut byte = [0];
    theirs.write_all(b"G").await.unwrap();
    ours.read_exact(&mut byte).await.unwrap();
    let slow = tokio::spawn(async move {
        loop {
            tokio::time::sleep(Duration::from_secs(3)).await;
            theirs.write_all(b"E").await.unwrap();
        }
    });
    let read = async {
        loop {
            ours.read_exact(&mut byte).await?;
        }
    };
    assert_eq!(after(10, read).await.unwrap_err().kind(), io::ErrorKind::TimedOut);
    slow.abort();
    drop(activity);
}

#[tokio::test(start_paused = true)]
async fn a_new_connection_has_the_head_timeout() {
    let (mut ours, _theirs, _) = patient(9);
    assert_eq!(after(10, ours.read(&mut [0])).await.unwrap_err().kind(), io::ErrorKind::TimedOut);
}

#[tokio::test(start_paused = true)]
async fn a_kept_connection_is_closed_when_it_is_idle() {
    let (mut ours, mut theirs, activity) = patient(9);
    theirs.write_all(b"G").await.unwrap();
    activity.begin();
    ours.read_exact(&mut [0]).await.unwrap();
    let long = tokio::time::timeout(Duration::from_secs(600), ours.read(&mut [0])).await;
    assert!(long.is_err(), "this timeout does not apply during a request");
    activity.end();
    assert_eq!(after(75, ours.read(&mut [0])).await.unwrap(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_request_between_two_checks_counts() {
    let (mut ours, mut theirs, activity) = patient(9);
    theirs.write_all(b"G").await.unwrap();
    ours.read_exact(&mut [0]).await.unwrap();
    activity.begin();
    activity.end();
    assert_eq!(after(75, ours.read(&mut [0])).await.unwrap(), 0);
}

/// The connection is not closed at once, because the client could lose the response.
#[tokio::test(start_paused = true)]
async fn a_refused_client_gets_a_second_to_finish_sending() {
    let (mut ours, mut theirs, activity) = patient(9);
    activity.leaves_unread();
    let sending = tokio::spawn(async move {
        while theirs.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
    });
    let began = Instant::now();
    ours.shutdown().await.unwrap();
    assert_eq!(began.elapsed().as_millis(), 1_000, "a slow client gets no more time");
    drop(ours);
    sending.await.unwrap();
    let (mut ours, theirs, activity) = patient(9);
    activity.leaves_unread();
    drop(theirs);
    let began = Instant::now();
    ours.shutdown().await.unwrap();
    assert_eq!(began.elapsed().as_millis(), 0, "a client that has closed is not waited for");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_reads_nothing_is_disconnected() {
    let (mut ours, _theirs, _) = patient(3);
    ours.write_all(b"abc").await.unwrap();
    let write = async { ours.write_all(b"d").await.map(|()| 1) };
    assert_eq!(after(30, write).await.unwrap_err().kind(), io::ErrorKind::TimedOut);
}
