//! What requests to other services have in common: the settings of their connections, a limit of an answer's size, and
//! when a request is sent again.

mod body;
mod connections;
mod proxy;
mod repeat;
#[cfg(test)]
pub(super) mod test_authority;
mod tls;
mod untrusted;

use std::error::Error;

pub use body::{BodyError, LARGEST, LARGEST_LIST, read as body};
pub use connections::{Attempt, Connections, Timeouts, passing_on};
pub use proxy::through_proxy;
pub use repeat::{Pauses, Repeat};
use reqwest::Url;
pub use tls::{Tls, TlsError};
pub use untrusted::untrusted;

/// A URL as it may be shown.
pub fn without_password(url: &str) -> String {
    let Ok(mut parsed) = Url::parse(url) else { return url.to_owned() };
    // This fails only for URLs that cannot contain a password.
    let _ = parsed.set_password(None);
    parsed.as_str().trim_end_matches('/').to_owned()
}

/// The cause of an error in the system's words, without the client's layers above it.
pub fn root(error: &reqwest::Error) -> String {
    let layers = std::iter::successors(error.source(), |&error| error.source());
    layers.last().map_or_else(|| error.to_string(), ToString::to_string)
}

#[cfg(test)]
mod tests {
    use reqwest::Response;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    /// A server that gives one answer.
    async fn answering(answer: Vec<u8>) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 4096]).await;
            let _ = stream.write_all(&answer).await;
        });
        url
    }

    async fn get(url: &str) -> Response {
        let attempt = Connections::new(&Tls::default()).unwrap().kept(std::time::Duration::from_secs(10));
        attempt.client.get(url).header("x-auth-token", "secret").send().await.unwrap()
    }

    #[tokio::test]
    async fn a_redirect_does_not_send_the_token_elsewhere() {
        let stranger = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let location = stranger.local_addr().unwrap();
        let redirect = format!("HTTP/1.1 302 Found\r\nlocation: http://{location}/\r\ncontent-length: 0\r\n\r\n");
        let mut answer = get(&answering(redirect.into_bytes()).await).await;
        assert_eq!(answer.status(), 302);
        let error = body(&mut answer, LARGEST).await.unwrap_err().to_string();
        assert_eq!(
            error,
            format!("a redirect to \"http://{location}/\", which is not followed: configure the new address")
        );
        let reached = tokio::time::timeout(std::time::Duration::from_millis(200), stranger.accept()).await;
        assert!(reached.is_err(), "the stranger was asked");
    }

    #[tokio::test]
    async fn an_encoded_answer_is_refused_by_name() {
        for (coding, says) in [("identity", None), ("Identity", None), ("gzip", Some("coding \"gzip\""))] {
            let answer = format!("HTTP/1.1 200 OK\r\ncontent-encoding: {coding}\r\ncontent-length: 2\r\n\r\n{{}}");
            let read = body(&mut get(&answering(answer.into_bytes()).await).await, LARGEST).await;
            match says {
                None => assert_eq!(read.unwrap(), b"{}", "{coding}"),
                Some(says) => assert!(read.unwrap_err().to_string().contains(says), "{coding}"),
            }
        }
    }

    #[tokio::test]
    async fn answers_are_requested_without_a_coding() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let received = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut head = vec![0; 4096];
            let length = stream.read(&mut head).await.unwrap();
            stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.unwrap();
            String::from_utf8_lossy(&head[..length]).to_lowercase()
        };
        let (head, _) = tokio::join!(received, get(&url));
        assert!(head.contains("accept-encoding: identity\r\n"), "{head}");
    }

    #[tokio::test]
    async fn a_body_is_read_up_to_the_limit() {
        for (size, fits) in [(LARGEST, true), (LARGEST + 1, false)] {
            let mut answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {size}\r\n\r\n").into_bytes();
            answer.resize(answer.len() + size, b' ');
            let read = body(&mut get(&answering(answer).await).await, LARGEST).await;
            assert_eq!(read.is_ok(), fits, "{size}: {:?}", read.map(|read| read.len()));
        }
    }
}
