//! Answers Placement's effects by its model, and delays or drops requests.

use std::collections::BTreeSet;

use swaparoo_placement::{Delivery, Draft, Fault, Method, Placement, Request, Response};

use super::compute::Cast;
use super::{EffectFault, SimCloud};
use crate::contract::{Effect, ForeignAnswer, Refusal, Reply, Silence};
use crate::placement_codec::{self, HttpOutcome};

/// The connection to Placement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Placement answers.
    Here,
    /// Connections to it are refused.
    Away,
    /// Requests are lost: neither done nor answered.
    Silent,
    /// Reads are answered; a proxy answers writes with 504 and does not forward them.
    ReadOnly,
    /// Placement answers, but others change the providers all the time, so that every write conflicts.
    Busy,
}

/// A request that arrives later.
#[derive(Debug, Clone)]
pub(super) enum Late {
    Write(Request),
    Cast(Cast),
}

impl SimCloud {
    /// Lets all delayed requests arrive, oldest first.
    pub fn deliver_late(&mut self) {
        for late in std::mem::take(&mut self.late) {
            match late {
                Late::Write(request) => {
                    let (before, writes_done) = (self.placement.clone(), self.writes_done);
                    self.write(&request);
                    self.committed(&request, before, writes_done);
                }
                Late::Cast(cast) => self.begin(cast),
            }
        }
    }

    /// Lets no delayed request arrive any more.
    pub fn drop_late(&mut self) {
        self.late.clear();
    }

    /// Whether any delayed request exists.
    #[must_use]
    pub fn has_late(&self) -> bool {
        !self.late.is_empty()
    }

    pub(super) fn ask_placement(&mut self, request: &Request, effect: &Effect, fault: EffectFault) -> Reply {
        let before = (request.method != Method::Get).then(|| (self.placement.clone(), self.writes_done));
        let reply = self.deliver(request, effect, fault);
        if let Some((before, writes_done)) = before {
            self.committed(request, before, writes_done);
        }
        reply
    }

    /// The first half of a PUT or POST of allocations: Placement checks the consumers' generations, and creates missing
    /// records. If the request ends here, its answer.
    pub(super) fn begin_write(&mut self, effect: &Effect) -> Option<Result<Draft, Reply>> {
        let request = placement_codec::request(effect)?;
        let before = (self.placement.clone(), self.writes_done);
        let draft = self.placement.begin(&request);
        self.committed(&request, before.0, before.1);
        Some(draft.map_err(|response| reply_to(&request, effect, &response)))
    }

    /// The second half: everything is written, or nothing. Its answer may be lost.
    pub(super) fn commit_write(&mut self, draft: Draft, effect: &Effect, is_lost: bool) -> Option<Reply> {
        let request = placement_codec::request(effect)?;
        let before = (self.placement.clone(), self.writes_done);
        let response = self.placement.commit(draft);
        self.count(&request, &Delivery::Response(response.clone()));
        self.committed(&request, before.0, before.1);
        let lost = || Reply::Lost(silence("connection reset by peer"));
        Some(if is_lost { lost() } else { reply_to(&request, effect, &response) })
    }

    /// After a write: a replica is behind if something was committed; and a consumer that is written as it was read only
    /// gets another generation, which does not count as a write.
    fn committed(&mut self, request: &Request, before: Placement, writes_done: u32) {
        if request.method == Method::Put && before.holdings() == self.placement.holdings() {
            self.writes_done = writes_done;
        }
        if before.consumers() != self.placement.consumers() {
            self.earlier = Some(before);
        }
    }

