//! Reads a request's body, with limits on its size and on pauses of the sender.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use futures_util::StreamExt;
use http::HeaderMap;
use http::header::{CONTENT_LENGTH, EXPECT};

use super::codes::Code;
use super::error::ApiError;

/// A client that sends nothing for this long is gone, or tries to hold the connection.
const PAUSE: Duration = Duration::from_secs(10);
/// A body that is too large is read and dropped up to this size. A client that is still sending would otherwise see a
/// broken connection instead of the response.
const DROPPED: usize = 16 << 20;

/// The same limit for a request that the client's role does not allow: the size of the largest component.
const UNREAD: usize = 4 << 20;

/// The largest body of a route, set as an `Extension` layer on a router. The innermost layer applies.
#[derive(Debug, Clone, Copy)]
pub struct LargestBody {
    /// In bytes.
    pub bytes: usize,
    /// The key in the configuration that sets it.
    pub setting: &'static str,
}

impl Default for LargestBody {
    fn default() -> Self {
        Self { bytes: 1 << 20, setting: "listen.largest_body" }
    }
}

/// The unparsed body.
#[derive(Debug, Clone)]
pub struct RawBody(pub Bytes);

impl<S: Send + Sync> FromRequest<S> for RawBody {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        read_body(request).await.map(Self)
    }
}

/// Reads the body up to the route's [`LargestBody`].
pub(crate) async fn read_body(request: Request) -> Result<Bytes, ApiError> {
    let limit: LargestBody = request.extensions().get().copied().unwrap_or_default();
    let largest = limit.bytes;
    let said = length(request.headers());
    let waits = request.headers().contains_key(EXPECT);
    if said.is_some_and(|said| said > largest && (waits || said > DROPPED)) {
        return Err(too_large(limit));
    }
    let mut stream = request.into_body().into_data_stream();
    // Content-Length is not trusted: a client must not reserve memory before it sends the bytes.
    let mut read = Vec::with_capacity(said.unwrap_or(0).min(4 << 10));
    let mut length = 0_usize;
    while let Some(chunk) = next(&mut stream).await? {
        length = length.saturating_add(chunk.len());
        if length > DROPPED.max(largest) {
            break;
        }
        if length <= largest {
            read.extend_from_slice(&chunk);
        }
    }
    if length > largest { Err(too_large(limit)) } else { Ok(read.into()) }
}

/// Reads and drops the body of a request that the client's role does not allow, so that the client sees the response.
/// For a client without a known token the body is not read at all.
pub(super) async fn drop_unread(request: Request) {
    let (parts, body) = request.into_parts();
    let too_long = length(&parts.headers).is_some_and(|said| said > UNREAD);
    if too_long || parts.headers.contains_key(EXPECT) {
        return;
    }
    let (mut stream, mut length) = (body.into_data_stream(), 0_usize);
    while let Ok(Some(chunk)) = next(&mut stream).await {
        length = length.saturating_add(chunk.len());
        if length > UNREAD {
            return;
        }
    }
}

async fn next(stream: &mut axum::body::BodyDataStream) -> Result<Option<Bytes>, ApiError> {
    match tokio::time::timeout(PAUSE, stream.next()).await {
        Ok(Some(Ok(chunk))) => Ok(Some(chunk)),
        Ok(None) => Ok(None),
        Ok(Some(Err(error))) => Err(ApiError::new(Code::BadRequest, format!("the body ended early: {error}"))),
        Err(_) => Err(ApiError::new(Code::Timeout, format!("no part of the body arrived for {PAUSE:?}")).closing()),
    }
}

fn length(headers: &HeaderMap) -> Option<usize> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn too_large(LargestBody { bytes, setting }: LargestBody) -> ApiError {
    ApiError::new(Code::RequestTooLarge, format!("the body may have at most {bytes} bytes ({setting})")).closing()
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use futures_util::stream;
    use http::HeaderValue;

    use super::*;

    fn sent(chunks: usize, size: usize) -> Request {
        let chunk = Bytes::from(vec![b'x'; size]);
        let chunks = stream::iter((0..chunks).map(move |_| Ok::<_, std::io::Error>(chunk.clone())));
        let mut request = Request::new(Body::from_stream(chunks));
        request.extensions_mut().insert(LargestBody { bytes: 100, setting: "a.key" });
        request
    }

    #[tokio::test]
    async fn a_body_is_limited_in_size_with_and_without_a_length() {
        assert_eq!(read_body(sent(10, 10)).await.unwrap().len(), 100);
        for request in [sent(11, 10), sent(1, 101), sent(100_000, 1 << 10)] {
            assert_eq!(read_body(request).await.unwrap_err().code, Code::RequestTooLarge);
        }
        let mut expects = sent(1, 1);
        expects.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(101));
        expects.headers_mut().insert(EXPECT, HeaderValue::from_static("100-continue"));
        assert_eq!(read_body(expects).await.unwrap_err().code, Code::RequestTooLarge);
    }

    #[tokio::test(start_paused = true)]
    async fn a_refused_body_is_read_up_to_a_limit() {
        let began = tokio::time::Instant::now();
        // An endless body, and a body that never arrives.
        drop_unread(sent(usize::MAX, 1 << 16)).await;
        assert_eq!(began.elapsed(), Duration::ZERO);
        let stuck = Body::from_stream(stream::pending::<Result<Bytes, std::io::Error>>());
        drop_unread(Request::new(stuck)).await;
        assert_eq!(began.elapsed(), PAUSE);
    }

    #[tokio::test(start_paused = true)]
    async fn pauses_within_a_body_are_limited() {
        let slow = stream::unfold(0, |n| async move {
            tokio::time::sleep(PAUSE - Duration::from_millis(1)).await;
            (n < 3).then(|| (Ok::<_, std::io::Error>("x"), n + 1))
        });
        assert_eq!(read_body(Request::new(Body::from_stream(slow))).await.unwrap(), "xxx");
        let stuck = Body::from_stream(stream::pending::<Result<Bytes, std::io::Error>>());
        assert_eq!(read_body(Request::new(stuck)).await.unwrap_err().code, Code::Timeout);
    }
}
