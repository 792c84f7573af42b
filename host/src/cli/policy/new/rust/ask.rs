//! The effects that the rules ask for, and what their replies mean.

use crate::contract::swaparoo::policy::allocations::{
    Allocation, DeleteAllocations, GetAllocations, Holding, NewHolding, Owner, PostAllocations, Refusal,
};
use crate::contract::swaparoo::policy::moves::{
    Effect, Failure, FindComputeNode, FindServer, Pause, Reply, ServerState,
};
use crate::history::{History, Rule};

/// The result of a write that does not fail the task.
pub enum Written<'a> {
    /// It is done.
    Done,
    /// Another writer was first: read and decide again.
    Refused(&'a Refusal),
    /// It is not known whether it was done.
    Lost,
}

/// Reads what a consumer holds.
pub fn holding<'a>(history: &mut History<'a>, consumer: &str) -> Rule<&'a Holding> {
    let reply = history.perform(get(consumer))?;
    read(history, reply, 1)
}

/// Reads what two consumers hold, at the same time.
pub fn holdings<'a>(history: &mut History<'a>, consumers: [&str; 2]) -> Rule<[&'a Holding; 2]> {
    let [one, other] = history.perform_all(consumers.map(get))?;
    Ok([read(history, one, 2)?, read(history, other, 1)?])
}

fn get(consumer: &str) -> Effect {
    Effect::GetAllocations(GetAllocations { consumer: consumer.to_owned() })
}

fn read<'a>(history: &History<'a>, reply: &'a Reply, back: usize) -> Rule<&'a Holding> {
    Err(match reply {
        Reply::Holding(holding) => return Ok(holding),
        Reply::Refused(refusal) => Failure::AllocationRetrievalFailed(refusal.clone()).into(),
        Reply::Foreign(answer) => Failure::MalformedAnswer(answer.clone()).into(),
        Reply::Unreachable(silence) => Failure::Unreachable(silence.clone()).into(),
        _ => history.unexpected(back),
    })
}

/// Performs a write. A reply that is none of [`Written`] fails the task.
pub fn write<'a>(history: &mut History<'a>, effect: &Effect) -> Rule<Written<'a>> {
    Err(match history.perform(effect.clone())? {
        Reply::Written => return Ok(Written::Done),
        Reply::Lost(_) => return Ok(Written::Lost),
        // Placement answers 5xx after any exception, also after one that follows its commit.
        Reply::Refused(refusal) if refusal.status >= 500 => return Ok(Written::Lost),
        Reply::Refused(refusal) if refusal.code == "placement.concurrent_update" => {
            return Ok(Written::Refused(refusal));
        }
        Reply::Refused(refusal) => match effect {
            Effect::DeleteAllocations(_) => Failure::AllocationDeleteFailed(refusal.clone()).into(),
            _ => Failure::Refused(refusal.clone()).into(),
        },
        // A proxy's own 4xx shows that it did not forward the request; any other status shows nothing.
        Reply::Foreign(answer) if (400..500).contains(&answer.status) => {
            Failure::MalformedAnswer(answer.clone()).into()
        }
        Reply::Foreign(_) => return Ok(Written::Lost),
        Reply::Unreachable(silence) => Failure::Unreachable(silence.clone()).into(),
        _ => history.unexpected(1),
    })
}

/// Gives the target all that the source holds, and the source nothing, in one write.
pub fn transfer(from: &Holding, owner: &Owner, to: &Holding) -> Effect {
    let consumers = vec![entry(from, owner, &[]), entry(to, owner, &from.allocations)];
    Effect::PostAllocations(PostAllocations { consumers })
}

/// These consumers, which hold something, hold nothing after this write.
pub fn removal(held: &[(&Holding, &Owner)]) -> Effect {
    if let [(one, Owner { project, user, generation })] = held {
        let (consumer, project, user) = (one.consumer.clone(), project.clone(), user.clone());
        return Effect::DeleteAllocations(DeleteAllocations { consumer, project, user, generation: *generation });
    }
    let consumers = held.iter().map(|(one, owner)| entry(one, owner, &[])).collect();
    Effect::PostAllocations(PostAllocations { consumers })
}

/// The consumer holds these allocations after the write, at the generation that was read.
fn entry(consumer: &Holding, owner: &Owner, allocations: &[Allocation]) -> NewHolding {
    NewHolding {
        consumer: consumer.consumer.clone(),
        project: owner.project.clone(),
        user: owner.user.clone(),
        generation: consumer.owner.as_ref().map(|owner| owner.generation),
        allocations: allocations.to_vec(),
    }
}

/// Asks nova whether the server exists. No answer means `unknown`, too.
pub fn server(history: &mut History<'_>, server: &str) -> Rule<ServerState> {
    match history.perform(Effect::FindServer(FindServer { server: server.to_owned() }))? {
        Reply::Server(answer) => Ok(answer.state),
        Reply::Unreachable(_) | Reply::Abandoned(_) => Ok(ServerState::Unknown),
        _ => Err(history.unexpected(1)),
    }
}

/// Asks nova on which compute node the server is.
pub fn compute_node(history: &mut History<'_>, server: &str) -> Rule<String> {
    let find = FindComputeNode { server: server.to_owned() };
    Err(match history.perform(Effect::FindComputeNode(find.clone()))? {
        Reply::ComputeNode(answer) => match &answer.node {
            Some(node) => return Ok(node.clone()),
            None => Failure::ComputeHostNotFound(find).into(),
        },
        Reply::Unreachable(silence) | Reply::Abandoned(silence) => Failure::Unreachable(silence.clone()).into(),
        _ => history.unexpected(1),
    })
}

/// Waits, so that other writers can finish. The host draws the time.
pub fn pause(history: &mut History<'_>, up_to_ms: u32) -> Rule<()> {
    match history.perform(Effect::Pause(Pause { up_to_ms }))? {
        Reply::Paused(_) => Ok(()),
        _ => Err(history.unexpected(1)),
    }
}
