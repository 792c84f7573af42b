//! Which versions of the API there are, as OpenStack's clients ask for them: documents at `/` and `/v1`, and the header
//! `OpenStack-API-Version` (<https://specs.openstack.org/openstack/api-wg/guidelines/microversion_specification.html>).

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{ACCEPT, VARY};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde::Serialize;
use utoipa::ToSchema;

use super::codes::Code;
use super::error::ApiError;
use super::extract::Json;

/// The route of the document of version 1; needs no token.
pub(super) const V1: &str = "/v1";
/// The name of this kind of service in Keystone's catalogue.
const SERVICE_TYPE: &str = "allocation-task";
/// The only version so far.
const VERSION: &str = "1.0";
const HEADER: HeaderName = HeaderName::from_static("openstack-api-version");
const OWN: HeaderValue = HeaderValue::from_static("allocation-task 1.0");

/// All versions of the API.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Versions {
    versions: Vec<Version>,
}

/// One version of the API.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OneVersion {
    version: Version,
}

/// A version, with the microversions that it has.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Version {
    /// `v1.0`.
    id: &'static str,
    /// `CURRENT`.
    status: &'static str,
    /// The oldest microversion.
    min_version: &'static str,
    /// The newest microversion.
    max_version: &'static str,
    links: Vec<Link>,
}

/// Where it is, relative to the document.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Link {
    rel: &'static str,
    href: &'static str,
}

fn version(href: &'static str) -> Version {
    let links = vec![Link { rel: "self", href }];
    Version { id: "v1.0", status: "CURRENT", min_version: VERSION, max_version: VERSION, links }
}

/// The version that this address belongs to. Needs no token.
#[utoipa::path(
    get, path = "/v1", tag = "service", operation_id = "version",
    responses((status = 200, description = "the version", body = OneVersion), ApiError)
)]
pub(super) async fn show() -> Json<OneVersion> {
    Json(OneVersion { version: version("") })
}

/// Answers `GET /` with the document if the client asks for JSON and not for a page, refuses other versions of the API, and
/// names the version in each answer.
pub(super) async fn negotiate(request: Request, next: Next) -> Response {
    let mut answer = match check(request.headers()) {
        Err(error) => error.closing().into_response(),
        Ok(()) if is_for_programs(&request) => Json(Versions { versions: vec![version("v1/")] }).into_response(),
        Ok(()) => next.run(request).await,
    };
    answer.headers_mut().insert(HEADER, OWN);
    answer.headers_mut().append(VARY, const { HeaderValue::from_static("OpenStack-API-Version") });
    answer
}

fn is_for_programs(request: &Request) -> bool {
    let accepts = |kind| {
        let all = request.headers().get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
        all.flat_map(|value| value.split(','))
            .any(|value| value.split(';').next().is_some_and(|one| one.trim() == kind))
    };
    request.method() == Method::GET
        && request.uri().path() == "/"
        && accepts("application/json")
        && !accepts("text/html")
}

/// A client may name versions of several services.
fn check(headers: &HeaderMap) -> Result<(), ApiError> {
    let named = headers.get_all(HEADER).iter().filter_map(|value| value.to_str().ok());
    let own = named.flat_map(|value| value.split(',')).filter_map(|value| {
        let (service, version) = value.trim().split_once(char::is_whitespace)?;
        service.eq_ignore_ascii_case(SERVICE_TYPE).then(|| version.trim().to_owned())
    });
    for version in own {
        let is_number = version.split_once('.').is_some_and(|(major, minor)| {
            [major, minor].iter().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
        });
        if version == VERSION || version == "latest" {
            continue;
        }
        let detail = format!("OpenStack-API-Version is {SERVICE_TYPE} {version:?}; the only version is {VERSION}");
        return Err(ApiError::new(if is_number { Code::VersionUnsupported } else { Code::BadRequest }, detail));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(value: &str) -> Option<Code> {
        let headers = HeaderMap::from_iter([(HEADER, HeaderValue::from_str(value).unwrap())]);
        check(&headers).err().map(|error| error.code)
    }

    #[test]
    fn only_a_version_that_exists_is_accepted() {
        for good in
            ["allocation-task 1.0", "Allocation-Task latest", "compute 2.96", "compute 2.1, allocation-task 1.0", ""]
        {
            assert_eq!(checked(good), None, "{good}");
        }
        assert_eq!(checked("allocation-task 1.1"), Some(Code::VersionUnsupported));
        assert_eq!(checked("compute 2.1, allocation-task 2.0"), Some(Code::VersionUnsupported));
        assert_eq!(checked("allocation-task newest"), Some(Code::BadRequest));
    }

    #[test]
    fn a_browser_gets_the_page_and_a_program_the_document() {
        let get =
            |accept: &str| is_for_programs(&Request::get("/").header(ACCEPT, accept).body(Default::default()).unwrap());
        assert!(get("application/json") && get("application/json;q=0.9, */*"));
        assert!(!get("text/html,application/xhtml+xml,application/json") && !get("*/*"));
    }
}
