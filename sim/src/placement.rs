//! Placement's effects, by the model, and what is lost on the way.

use swaparoo_placement::{Answer as Said, Fault, Method, Request, Response};

use super::{Cloud, Fate};
use crate::contract::{ConsumerId, Effect, ForeignAnswer, HostNode, Refusal, Reply, Silence};
use crate::wire::{self, Answer};

/// Whether Placement can be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// It answers.
    Here,
    /// Connections to it are refused.
    Away,
    /// Requests to it vanish, undone.
    Silent,
    /// It answers, and others keep changing its providers: every write is in conflict.
    Busy,
}

/// What is still under way.
#[derive(Debug, Clone)]
pub(super) enum Late {
    Write(Request),
    Cast { migration: ConsumerId, destination: HostNode },
}

impl Cloud {
    /// Lets all that is under way arrive, oldest first.
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

    /// Whether anything is under way.
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

/// A read that goes unanswered has changed nothing, whichever way.
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
