//! Answers Placement's effects by its model, and delays or drops requests.

use swaparoo_placement::{Answer as Said, Fault, Method, Request, Response};

use super::{Cloud, Fate};
use crate::contract::{ConsumerId, Effect, ForeignAnswer, HostNode, Refusal, Reply, Silence};
use crate::wire::{self, Answer};

/// The connection to Placement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Placement answers.
    Here,
    /// Connections to it are refused.
    Away,
    /// Requests are lost: neither done nor answered.
    Silent,
    /// Placement answers, but others change the providers all the time, so that every write conflicts.
    Busy,
}

/// A request that arrives later.
#[derive(Debug, Clone)]
pub(super) enum Late {
    Write(Request),
    Cast { migration: ConsumerId, destination: HostNode },
}

impl Cloud {
    /// Lets all delayed requests arrive, oldest first.
    pub fn deliver_late(&mut self) {
        for late in std::mem::take(&mut self.late) {
            match late {
                Late::Write(request) => {
                    self.placement.handle(&request);
                }
                Late::Cast { migration, destination } => self.begin(&migration, destination),
            }
        }
    }

    /// Whether any delayed request exists.
    #[must_use]
    pub fn has_late(&self) -> bool {
        !self.late.is_empty()
    }

    pub(super) fn ask_placement(&mut self, request: &Request, effect: &Effect, fate: Fate) -> Reply {
        let said = match (self.reach, fate) {
            (Reach::Away, _) => Said::Unreachable,
            (Reach::Silent, _) => Said::Lost,
            (_, Fate::Refused) => return Reply::Refused(constraint()),
            (_, Fate::Forbidden) => {
                return Reply::Foreign(ForeignAnswer { status: 403, body: "<html>no</html>".into() });
            }
            (_, Fate::Late) => {
                self.late.push(Late::Write(request.clone()));
                Said::Lost
            }
            (Reach::Busy, Fate::Answered) if request.method != Method::Get => {
                self.placement.handle_with(request, Some(Fault::ProviderConflict))
            }
            (_, fate) => self.placement.handle_with(request, fault(request, fate)),
        };
        let answer = match said {
            Said::Response(response) => Answer::Response { status: response.status, body: bytes(&response) },
            Said::Lost => Answer::Lost("connection reset by peer".into()),
            Said::Unreachable => Answer::Unsent("connection refused".into()),
        };
        wire::reply(request, effect, answer)
    }
}

/// The model's fault for a fate. A read without an answer changes nothing, whichever way it was lost.
fn fault(request: &Request, fate: Fate) -> Option<Fault> {
    match fate {
        Fate::Fault(_) if request.method == Method::Get => Some(Fault::Outage),
        Fate::Fault(fault) => Some(fault),
        _ => None,
    }
}

pub(super) fn silence(detail: &str) -> Silence {
    Silence { detail: detail.into() }
}

fn constraint() -> Refusal {
    let detail = "Unable to create allocation for 'VCPU': it would violate inventory constraints.".into();
    Refusal { status: 409, code: "placement.undefined_code".into(), detail }
}

fn bytes(response: &Response) -> Vec<u8> {
    if response.body.is_null() { Vec::new() } else { response.body.to_string().into_bytes() }
}
