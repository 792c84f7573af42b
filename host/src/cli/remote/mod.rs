//! Talking to a running service: over its socket, or over TCP with a token.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use clap::Args;
use reqwest::{Client, Method, RequestBuilder, Url};
use serde_json::Value;
use swaparoo::service::default_socket;

/// A promotion replays tasks, and an upload compiles: both may take a while.
const PATIENCE: Duration = Duration::from_secs(120);

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "The service (its socket, or its address)")]
pub struct Remote {
    /// Its Unix socket [default: where `swaparoo serve` puts it]
    #[arg(long, value_name = "FILE", env = "SWAPAROO_SOCKET", conflicts_with = "url")]
    socket: Option<PathBuf>,
    /// Its address
    #[arg(long, value_name = "URL", env = "SWAPAROO_URL")]
    url: Option<Url>,
    /// A token of its token file; over the socket none is needed
    #[arg(long = "service-token", value_name = "T", env = "SWAPAROO_SERVICE_TOKEN", hide_env_values = true)]
    token: Option<String>,
}

impl Remote {
    /// Asks for something and gives the answer's JSON.
    pub async fn json(&self, method: Method, path: &str, body: Option<&Value>) -> anyhow::Result<Value> {
        let request = self.request(method, path)?;
        let request = match body {
            Some(body) => request.header("content-type", "application/json").body(body.to_string()),
            None => request,
        };
        self.send(request).await
    }

    /// Sends a component.
    pub async fn component(&self, path: &str, component: Vec<u8>, signature: Option<&str>) -> anyhow::Result<Value> {
        let request = self.request(Method::POST, path)?.header("content-type", "application/wasm").body(component);
        let request = match signature {
            Some(signature) => request.header("x-swaparoo-signature", signature),
            None => request,
        };
        self.send(request).await
    }

    fn request(&self, method: Method, path: &str) -> anyhow::Result<RequestBuilder> {
        let client = Client::builder().timeout(PATIENCE);
        let (client, base) = match &self.url {
            Some(url) => (client, url.as_str().trim_end_matches('/').to_owned()),
            None => (client.unix_socket(self.socket()), "http://swaparoo".to_owned()),
        };
        let request = client.build()?.request(method, format!("{base}{path}"));
        Ok(match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        })
    }

    async fn send(&self, request: RequestBuilder) -> anyhow::Result<Value> {
        let answer = request.send().await.map_err(reqwest::Error::without_url).with_context(|| self.not_there())?;
        let status = answer.status();
        let text = answer.text().await?;
        let body: Value = serde_json::from_str(&text).unwrap_or_default();
        if status.is_success() {
            return Ok(body);
        }
        let said = |field: &str| body.pointer(&format!("/errors/0/{field}")).and_then(Value::as_str);
        match (said("code"), said("detail")) {
            (Some(code), Some(detail)) => bail!("{code}: {detail}"),
            _ => Err(anyhow!("{} answered {status}, which is not swaparoo's way: {text}", self.place())),
        }
    }

    fn socket(&self) -> PathBuf {
        self.socket.clone().unwrap_or_else(default_socket)
    }

    fn place(&self) -> String {
        self.url.as_ref().map_or_else(|| self.socket().display().to_string(), ToString::to_string)
    }

    fn not_there(&self) -> String {
        format!(
            "no service answers at {}; start one by `swaparoo serve`, or name it by --socket or --url",
            self.place()
        )
    }
}

/// A field of an object, as text.
pub fn text<'a>(object: &'a Value, pointer: &str) -> &'a str {
    object.pointer(pointer).and_then(Value::as_str).unwrap_or("-")
}
