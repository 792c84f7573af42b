//! The effects that the rules ask for, with typed replies: each answer has only the cases that a rule must distinguish.

use crate::contract::{
    Allocation, BuiltInReason, ComputeNodeAnswer, DeleteAllocations, Effect, Failure, FindComputeNode, FindServer,
    ForeignAnswer, GetAllocations, GetProviderTraits, Holding, NewHolding, Owner, Pause, PostAllocations, ProviderId,
    PutAllocations, Refusal, Reply, ServerAnswer, ServerState, Silence,
};
use crate::history::{History, Interrupt};

/// A consumer that holds something: a holding that is known not to be empty.
#[derive(Debug, Clone, Copy)]
pub struct HeldAllocations<'a> {
    /// The UUID of the consumer.
    pub consumer: &'a str,
    /// Its project, user and generation.
    pub owner: &'a Owner,
    /// The allocations of the consumer; not empty.
    pub allocations: &'a [Allocation],
}

impl HeldAllocations<'_> {
    /// The same as a `Holding` of the contract.
    pub fn to_holding(self) -> Holding {
        Holding {
            consumer: self.consumer.into(),
            owner: Some(self.owner.clone()),
            allocations: self.allocations.to_vec(),
        }
    }
}

/// The holding of a consumer without allocations.
pub fn empty(consumer: &str) -> Holding {
    Holding { consumer: consumer.into(), owner: None, allocations: Vec::new() }
}

/// The result of a write.
#[derive(Debug, Clone, Copy)]
pub enum Written<'a> {
    /// Placement carried out the write.
    Done,
    /// Placement refused the write.
    Refused(&'a Refusal),
    /// The answer did not come from Placement.
    Foreign(&'a ForeignAnswer),
    /// No answer came; the write may or may not have been done.
    Lost(&'a Silence),
    /// Nothing was sent.
    Unsent(&'a Silence),
}

impl Written<'_> {
    /// True if the answer is a 5xx, of Placement or of a proxy: it is not known whether the write was done.
    pub fn is_server_error(self) -> bool {
        match self {
            Self::Refused(refusal) => refusal.status >= 500,
            Self::Foreign(answer) => answer.status >= 500,
            _ => false,
        }
    }
}

/// The holding with its owner; none if it is empty.
#[inline(never)]
pub fn non_empty(holding: &Holding) -> Option<HeldAllocations<'_>> {
    let owner = holding.owner.as_ref()?;
    let Holding { consumer, allocations, .. } = holding;
    (!allocations.is_empty()).then_some(HeldAllocations { consumer, owner, allocations })
}

/// Reads the holdings of two consumers at the same time.
pub fn holdings<'a>(history: &mut History<'a>, consumers: [&str; 2]) -> Result<[&'a Holding; 2], Interrupt> {
    let [first, second] = history.perform_all(consumers.map(get))?;
    let first = read(first).ok_or_else(|| history.unexpected_reply(2))?;
    let second = read(second).ok_or_else(|| history.unexpected_reply(1))?;
    Ok([first?, second?])
}

/// Reads the holding of one consumer.
pub fn holding<'a>(history: &mut History<'a>, consumer: &str) -> Result<&'a Holding, Interrupt> {
    let reply = history.perform(get(consumer))?;
    read(reply).ok_or_else(|| history.unexpected_reply(1))?
}

/// Moves all allocations of the source to the target in one write. `generation` is the target's, none if it must not
/// exist. As in nova, the target gets the source's project and user. If both are one consumer, only the target's entry
/// is sent.
pub fn transfer(source: HeldAllocations<'_>, target: &str, generation: Option<u32>) -> Effect {
    let mut consumers = vec![entry(target, source.owner, generation, source.allocations)];
    if source.consumer != target {
        consumers.insert(0, entry(source.consumer, source.owner, Some(source.owner.generation), &[]));
    }
    Effect::PostAllocations(PostAllocations { consumers })
}

/// Gives two consumers these allocations in one write. The first one holds something; the second one gets its project
/// and user, and `generation` is that of the second one, none if it must not exist.
#[inline(never)]
pub fn give_both(
    first: HeldAllocations<'_>,
    first_gets: &[Allocation],
    second: &str,
    generation: Option<u32>,
    second_gets: &[Allocation],
) -> Effect {
    let first_entry = entry(first.consumer, first.owner, Some(first.owner.generation), first_gets);
    let consumers = vec![first_entry, entry(second, first.owner, generation, second_gets)];
    Effect::PostAllocations(PostAllocations { consumers })
}

/// Deletes all allocations of a consumer if its generation has not changed since the read.
pub fn removal(held: HeldAllocations<'_>) -> Effect {
    let Owner { project, user, generation } = held.owner.clone();
    Effect::DeleteAllocations(DeleteAllocations { consumer: held.consumer.into(), project, user, generation })
}

/// Gives a consumer that holds nothing the allocations that were read from another one. `generation` is that of its
/// empty record, none if it must not exist.
#[inline(never)]
pub fn creation(read: HeldAllocations<'_>, consumer: &str, generation: Option<u32>) -> Effect {
    put(entry(consumer, read.owner, generation, read.allocations))
}

