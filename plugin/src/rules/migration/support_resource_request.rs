//! Checks that a host is new enough for the ports' resource requests (nova's `_support_resource_request`).

use crate::contract::{BuiltInReason, Effect, Reply, RequestSpec, RpcVersion};
use crate::history::{History, Interrupt};
use crate::nova::{self, of_host};
use crate::policy::Policy;

/// The first version of nova-compute that supports resource requests in a move (Train).
const SERVICE: u32 = 39;
/// The first version of the compute RPC API that can send them.
const RPC: (u32, u32) = (5, 2);

/// Asks for each host. The version of the RPC API is the same for all hosts, so it is asked only once.
pub struct Supports {
    needed: bool,
    missing: &'static str,
    rpc: Option<bool>,
}

impl Supports {
    /// No question is needed if no port requests resources, or if no service is that old.
    pub fn new(policy: &dyn Policy, spec: &RequestSpec) -> Self {
        let needed = policy.asks_for_service_versions() && !spec.requested_resources.is_empty();
        Self { needed, missing: policy.no_such_service(), rpc: None }
    }

    /// True if this host is new enough.
    pub fn host(&mut self, history: &mut History<'_>, host: &str) -> Result<bool, Interrupt> {
        if !self.needed {
            return Ok(true);
        }
        history.explain(BuiltInReason::SupportResourceRequest);
        let (version, rpc) = self.ask(history, host)?;
        let Some(version) = version else {
            return Err(nova::raise(self.missing, &["nova has no service nova-compute on ", host].concat()).into());
        };
        let supports = version >= SERVICE && rpc;
        if !supports {
            history.explain(BuiltInReason::HostTooOld(of_host(host)));
        }
        Ok(supports)
    }

    fn ask(&mut self, history: &mut History<'_>, host: &str) -> Result<(Option<u32>, bool), Interrupt> {
        let service = Effect::FindService(of_host(host));
        if let Some(rpc) = self.rpc {
            return Ok((nova::ask(history, service, version)?, rpc));
        }
        let pin = Effect::GetComputeRpcVersion;
        let [service_reply, pin_reply] = history.perform_all([service, pin])?;
        let version = nova::answer(history, service_reply, 2, version)??;
        let pin = nova::answer(history, pin_reply, 1, rpc_version)??;
        let rpc = *self.rpc.insert((pin.major, pin.minor) >= RPC);
        Ok((version, rpc))
    }
}

fn version(reply: &Reply) -> Option<Option<u32>> {
    match reply {
        Reply::Service(answer) => Some(answer.version),
        _ => None,
    }
}

fn rpc_version(reply: &Reply) -> Option<RpcVersion> {
    match reply {
        Reply::RpcVersion(version) => Some(*version),
        _ => None,
    }
}
