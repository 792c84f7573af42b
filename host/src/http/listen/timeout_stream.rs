//! A connection's stream, which ends with an error or at its end when a timeout has passed.

#[cfg(test)]
mod tests;

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

use super::request_activity::RequestActivity;
use super::timeouts::Timeouts;

/// How much data of a refused client is read and dropped.
const DROPPED: usize = 4 << 20;

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
        if self.activity.has_left_unread() { self.linger(context) } else { Poll::Ready(Ok(())) }
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
