//! What requests to other services have in common: a client that follows no redirect, and a limit of the answer's size.

use std::error::Error;

use reqwest::header::{ACCEPT_ENCODING, CONTENT_ENCODING, HeaderMap, HeaderValue};
use reqwest::{Certificate, Client, ClientBuilder, Response};

/// The largest accepted answer in bytes. nova's and Placement's pages of 1,000 records are smaller than 1 MB.
pub const LARGEST: usize = 8 << 20;

/// The coding of an answer that is not encoded.
const IDENTITY: &str = "identity";

/// How the certificates of other services are checked.
#[derive(Debug, Clone)]
pub struct Tls {
    roots: Vec<Certificate>,
    verify: bool,
}

impl Default for Tls {
    fn default() -> Self {
        Self { roots: Vec::new(), verify: true }
    }
}

impl Tls {
    /// Accepts certificates of the authorities in a PEM bundle as well; without `verify` any certificate is accepted.
    ///
    /// # Errors
    /// The bundle contains a certificate that cannot be parsed.
    pub fn new(bundle: Option<&[u8]>, verify: bool) -> reqwest::Result<Self> {
        let roots = bundle.map(Certificate::from_pem_bundle).transpose()?.unwrap_or_default();
        Ok(Self { roots, verify })
    }
}

/// The settings of every client. A redirect is not followed: the token or the password would go along to another service.
/// Answers are requested as they are: nothing here decodes them.
pub fn client(tls: &Tls) -> ClientBuilder {
    let roots = tls.roots.iter().cloned();
    let identity = HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static(IDENTITY))]);
    let builder = Client::builder().redirect(reqwest::redirect::Policy::none()).default_headers(identity);
    let builder = roots.fold(builder, ClientBuilder::add_root_certificate);
    builder.tls_danger_accept_invalid_certs(!tls.verify).user_agent(concat!("swaparoo/", env!("CARGO_PKG_VERSION")))
}

/// Why an answer was not read to its end.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// The answer is too large.
    #[error("an answer of more than {LARGEST} bytes")]
    TooLarge,
    /// The connection failed.
    #[error("an answer that breaks off: {}", root(.0))]
    Incomplete(reqwest::Error),
    /// The answer is compressed, although it was requested as it is.
    #[error("an answer with the content coding \"{0}\", which was not requested: let no proxy encode answers")]
    Encoded(String),
}

/// Reads the answer's body.
///
/// # Errors
/// The body has more than [`LARGEST`] bytes, it ends too early, or it is encoded.
pub async fn body(response: &mut Response) -> Result<Vec<u8>, BodyError> {
    let coding = response.headers().get(CONTENT_ENCODING).filter(|coding| !coding.is_empty());
    if let Some(coding) = coding.filter(|coding| !coding.as_bytes().eq_ignore_ascii_case(IDENTITY.as_bytes())) {
        return Err(BodyError::Encoded(coding.as_bytes().escape_ascii().to_string()));
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(BodyError::Incomplete)? {
        if body.len() + chunk.len() > LARGEST {
            return Err(BodyError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Names the proxy that the environment sets for a URL, for the message that it cannot be reached: then the proxy may be
/// what does not answer.
pub fn through_proxy(url: &str) -> String {
    proxy_words(url, |name| std::env::var(name).ok().filter(|value| !value.is_empty()))
}

fn proxy_words(url: &str, variable: impl Fn(&str) -> Option<String>) -> String {
    let own = if url.starts_with("https:") { ["https_proxy", "HTTPS_PROXY"] } else { ["http_proxy", "HTTP_PROXY"] };
    let names = own.into_iter().chain(["all_proxy", "ALL_PROXY"]);
    let Some((name, proxy)) = names.into_iter().find_map(|name| Some((name, variable(name)?))) else {
        return String::new();
    };
    // It may contain a password.
    let shown = proxy.rsplit_once('@').map_or(proxy.as_str(), |(_, place)| place);
    format!(" (through the proxy {shown} that {name} sets, unless no_proxy excludes this address)")
}

/// The cause of an error in the system's words, without the client's layers above it.
pub fn root(error: &reqwest::Error) -> String {
    let layers = std::iter::successors(error.source(), |&error| error.source());
    layers.last().map_or_else(|| error.to_string(), ToString::to_string)
}

#[cfg(test)]
mod tests {
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
        client(&Tls::default()).build().unwrap().get(url).header("x-auth-token", "secret").send().await.unwrap()
    }

    #[test]
    fn the_proxy_of_the_environment_is_named_without_its_password() {
        let set = |wanted: &'static str| move |name: &str| (name == wanted).then(|| "http://u:p@squid:3128".to_owned());
        let words =
            |name| format!(" (through the proxy squid:3128 that {name} sets, unless no_proxy excludes this address)");
        assert_eq!(proxy_words("http://placement/", set("http_proxy")), words("http_proxy"));
        assert_eq!(proxy_words("https://placement/", set("HTTPS_PROXY")), words("HTTPS_PROXY"));
        assert_eq!(proxy_words("https://placement/", set("all_proxy")), words("all_proxy"));
        assert_eq!(proxy_words("https://placement/", set("http_proxy")), "");
    }

    #[tokio::test]
    async fn a_redirect_does_not_send_the_token_elsewhere() {
        let stranger = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let location = stranger.local_addr().unwrap();
        let redirect = format!("HTTP/1.1 302 Found\r\nlocation: http://{location}/\r\ncontent-length: 0\r\n\r\n");
        assert_eq!(get(&answering(redirect.into_bytes()).await).await.status(), 302);
        let reached = tokio::time::timeout(std::time::Duration::from_millis(200), stranger.accept()).await;
        assert!(reached.is_err(), "the stranger was asked");
    }

    #[tokio::test]
    async fn an_encoded_answer_is_refused_by_name() {
        for (coding, says) in [("identity", None), ("Identity", None), ("gzip", Some("coding \"gzip\""))] {
            let answer = format!("HTTP/1.1 200 OK\r\ncontent-encoding: {coding}\r\ncontent-length: 2\r\n\r\n{{}}");
            let read = body(&mut get(&answering(answer.into_bytes()).await).await).await;
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
            let read = body(&mut get(&answering(answer).await).await).await;
            assert_eq!(read.is_ok(), fits, "{size}: {:?}", read.map(|read| read.len()));
        }
    }
}
