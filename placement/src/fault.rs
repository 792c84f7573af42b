//! Faults: what can happen to one request on its way, and to its write among others.

use crate::allocations::raced;
use crate::errors::Refusal;
use crate::placement::request_id;
use crate::routes::is_allocation_write;
use crate::{Placement, Request, Response};

/// What goes wrong with one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// The connection breaks before Placement has read the request.
    LostBeforeWrite,
    /// The connection breaks after Placement has done what was asked.
    LostAfterWrite,
    /// Other writers keep changing a provider, until Placement gives up: 409 with `placement.concurrent_update`.
    ProviderConflict,
    /// Another writer changes a consumer between Placement's check of its generation and the write: 409 with
    /// `placement.concurrent_update`, and without the words `consumer generation conflict`.
    ConsumerRaced,
    /// There is no connection.
    Outage,
}

/// What the client sees of a request that may go wrong.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// An answer.
    Response(Response),
    /// The request was sent and no answer came: it may have been done or not.
    Lost,
    /// The request was never sent.
    Unreachable,
}

impl Placement {
    /// Answers one request that goes wrong as told.
    ///
    /// The two conflicts can only happen to a PUT or POST of allocations that would have been written; of anything else
    /// they change nothing. A conflict leaves no trace in Placement, and what the other writer did is not modelled.
    pub fn handle_with(&mut self, request: &Request, fault: Option<Fault>) -> Answer {
        match fault {
            None => Answer::Response(self.handle(request)),
            Some(Fault::LostBeforeWrite) => Answer::Lost,
            Some(Fault::LostAfterWrite) => {
                self.handle(request);
                Answer::Lost
            }
            Some(Fault::ProviderConflict) => Answer::Response(self.overtaken(request, "resource provider data")),
            Some(Fault::ConsumerRaced) => Answer::Response(self.overtaken(request, "data")),
            Some(Fault::Outage) => Answer::Unreachable,
        }
    }

    fn overtaken(&mut self, request: &Request, what: &str) -> Response {
        let before = self.clone();
        let response = self.handle(request);
        if !is_allocation_write(request) || !response.is_success() {
            return response;
        }
        *self = before;
        let refusal: Refusal = raced(what);
        refusal.into_response(Some(request.microversion), &request_id(what))
    }
}
