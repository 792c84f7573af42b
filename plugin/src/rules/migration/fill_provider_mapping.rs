//! The providers of each port's resource request (nova's `fill_provider_mapping`). A scheduler with microversion 1.34
//! or later names them; with an older one, they are found by their traits.

use crate::contract::{
    AllocationRequest, BuiltInReason, Effect, GetProviderTraits, ProviderId, Reply, RequestSpec, ResourceRequest,
    Selection,
};
use crate::history::{History, Interrupt};
use crate::nova;

/// Writes the providers into the request spec.
pub fn fill_provider_mapping(
    history: &mut History<'_>,
    spec: &mut RequestSpec,
    selection: &Selection,
) -> Result<(), Interrupt> {
    let Some(request) = selection.allocation_request.as_ref().filter(|_| !spec.requested_resources.is_empty()) else {
        return Ok(());
    };
    history.explain(BuiltInReason::FillProviderMapping);
    if request.mappings.is_empty() {
        return by_traits(history, spec, request);
    }
    for wanted in &mut spec.requested_resources {
        let Some(mapping) = request.mappings.iter().find(|mapping| mapping.requester == wanted.requester) else {
            return Err(nova::raise("KeyError", &wanted.requester).into());
        };
        wanted.providers.clone_from(&mapping.providers);
    }
    Ok(())
}

/// Assigns each request to the first provider that has its traits and enough of its resource classes.
fn by_traits(history: &mut History<'_>, spec: &mut RequestSpec, request: &AllocationRequest) -> Result<(), Interrupt> {
    let mut providers: Vec<(&ProviderId, &[String])> = Vec::new();
    for allocation in &request.allocations {
        providers.push((&allocation.provider, traits(history, &allocation.provider)?));
    }
    for wanted in &mut spec.requested_resources {
        let serves = |(provider, traits): &&(&ProviderId, &[String])| {
            wanted.required_traits.iter().all(|needed| traits.contains(needed)) && holds(request, provider, wanted)
        };
        let Some((provider, _)) = providers.iter().find(serves) else {
            let text = "no provider of the allocation request serves the resource request of ";
            return Err(nova::raise("ValueError", &[text, &wanted.requester].concat()).into());
        };
        wanted.providers = vec![(*provider).clone()];
    }
    Ok(())
}

fn traits<'a>(history: &mut History<'a>, provider: &str) -> Result<&'a [String], Interrupt> {
    let get = Effect::GetProviderTraits(GetProviderTraits { provider: provider.into() });
    match history.perform(get)? {
        Reply::Traits(traits) => Ok(&traits.traits),
        Reply::Refused(refusal) => Err(nova::raise("ResourceProviderTraitRetrievalFailed", &refusal.detail).into()),
        Reply::Foreign(answer) => Err(nova::raise("ResourceProviderTraitRetrievalFailed", &answer.body).into()),
        Reply::Unreachable(silence) => Err(nova::raise("ConnectFailure", &silence.detail).into()),
        _ => Err(history.unexpected_reply(1)),
    }
}

fn holds(request: &AllocationRequest, provider: &str, wanted: &ResourceRequest) -> bool {
    request.allocations.iter().filter(|allocation| allocation.provider == provider).any(|allocation| {
        let enough = |class: &str, amount: u32| {
            allocation.resources.iter().any(|held| held.class == class && held.amount >= amount)
        };
        wanted.resources.iter().all(|needed| enough(&needed.class, needed.amount))
    })
}
