//! A connection's stream with timeouts: for the next request, for a complete head, and for the client to read the
//! response.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

/// The timeouts of a connection.
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// For a complete request head, from its first byte; on a new connection, from the start.
    pub head: Duration,
    /// For the next request on a kept-alive connection.
    pub idle: Duration,
    /// For the client to read any part of a response.
    pub taken: Duration,
    /// For a refused client to finish sending: if the connection is closed before, the client may lose the response.
    pub refused: Duration,
}

/// How much data of a refused client is read and dropped.
const DROPPED: usize = 4 << 20;

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(10),
            // Longer than the minute after which most clients and proxies close an idle connection. The side that may
            // send next should close first.
            idle: Duration::from_secs(75),
            taken: Duration::from_secs(30),
            refused: Duration::from_secs(1),
        }
    }
}

/// Whether a request is being handled. During that time incoming data is its body, and a pause is not the client's
/// fault. It counts starts and ends, because a short request may start and end between two checks.
#[derive(Debug, Clone, Default)]
pub struct RequestActivity(Arc<Requests>);

#[derive(Debug, Default)]
struct Requests {
    count: AtomicUsize,
    unread: AtomicBool,
}

impl RequestActivity {
    pub fn begin(&self) {
        self.0.count.fetch_add(1, Ordering::Relaxed);
    }

    pub fn end(&self) {
        self.0.count.fetch_add(1, Ordering::Relaxed);
    }

    /// The last response was sent before the request's body was read, so the body may still arrive.
    pub fn leaves_unread(&self) {
        self.0.unread.store(true, Ordering::Relaxed);
    }

    fn count(&self) -> usize {
        self.0.count.load(Ordering::Relaxed)
    }

    /// Whether a request is being handled now.
    pub fn now(&self) -> bool {
        self.count() % 2 == 1
    }
}

/// The stream with its timers.
pub struct TimeoutStream<S> {
    stream: S,
    timeouts: Timeouts,
    activity: RequestActivity,
    seen: usize,
    reading: Pin<Box<Sleep>>,
    waits: Waits,
    writing: Pin<Box<Sleep>>,
    stuck: bool,
    /// Bytes dropped since the last response; `None` before the shutdown.
    dropped: Option<usize>,
}

/// What the read timer waits for while no request is handled.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Waits {
    ForHead,
    ForNext,
    NotYet,
}

impl<S> TimeoutStream<S> {
    /// Wraps a new stream, and starts to wait for the first head.
    pub fn new(stream: S, timeouts: Timeouts, activity: RequestActivity) -> Self {
        let reading = Box::pin(tokio::time::sleep(timeouts.head));
        let writing = Box::pin(tokio::time::sleep(timeouts.taken));
        Self {
            stream,
            timeouts,
            activity,
            seen: 0,
            reading,
            waits: Waits::ForHead,
            writing,
            stuck: false,
            dropped: None,
        }
    }

    fn wait(&mut self, waits: Waits, patience: Duration) {
        self.waits = waits;
        self.reading.as_mut().reset(Instant::now() + patience);
    }

    /// If a request was handled since the last check, the next wait is for a new request.
    fn look(&mut self) {
        let count = self.activity.count();
        if count != self.seen {
            self.seen = count;
            self.waits = Waits::NotYet;
        }
    }

    /// No data has arrived: checks whether the timeout has passed.
    fn nothing(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.activity.now() {
            return Poll::Pending;
        }
        if self.waits == Waits::NotYet {
            self.wait(Waits::ForNext, self.timeouts.idle);
        }
        ready!(self.reading.as_mut().poll(context));
        match self.waits {
            // The end of an idle connection is expected by clients, so it is not an error.
            Waits::ForNext => Poll::Ready(Ok(())),
            _ => Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the request's head did not arrive in time"))),
        }
    }

    fn something(&mut self) {
        if !self.activity.now() && self.waits != Waits::ForHead {
            self.wait(Waits::ForHead, self.timeouts.head);
        }
    }

    fn written<T>(&mut self, written: Poll<io::Result<T>>, context: &mut Context<'_>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stuck = false;
            return written;
        }
        if !self.stuck {
            self.stuck = true;
            self.writing.as_mut().reset(Instant::now() + self.timeouts.taken);
        }
        ready!(self.writing.as_mut().poll(context));
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the client does not read its response")))
    }
}

impl<S: AsyncRead + Unpin> TimeoutStream<S> {
    /// Reads and drops what a client sends after its refusal, within limits of time and size.
    fn linger(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.dropped.is_none() {
            self.dropped = Some(0);
            self.reading.as_mut().reset(Instant::now() + self.timeouts.refused);
        }
        let mut bytes = [0; 8 << 10];
        while self.dropped.is_some_and(|dropped| dropped < DROPPED) {
            let mut buffer = ReadBuf::new(&mut bytes);
            match Pin::new(&mut self.stream).poll_read(context, &mut buffer) {
                Poll::Ready(Ok(())) if !buffer.filled().is_empty() => {
                    self.dropped = self.dropped.map(|dropped| dropped + buffer.filled().len());
                }
                Poll::Ready(_) => return Poll::Ready(Ok(())),
                Poll::Pending => return self.reading.as_mut().poll(context).map(Ok),
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for TimeoutStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.look();
        let before = buffer.filled().len();
        match Pin::new(&mut self.stream).poll_read(context, buffer) {
            Poll::Pending => self.nothing(context),
            read => {
                if buffer.filled().len() > before {
                    self.something();
                }
                read
            }
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for TimeoutStream<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.written(written, context)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(context);
        self.written(flushed, context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.dropped.is_none() {
            let shut = Pin::new(&mut self.stream).poll_shutdown(context);
            ready!(self.written(shut, context))?;
        }
        if self.activity.0.unread.load(Ordering::Relaxed) { self.linger(context) } else { Poll::Ready(Ok(())) }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, parts);
        self.written(written, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
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
    async fn a_head_is_waited_for_from_its_first_byte() {
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
    async fn a_first_byte_is_waited_for_like_a_head() {
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
    async fn a_request_that_came_and_went_unseen_counts() {
        let (mut ours, mut theirs, activity) = patient(9);
        theirs.write_all(b"G").await.unwrap();
        ours.read_exact(&mut [0]).await.unwrap();
        activity.begin();
        activity.end();
        assert_eq!(after(75, ours.read(&mut [0])).await.unwrap(), 0);
    }

    /// The connection is not closed at once, because the client could lose the response.
    #[tokio::test(start_paused = true)]
    async fn a_refused_client_has_a_moment_to_end() {
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
    async fn a_client_that_takes_nothing_is_left() {
        let (mut ours, _theirs, _) = patient(3);
        ours.write_all(b"abc").await.unwrap();
        let write = async { ours.write_all(b"d").await.map(|()| 1) };
        assert_eq!(after(30, write).await.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }
}
