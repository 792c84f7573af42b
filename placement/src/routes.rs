//! The route table (placement handler.py): the paths and their handlers.

use serde_json::{Value, json};

use crate::errors::ErrorResponse;
use crate::request::{Body, Method, Request};
use crate::schema::{self, Schema};
use crate::state::ModelState;
use crate::{Microversion, Response};
use crate::{aggregates, allocations, inventories, providers, query, reshaper, resource_classes, root, traits, usages};

/// The handler of a route. A reader cannot change anything, so it may read shared state.
#[derive(Clone, Copy)]
pub(crate) enum Handler {
    Read(fn(&ModelState, &Call) -> Result<Response, ErrorResponse>),
    Write(fn(&mut ModelState, &Call) -> Result<Response, ErrorResponse>),
}

use Handler::{Read, Write};
use Method::{Delete, Get, Post, Put};

type Route = (&'static str, &'static [(Method, Handler)]);

/// The paths with their handlers; `{}` stands for one part of a path.
const ROUTES: &[Route] = &[
    ("", &[(Get, Read(root::home))]),
    ("resource_classes", &[(Get, Read(resource_classes::list)), (Post, Write(resource_classes::create))]),
    (
        "resource_classes/{}",
        &[
            (Get, Read(resource_classes::show)),
            (Put, Write(resource_classes::ensure)),
            (Delete, Write(resource_classes::delete)),
        ],
    ),
    ("resource_providers", &[(Get, Read(providers::list)), (Post, Write(providers::create))]),
    (
        "resource_providers/{}",
        &[(Get, Read(providers::show)), (Delete, Write(providers::delete)), (Put, Write(providers::update))],
    ),
    (
        "resource_providers/{}/inventories",
        &[
            (Get, Read(inventories::list)),
            (Post, Write(inventories::create)),
            (Put, Write(inventories::replace)),
            (Delete, Write(inventories::clear)),
        ],
    ),
    (
        "resource_providers/{}/inventories/{}",
        &[(Get, Read(inventories::show)), (Put, Write(inventories::update)), (Delete, Write(inventories::delete))],
    ),
    ("resource_providers/{}/usages", &[(Get, Read(usages::of_provider))]),
    ("resource_providers/{}/allocations", &[(Get, Read(allocations::of_provider))]),
    ("resource_providers/{}/aggregates", &[(Get, Read(aggregates::list)), (Put, Write(aggregates::replace))]),
    (
        "resource_providers/{}/traits",
        &[(Get, Read(traits::list)), (Put, Write(traits::replace)), (Delete, Write(traits::clear))],
    ),
    ("allocations", &[(Post, Write(allocations::post))]),
    (
        "allocations/{}",
        &[(Get, Read(allocations::of_consumer)), (Put, Write(allocations::put)), (Delete, Write(allocations::delete))],
    ),
    ("usages", &[(Get, Read(usages::of_project))]),
    ("reshaper", &[(Post, Write(reshaper::reshape))]),
];

/// A request on its way to a handler.
pub(crate) struct Call<'a> {
    request: &'a Request,
    params: Vec<&'a str>,
    pub(crate) version: Microversion,
}

/// The handler of a request; 404 for an unknown path, 405 for an unknown method.
pub(crate) fn find(request: &Request) -> Result<(Handler, Call<'_>), ErrorResponse> {
    let path = path(request);
    let found = ROUTES.iter().find_map(|(pattern, handlers)| Some((handlers, params(pattern, path)?)));
    let Some((handlers, params)) = found else { return Err(ErrorResponse::not_found("")) };
    let handler = handlers.iter().find(|(method, _)| *method == request.method);
    let Some((_, handler)) = handler else {
        let allow = handlers.iter().map(|(method, _)| method.to_string()).collect::<Vec<_>>().join(", ");
        return Err(ErrorResponse::not_allowed("The method specified is not allowed for this resource.", Some(allow)));
    };
    Ok((*handler, Call { request, params, version: request.microversion }))
}

/// True if a request writes allocations with PUT or POST.
pub(crate) fn is_allocation_write(request: &Request) -> bool {
    match request.method {
        Put => params("allocations/{}", path(request)).is_some(),
        Post => path(request) == "allocations",
        Get | Delete | Method::Patch | Method::Head | Method::Options => false,
    }
}

fn path(request: &Request) -> &str {
    let path = request.path.split('?').next().unwrap_or_default();
    path.strip_prefix('/').unwrap_or(path)
}

/// The parts of a path at the places where the pattern has `{}`.
fn params<'a>(pattern: &str, path: &'a str) -> Option<Vec<&'a str>> {
    let (mut wanted, mut given) = (pattern.split('/'), path.split('/'));
    let mut params = Vec::new();
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return Some(params),
            (Some("{}"), Some(part)) if !part.is_empty() => params.push(part),
            (Some(wanted), Some(part)) if wanted == part => {}
            _ => return None,
        }
    }
}

impl<'a> Call<'a> {
    /// A variable part of the path, by its position.
    pub(crate) fn param(&self, position: usize) -> &'a str {
        self.params.get(position).copied().unwrap_or_default()
    }

    /// Refuses with 404 below microversion 1.`minor`.
    pub(crate) fn since(&self, minor: u16) -> Result<(), ErrorResponse> {
        if self.version.since(minor) { Ok(()) } else { Err(ErrorResponse::not_found("")) }
    }

    /// Refuses with 415 if the content type is not JSON.
    pub(crate) fn json_only(&self) -> Result<(), ErrorResponse> {
        match self.request.content_type.as_deref() {
            Some("application/json") => Ok(()),
            other => {
                let other = other.unwrap_or("None");
                let text = format!("The media type {other} is not supported, use application/json");
                Err(ErrorResponse::unsupported_media_type(text))
            }
        }
    }

    /// The body, checked against its schema.
    pub(crate) fn document(&self, schema: &Schema) -> Result<Value, ErrorResponse> {
        let document = match &self.request.body {
            Body::Json(document) => document.clone(),
            Body::Text(text) => parse(text)?,
            Body::Empty => parse("")?,
        };
        schema::check(schema, &document)?;
        Ok(document)
    }

    /// The query as an object of strings, checked against its schema.
    pub(crate) fn query(&self, schema: &Schema) -> Result<Value, ErrorResponse> {
        let query = self.request.path.split_once('?').map_or("", |(_, query)| query);
        let query = query::pairs(query).into_iter().map(|(name, value)| (name, json!(value))).collect();
        schema::check_query(schema, &query)?;
        Ok(query)
    }

    /// An answer with a document; with cache headers from microversion 1.15 on.
    pub(crate) fn ok(&self, body: Value) -> Response {
        let mut response = Response::ok(body);
        if self.version.since(15) {
            response.headers.push(("cache-control", "no-cache".to_owned()));
        }
        response
    }
}

fn parse(text: &str) -> Result<Value, ErrorResponse> {
    serde_json::from_str(text).map_err(|error| ErrorResponse::bad_request(format!("Malformed JSON: {error}")))
}