/// Replaces the allocations of a consumer with these if its generation has not changed since the read.
#[inline(never)]
pub fn rewrite(held: HeldAllocations<'_>, allocations: &[Allocation]) -> Effect {
    put(entry(held.consumer, held.owner, Some(held.owner.generation), allocations))
}

/// Performs a write.
pub fn write<'a>(history: &mut History<'a>, write: &Effect) -> Result<Written<'a>, Interrupt> {
    match history.perform(write.clone())? {
        Reply::Written => Ok(Written::Done),
        Reply::Refused(refusal) => Ok(Written::Refused(refusal)),
        Reply::Foreign(answer) => Ok(Written::Foreign(answer)),
        Reply::Lost(silence) => Ok(Written::Lost(silence)),
        Reply::Unreachable(silence) => Ok(Written::Unsent(silence)),
        _ => Err(history.unexpected_reply(1)),
    }
}

/// What nova has answered about a server; none if it did not answer.
pub type Seen<'a> = Option<&'a ServerAnswer>;

/// Asks nova whether the server still exists. No answer means `unknown` too.
pub fn server(history: &mut History<'_>, server: &str) -> Result<ServerState, Interrupt> {
    Ok(state(find_server(history, server)?))
}

/// Asks nova about the server.
#[inline(never)]
pub fn find_server<'a>(history: &mut History<'a>, server: &str) -> Result<Seen<'a>, Interrupt> {
    let reply = history.perform(Effect::FindServer(FindServer { server: server.into() }))?;
    if let Reply::Unreachable(silence) | Reply::Abandoned(silence) = reply {
        history.explain(BuiltInReason::NoAnswer(silence.clone()));
    }
    seen(history, reply)
}

/// The answer in the reply to the last effect of a step, which asked about a server.
pub fn seen<'a>(history: &mut History<'a>, reply: &'a Reply) -> Result<Seen<'a>, Interrupt> {
    match reply {
        Reply::Server(answer) => Ok(Some(answer)),
        Reply::Unreachable(_) | Reply::Abandoned(_) => Ok(None),
        _ => Err(history.unexpected_reply(1)),
    }
}

/// The server's state; no answer means `unknown` too.
pub fn state(seen: Seen<'_>) -> ServerState {
    seen.map_or(ServerState::Unknown, |answer| answer.state)
}

/// Reads the traits of a provider.
pub fn traits<'a>(history: &mut History<'a>, provider: &str) -> Result<&'a [String], Interrupt> {
    match history.perform(Effect::GetProviderTraits(GetProviderTraits { provider: provider.into() }))? {
        Reply::Traits(traits) => Ok(&traits.traits),
        reply => match read(reply) {
            Some(Err(failure)) => Err(failure),
            _ => Err(history.unexpected_reply(1)),
        },
    }
}

/// Asks nova for the server's compute node.
pub fn compute_node(history: &mut History<'_>, server: &str) -> Result<ProviderId, Interrupt> {
    let find = FindComputeNode { server: server.into() };
    let asked = Effect::FindComputeNode(find.clone());
    match history.perform(asked)? {
        Reply::ComputeNode(ComputeNodeAnswer { node: Some(node) }) => Ok(node.clone()),
        Reply::ComputeNode(ComputeNodeAnswer { node: None }) => Err(Failure::ComputeHostNotFound(find).into()),
        Reply::Unreachable(silence) | Reply::Abandoned(silence) => Err(Failure::Unreachable(silence.clone()).into()),
        _ => Err(history.unexpected_reply(1)),
    }
}

/// Waits a time that the host draws, at most `up_to_ms`; 0 needs no effect.
pub fn pause(history: &mut History<'_>, up_to_ms: u32) -> Result<(), Interrupt> {
    if up_to_ms == 0 {
        return Ok(());
    }
    let asked = Effect::Pause(Pause { up_to_ms });
    match history.perform(asked)? {
        Reply::Paused(_) => Ok(()),
        _ => Err(history.unexpected_reply(1)),
    }
}

#[inline(never)]
fn entry(consumer: &str, owner: &Owner, generation: Option<u32>, allocations: &[Allocation]) -> NewHolding {
    let Owner { project, user, .. } = owner.clone();
    NewHolding { consumer: consumer.into(), project, user, generation, allocations: allocations.to_vec() }
}

fn put(holding: NewHolding) -> Effect {
    Effect::PutAllocations(PutAllocations { holding, mappings: Vec::new(), version: "1.28".into() })
}

fn get(consumer: &str) -> Effect {
    Effect::GetAllocations(GetAllocations { consumer: consumer.into() })
}

/// The answer to a read; none if the reply is of a kind that does not answer a read.
fn read(reply: &Reply) -> Option<Result<&Holding, Interrupt>> {
    let failure = match reply {
        Reply::Holding(holding) => return Some(Ok(holding)),
        Reply::Refused(refusal) => Failure::AllocationRetrievalFailed(refusal.clone()),
        Reply::Foreign(answer) if answer.status < 400 => Failure::MalformedAnswer(answer.clone()),
        Reply::Foreign(ForeignAnswer { status, body }) => {
            let refusal = Refusal { status: *status, code: String::new(), detail: body.clone() };
            Failure::AllocationRetrievalFailed(refusal)
        }
        Reply::Unreachable(silence) => Failure::Unreachable(silence.clone()),
        _ => return None,
    };
    Some(Err(failure.into()))
}
