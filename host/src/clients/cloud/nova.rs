//! Sends one GET to nova.

use reqwest::header::{ACCEPT, HeaderValue};
use reqwest::{StatusCode, Url};
use serde_json::Value;

use super::error::one_line;
use super::{Cloud, Doubt};
use crate::clients::in_flight::despite_shortage;
use crate::clients::outgoing;

/// Since 2.53, the id of a hypervisor is the compute node's UUID. The version must stay below 2.69: from then on nova
/// also answers 404 for a soft-deleted server whose cell is down; before, it always answers 500 if a cell is down.
const MICROVERSION: &str = "compute 2.53";

/// nova's answer: a status, and JSON or null.
pub(super) struct NovaResponse {
    pub(super) what: String,
    pub(super) status: u16,
    pub(super) body: Value,
}

impl Cloud {
    /// Sends a GET with a query to nova. If nova refuses the token, it is renewed once.
    pub(super) async fn ask_nova(&self, path: &str, query: &[(&str, &str)]) -> Result<NovaResponse, Doubt> {
        self.ask_nova_at(MICROVERSION, path, query).await
    }

    /// The same with another microversion.
    pub(super) async fn ask_nova_at(
        &self,
        microversion: &str,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<NovaResponse, Doubt> {
        let what = format!("GET {path}");
        let silent = |cause: String| Doubt::NoAnswer { what: what.clone(), cause };
        let _permit = self.in_flight.permit().await;
        // Before the endpoint is read, because a new token has a new catalogue.
        let token = self.token().await.map_err(|cause| silent(one_line(&cause)))?;
        let nova = self.nova_now().ok_or_else(|| Doubt::NoNova { cloud: self.name.clone() })?;
        let url = Url::parse_with_params(&format!("{nova}{path}"), query).map_err(|cause| silent(one_line(&cause)))?;
        let mut response = self.get(&url, microversion, &token).await.map_err(&silent)?;
        if response.status() == StatusCode::UNAUTHORIZED {
            let token = self.renew(&token).await.map_err(|cause| silent(one_line(&cause)))?;
            response = self.get(&url, microversion, &token).await.map_err(&silent)?;
        }
        let body = outgoing::body(&mut response).await.map_err(|cause| silent(cause.to_string()))?;
        let body = serde_json::from_slice(&body).unwrap_or_default();
        Ok(NovaResponse { status: response.status().as_u16(), body, what })
    }

    async fn get(&self, url: &Url, microversion: &str, token: &str) -> Result<reqwest::Response, String> {
        let mut token = HeaderValue::try_from(token).map_err(|_| "the token is not a header's value".to_owned())?;
        token.set_sensitive(true);
        let request = || {
            let request = self.client.get(url.clone()).header("x-auth-token", token.clone());
            request.header("openstack-api-version", microversion).header(ACCEPT, "application/json").send()
        };
        despite_shortage(request).await.map_err(|cause| outgoing::root(&cause))
    }
}

impl NovaResponse {
    /// Whether this is nova's own 404, not one of a proxy or another service.
    pub(super) fn is_not_found(&self) -> bool {
        self.status == 404 && self.body.get("itemNotFound").is_some()
    }

    /// Whether this is nova's own 403.
    pub(super) fn is_forbidden(&self) -> bool {
        self.status == 403 && self.body.get("forbidden").is_some()
    }

    /// The error for an answer that gives no information.
    pub(super) fn doubt(self) -> Doubt {
        let body = self.body.to_string().chars().take(200).collect();
        Doubt::Refused { what: self.what, status: self.status, body }
    }
}