    fn deliver(&mut self, request: &Request, effect: &Effect, fault: EffectFault) -> Reply {
        let answered = match (self.reach, fault) {
            (Reach::Away, _) => Delivery::Unreachable,
            (Reach::Silent, _) => Delivery::Lost,
            (_, EffectFault::Refused) => return Reply::Refused(constraint()),
            (_, EffectFault::Forbidden) => {
                return Reply::Foreign(ForeignAnswer { status: 403, body: "<html>no</html>".into() });
            }
            (_, EffectFault::Stale) => {
                let replica = self.earlier.as_mut().unwrap_or(&mut self.placement);
                Delivery::Response(replica.handle(request))
            }
            (_, EffectFault::Late) => {
                self.late.push(Late::Write(request.clone()));
                Delivery::Lost
            }
            (_, EffectFault::BadGateway) => {
                self.write(request);
                return Reply::Foreign(bad_gateway());
            }
            (_, EffectFault::ForgottenAndBadGateway) => {
                self.write_and_forget(request);
                return Reply::Foreign(bad_gateway());
            }
            (_, EffectFault::ServerError) => return Reply::Refused(internal_error()),
            (_, EffectFault::DoneAndServerError) => {
                self.write(request);
                return Reply::Refused(internal_error());
            }
            (_, EffectFault::DoneAndForgotten) => {
                self.write_and_forget(request);
                return Reply::Refused(internal_error());
            }
            (_, EffectFault::Placement(Fault::LostAfterWrite)) if request.method != Method::Get => {
                self.write(request);
                Delivery::Lost
            }
            (Reach::ReadOnly, EffectFault::Answered) if request.method != Method::Get => {
                let body = "<html>Gateway Time-out</html>".into();
                return Reply::Foreign(ForeignAnswer { status: 504, body });
            }
            (Reach::Busy, EffectFault::Answered) if request.method != Method::Get => {
                self.placement.handle_with(request, Some(Fault::ProviderConflict))
            }
            (_, fault) => {
                let answered = self.placement.handle_with(request, placement_fault(request, fault));
                self.count(request, &answered);
                answered
            }
        };
        let answer = match answered {
            Delivery::Response(response) => return reply_to(request, effect, &response),
            Delivery::Lost => HttpOutcome::Lost("connection reset by peer".into()),
            Delivery::Unreachable => HttpOutcome::Unsent("connection refused".into()),
        };
        placement_codec::reply(request, effect, answer)
    }

    /// Performs a write of the task, without regard to its answer.
    fn write(&mut self, request: &Request) {
        let response = self.placement.handle(request);
        self.count(request, &Delivery::Response(response));
    }

    /// Performs a write, after which Placement deletes the records of the consumers that it created. Their allocations
    /// are then in no answer; the model drops them.
    fn write_and_forget(&mut self, request: &Request) {
        let known: BTreeSet<String> = self.placement.consumers().keys().cloned().collect();
        self.write(request);
        let created: Vec<String> =
            self.placement.consumers().keys().filter(|consumer| !known.contains(*consumer)).cloned().collect();
        for consumer in created {
            self.drop_all(&consumer);
        }
    }

    fn count(&mut self, request: &Request, answered: &Delivery) {
        let done = matches!(answered, Delivery::Response(response) if response.is_success());
        self.writes_done += u32::from(done && request.method != Method::Get);
    }
}

fn reply_to(request: &Request, effect: &Effect, response: &Response) -> Reply {
    let answer = HttpOutcome::Response { status: response.status, body: bytes(response) };
    placement_codec::reply(request, effect, answer)
}

/// The model's fault for a fate. A read without an answer changes nothing, whichever way it was lost.
fn placement_fault(request: &Request, fault: EffectFault) -> Option<Fault> {
    match fault {
        EffectFault::Placement(_) if request.method == Method::Get => Some(Fault::Outage),
        EffectFault::Placement(fault) => Some(fault),
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

fn bad_gateway() -> ForeignAnswer {
    ForeignAnswer { status: 502, body: "<html>Bad Gateway</html>".into() }
}

fn internal_error() -> Refusal {
    let detail = "The server has either erred or is incapable of performing the requested operation.".into();
    Refusal { status: 500, code: "placement.undefined_code".into(), detail }
}

fn bytes(response: &Response) -> Vec<u8> {
    if response.body.is_null() { Vec::new() } else { response.body.to_string().into_bytes() }
}
