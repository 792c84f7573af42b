//! Faults: what can happen to one request in transit, and to its write because of other writers.

use crate::allocations::raced;
use crate::errors::ErrorResponse;
use crate::placement::request_id;
use crate::routes::is_allocation_write;
use crate::{Placement, Request, Response};

/// A fault of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// The connection breaks before Placement has read the request.
    LostBeforeWrite,
    /// The connection breaks after Placement has carried out the request.
    LostAfterWrite,
    /// Other writers keep changing a provider, until Placement gives up: 409 with `placement.concurrent_update`.
    ProviderConflict,
    /// Another writer changes a consumer between Placement's check of its generation and the write: 409 with
    /// `placement.concurrent_update`, and without the words `consumer generation conflict`.
    ConsumerRaced,
    /// No connection can be made.
    Outage,
}

/// The result of a request for its client.
#[derive(Clone, Debug, PartialEq)]
pub enum Delivery {
    /// An answer of Placement.
    Response(Response),
    /// The request was sent and no answer came: it may or may not have been done.
    Lost,
    /// The request was not sent.
    Unreachable,
}

impl Placement {
    /// Answers one request with this fault.
    ///
    /// The two conflicts apply only to a PUT or POST of allocations that would have been written; other requests are
    /// answered normally. A conflict changes nothing in Placement: the write of the other writer is not modelled.
    pub fn handle_with(&mut self, request: &Request, fault: Option<Fault>) -> Delivery {
        match fault {
            None => Delivery::Response(self.handle(request)),
            Some(Fault::LostBeforeWrite) => Delivery::Lost,
            Some(Fault::LostAfterWrite) => {
                self.handle(request);
                Delivery::Lost
            }
            Some(Fault::ProviderConflict) => Delivery::Response(self.overtaken(request, "resource provider data")),
            Some(Fault::ConsumerRaced) => Delivery::Response(self.overtaken(request, "data")),
            Some(Fault::Outage) => Delivery::Unreachable,
        }
    }

    fn overtaken(&mut self, request: &Request, what: &str) -> Response {
        let before = self.clone();
        let response = self.handle(request);
        if !is_allocation_write(request) || !response.is_success() {
            return response;
        }
        *self = before;
        let refusal: ErrorResponse = raced(what);
        refusal.into_response(Some(request.microversion), &request_id(what))
    }
}
