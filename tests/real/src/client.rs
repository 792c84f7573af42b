//! Sends the model's requests over HTTP, and returns the model's responses.

use reqwest::header::CONTENT_TYPE;
use serde_json::Value;
use swaparoo_placement::{Body, Request, Response};

use crate::plain_http::plain_client;

/// A client of a Placement, as its administrator.
#[derive(Clone, Debug)]
pub struct Client {
    url: String,
    http: reqwest::Client,
}

impl Client {
    /// A client of the Placement at `http://HOST:PORT`.
    #[must_use]
    pub fn new(url: &str) -> Self {
        Self { url: url.to_owned(), http: plain_client() }
    }

    /// Sends one request. A response body that is not JSON is returned as a JSON string.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn send(&self, request: &Request) -> Result<Response, reqwest::Error> {
        let method = reqwest::Method::from_bytes(request.method.to_string().as_bytes()).unwrap_or_default();
        let mut sent = self.http.request(method, format!("{}{}", self.url, request.path));
        sent = sent.header("x-auth-token", "admin");
        sent = sent.header("openstack-api-version", format!("placement {}", request.microversion));
        if let Some(content_type) = &request.content_type {
            sent = sent.header(CONTENT_TYPE, content_type);
        }
        sent = match &request.body {
            Body::Empty => sent,
            Body::Json(document) => sent.body(document.to_string()),
            Body::Text(text) => sent.body(text.clone()),
        };
        read(sent.send().await?).await
    }
}

async fn read(reply: reqwest::Response) -> Result<Response, reqwest::Error> {
    let status = reply.status().as_u16();
    let header = |name| Some((name, reply.headers().get(name)?.to_str().ok()?.to_owned()));
    let headers = ["location", "allow", "cache-control"].into_iter().filter_map(header).collect();
    let text = reply.text().await?;
    let body = match text.as_str() {
        "" => Value::Null,
        text => serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned())),
    };
    Ok(Response { status, headers, body })
}
