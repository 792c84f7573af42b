//! HTTP client for a running service: over its socket, or over TCP with a token.

mod address;

use std::borrow::Cow;
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use clap::Args;
use reqwest::redirect::Policy;
use reqwest::{Client, Method, RequestBuilder, Response, Url};
use serde_json::Value;
use swaparoo::printable;

use address::{AddressArgs, ServiceAddress};

/// Timeout of a request with its whole answer. A promotion replays tasks and an upload compiles, so both may take long.
const PATIENCE: Duration = Duration::from_secs(120);
/// The largest accepted answer in bytes. A page of 1,000 tasks has less than 1 MiB, a record some.
const LARGEST: usize = 64 << 20;

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "The service (its socket, or its address)")]
pub struct Remote {
    #[command(flatten)]
    at: AddressArgs,
    /// A token of the service's token file; not needed over the socket
    #[arg(long = "service-token", value_name = "T", env = "SWAPAROO_SERVICE_TOKEN", hide_env_values = true)]
    token: Option<String>,
}

/// The variable with the service's token, for commands without an option for it.
const TOKEN: &str = "SWAPAROO_SERVICE_TOKEN";

impl Remote {
    /// The service that the environment names, or the one at the default socket.
    pub fn of_environment() -> Self {
        Self { at: AddressArgs::default(), token: std::env::var(TOKEN).ok() }
    }

    /// The address for messages.
    pub fn place(&self) -> anyhow::Result<String> {
        Ok(self.at.place()?.to_string())
    }

    /// Creates something by a POST. The service does the same request with the same key once.
    pub async fn create(&self, path: &str, body: &Value, key: &str) -> anyhow::Result<Value> {
        let request = self.request(Method::POST, path, &[])?.header("idempotency-key", key);
        self.send(request.header("content-type", "application/json").body(body.to_string())).await
    }

    /// Sends a request and returns the JSON of the response.
    pub async fn json(&self, method: Method, path: &str, body: Option<&Value>) -> anyhow::Result<Value> {
        let request = self.request(method, path, &[])?;
        let request = match body {
            Some(body) => request.header("content-type", "application/json").body(body.to_string()),
            None => request,
        };
        self.send(request).await
    }

    /// Sends a GET with a query and returns the JSON of the response.
    pub async fn query(&self, path: &str, query: &[(&str, String)]) -> anyhow::Result<Value> {
        self.send(self.request(Method::GET, path, query)?).await
    }

    /// The option that selects this service, for use in a suggested command.
    pub fn option(&self) -> String {
        self.at.option()
    }

    /// Uploads a component with its signature, if it has one.
    pub async fn component(&self, path: &str, component: Vec<u8>, signature: Option<&str>) -> anyhow::Result<Value> {
        let request = self.request(Method::POST, path, &[])?.header("content-type", "application/wasm").body(component);
        let request = match signature {
            Some(signature) => request.header("x-swaparoo-signature", signature),
            None => request,
        };
        self.send(request).await
    }

    fn request(&self, method: Method, path: &str, query: &[(&str, String)]) -> anyhow::Result<RequestBuilder> {
        // A redirect would lead to another service.
        let client = Client::builder().timeout(PATIENCE).redirect(Policy::none());
        let (client, base) = match self.at.place()? {
            ServiceAddress::Url(url) => (client, url.as_str().trim_end_matches('/').to_owned()),
            ServiceAddress::Socket(socket) => (client.unix_socket(socket), "http://swaparoo".to_owned()),
        };
        // Without TLS, a machine without authorities of certificates, such as a small container, is good enough.
        let client = if base.starts_with("http://") { client.tls_certs_only([]) } else { client };
        let mut url = Url::parse(&format!("{base}{path}"))?;
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let request = client.build()?.request(method, url);
        Ok(match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        })
    }

    async fn send(&self, request: RequestBuilder) -> anyhow::Result<Value> {
        let place = self.at.place()?;
        let not_there =
            || format!("no service answers at {place}; start one with `swaparoo serve`, or give --socket or --url");
        let answer = request.send().await.map_err(reqwest::Error::without_url).with_context(not_there)?;
        let status = answer.status();
        let text =
            body(answer).await.with_context(|| format!("the answer of the service at {place} cannot be read"))?;
        let body: Value = serde_json::from_str(&text).unwrap_or_default();
        if status.is_success() {
            return Ok(body);
        }
        let said = |field: &str| body.pointer(&format!("/errors/0/{field}")).and_then(Value::as_str);
        match (said("code"), said("detail")) {
            (Some(code), Some(detail)) => bail!("{code}: {detail}"),
            _ => Err(anyhow!("{place} answered {status}, but not as a swaparoo service does: {text}")),
        }
    }
}

async fn body(mut answer: Response) -> anyhow::Result<String> {
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(reqwest::Error::without_url)? {
        if body.len() + chunk.len() > LARGEST {
            bail!("it has more than {LARGEST} bytes, so it is not a swaparoo service's");
        }
        body.extend_from_slice(&chunk);
    }
    Ok(String::from_utf8_lossy(&body).into_owned())
}

/// A text field of an object in one line, without control characters; `-` if it is missing.
pub fn text<'a>(object: &'a Value, pointer: &str) -> Cow<'a, str> {
    printable::line(object.pointer(pointer).and_then(Value::as_str).unwrap_or("-"))
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        remote: Remote,
    }

    /// The error of a request to a server that answers with this head and these parts of the body.
    async fn refused(head: String, parts: usize) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 4096]).await;
            let _ = stream.write_all(head.as_bytes()).await;
            for _ in 0..parts {
                let _ = stream.write_all(&vec![b' '; 1 << 20]).await;
            }
        });
        let line = Line::try_parse_from(["it", "--url", url.as_str()]).unwrap();
        let answer = line.remote.json(Method::GET, "/v1/tasks", None).await;
        format!("{:#}", answer.unwrap_err())
    }

    #[tokio::test]
    async fn an_answer_without_an_end_is_not_read_to_its_end() {
        let error = refused("HTTP/1.1 200 OK\r\ncontent-length: 9000000000\r\n\r\n".to_owned(), 65).await;
        assert!(error.contains("more than 67108864 bytes"), "{error}");
    }

    #[tokio::test]
    async fn a_redirect_is_not_followed() {
        let other = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let location = other.local_addr().unwrap();
        let head = format!("HTTP/1.1 307 x\r\nlocation: http://{location}/\r\ncontent-length: 0\r\n\r\n");
        let error = refused(head, 0).await;
        assert!(error.contains("answered 307"), "{error}");
        let reached = tokio::time::timeout(Duration::from_millis(200), other.accept()).await;
        assert!(reached.is_err(), "the other service was asked");
    }
}
