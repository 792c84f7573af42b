//! The contract's variants in words, for people. The rules say which rule spoke and what it saw; only here is it text.

use crate::contract::{
    Allocation, Diverged, Effect, Exchange, Failure, Holding, NewHolding, Outcome, Reason, Refusal, Reply, ServerState,
    Silence,
};

/// Why a task has no outcome. A failure names places in `history`, the one that it ended.
#[must_use]
pub fn failure(failure: &Failure, history: &[Exchange]) -> String {
    let place = |index: u32| usize::try_from(index).ok().and_then(|index| history.get(index));
    match failure {
        Failure::AllocationMoveFailed(refusal) => {
            format!("somebody else kept changing what is moved; Placement's last word: {}", said(refusal))
        }
        Failure::AllocationDeleteFailed(refusal) => format!("the allocations were not deleted: {}", said(refusal)),
        Failure::AllocationRetrievalFailed(refusal) if refusal.status == 401 => {
            format!("Placement does not accept the token; see --token, or the cloud's credentials: {}", said(refusal))
        }
        Failure::AllocationRetrievalFailed(refusal) => format!("the allocations could not be read: {}", said(refusal)),
        Failure::OutOfRetries(refusal) => format!("out of retries; Placement's last word: {}", said(refusal)),
        Failure::Refused(refusal) => format!("Placement refused: {}", said(refusal)),
        Failure::MalformedAnswer(answer) => {
            format!("{} answered in Placement's place: {}", answer.status, one_line(&answer.body))
        }
        Failure::KeyError(error) => {
            format!("nova raises KeyError: {:?}, since neither consumer holds anything", error.key)
        }
        Failure::Unreachable(silence) => format!("no answer: {}", silence.detail),
        Failure::Undecided(undecided) => format!(
            "nobody could tell whether server {} still exists, so nothing was touched; ask nova and say so by --server. {}",
            undecided.server,
            who_holds(&undecided.holdings)
        ),
        Failure::Unsettled(unsettled) => format!(
            "a write went unanswered and nothing tells whether it is done ({}); look again before anything else. {}",
            place(unsettled.write_at).map_or_else(String::new, |write| effect(&write.effect)),
            who_holds(&unsettled.holdings)
        ),
        Failure::Leaked(removal) => format!(
            "server {} was gone by the time that it had its allocations back, and they could not be taken away again: \
             delete {}",
            removal.consumer,
            allocations(&removal.allocations)
        ),
        Failure::OrphanInTheWay(orphan) => format!(
            "an empty record of consumer {} stands in the way and could not be taken over: {}",
            orphan.consumer,
            said(&orphan.refusal)
        ),
        Failure::ComputeHostNotFound(find) => format!("nova has no compute node for server {}", find.server),
        Failure::UnsupportedTask(unsupported) => format!("the policy has no rule for {:?}", unsupported.task),
        Failure::Diverged(diverged) => diverged_at(diverged, place(diverged.index)),
    }
}

/// What is so now.
#[must_use]
pub fn outcome(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Moved(t) => format!("{} holds what {} held: {}", t.target, t.source, allocations(&t.allocations)),
        Outcome::AlreadyMoved(t) => {
            format!("nothing to do: {} holds {} and {} nothing", t.target, allocations(&t.allocations), t.source)
        }
        Outcome::SourceDeleted(r) => format!("deleted what {} held: {}", r.consumer, allocations(&r.allocations)),
        Outcome::TargetDeleted(r) => {
            format!(
                "{} was gone by then, so what it had been given is deleted: {}",
                r.consumer,
                allocations(&r.allocations)
            )
        }
        Outcome::NothingToMove => "neither holds anything".to_owned(),
        Outcome::NotHeld(n) => format!("server {} holds nothing of its compute node {}: no swap", n.server, n.node),
    }
}

/// Which rule spoke.
#[must_use]
pub fn reason(reason: &Reason) -> String {
    match reason {
        Reason::ReadBoth(a) if a.number == 1 => "what do they hold now?".to_owned(),
        Reason::ReadBoth(a) => format!("attempt {} of {}: what do they hold now?", a.number, a.of),
        Reason::TargetIsNew => "the source holds and the target is new: swap".to_owned(),
        Reason::TargetHolds(o) => format!("both hold: write over the target, at its generation {}", o.generation),
        Reason::NewTargetHolds(o) => {
            format!(
                "the target was said to be new and holds something: write over it, at its generation {}",
                o.generation
            )
        }
        Reason::TargetIsEmpty => "the target should exist and holds nothing: does its server still exist?".to_owned(),
        Reason::ServerIsGone => "the server is gone: its allocations must not come back (bug 1848343)".to_owned(),
        Reason::ServerIsPresent => "the server is alive, although Placement has forgotten it".to_owned(),
        Reason::ServerIsUnknown => "nobody could tell whether the server exists".to_owned(),
        Reason::CheckAfterRestore => "it may have been deleted meanwhile: does it still exist?".to_owned(),
        Reason::PlacementForgotTarget => {
            "Placement does not know the target: delete the source's allocations".to_owned()
        }
        Reason::RecreateTarget => "the target holds nothing: create it again, whatever became of it".to_owned(),
        Reason::SourceIsEmpty => "the source holds nothing and the target does: it has been moved already".to_owned(),
        Reason::BothEmpty => "neither holds anything".to_owned(),
        Reason::SameConsumer => "source and target are one consumer".to_owned(),
        Reason::ConsumerConflict(c) => {
            format!(
                "somebody changed a consumer (attempt {} of {}): {}",
                c.attempt.number,
                c.attempt.of,
                said(&c.refusal)
            )
        }
        Reason::ProviderConflict(c) => {
            format!(
                "somebody changed a provider (attempt {} of {}): {}",
                c.attempt.number,
                c.attempt.of,
                said(&c.refusal)
            )
        }
        Reason::OrphanTarget(r) => {
            format!("the target is an empty record that no read shows: take it over at generation {}", r.generation)
        }
        Reason::WriteWasLost(a) => format!("no answer to the write (attempt {} of {}): read again", a.number, a.of),
        Reason::LostWriteWasDone => "the unanswered write was done, as the read shows".to_owned(),
        Reason::AttemptsUsedUp(a) => format!("all {} attempts are used up", a.of),
        Reason::NodeNotNamed => "on which compute node is the server?".to_owned(),
        Reason::NodeIsHeld(n) => format!("the server holds something of its compute node {}: swap", n.node),
        Reason::NodeNotHeld(n) => format!("the server holds nothing of its compute node {}", n.node),
        Reason::NotRetried(refusal) => format!("trying again would not help: {}", said(refusal)),
        Reason::NoAnswer(Silence { detail }) => format!("no answer: {detail}"),
        Reason::NotPlacement(answer) => format!("{} from something that is not Placement", answer.status),
    }
}

/// An effect in a line.
#[must_use]
pub fn effect(effect: &Effect) -> String {
    match effect {
        Effect::GetAllocations(get) => format!("GET /allocations/{}", get.consumer),
        Effect::PostAllocations(post) => {
            let entries: Vec<String> = post.consumers.iter().map(new_holding).collect();
            format!("POST /allocations {}", entries.join(", "))
        }
        Effect::DeleteAllocations(delete) => {
            format!("PUT /allocations/{} nothing, at generation {}", delete.consumer, delete.generation)
        }
        Effect::FindServer(find) => format!("ask nova for server {}", find.server),
        Effect::FindComputeNode(find) => format!("ask nova for the compute node of server {}", find.server),
        Effect::Pause(pause) => format!("pause for up to {} s", f64::from(pause.up_to_ms) / 1000.0),
    }
}

/// A reply in a line.
#[must_use]
pub fn reply(reply: &Reply) -> String {
    match reply {
        Reply::Holding(holding) => holds(holding),
        Reply::Written => "done".to_owned(),
        Reply::Refused(refusal) => said(refusal),
        Reply::Foreign(answer) => format!("{} not from Placement: {}", answer.status, one_line(&answer.body)),
        Reply::Lost(silence) => format!("LOST, done or not: {}", silence.detail),
        Reply::Unreachable(silence) => format!("unreachable: {}", silence.detail),
        Reply::Server(answer) => match answer.state {
            ServerState::Present => "it exists".to_owned(),
            ServerState::Gone => "it is gone".to_owned(),
            ServerState::Unknown => "unknown".to_owned(),
        },
        Reply::ComputeNode(answer) => answer.node.clone().unwrap_or_else(|| "none".to_owned()),
        Reply::Paused(paused) => format!("{} s", f64::from(paused.ms) / 1000.0),
    }
}

/// What a consumer holds.
#[must_use]
pub fn holds(holding: &Holding) -> String {
    match &holding.owner {
        None => "nothing".to_owned(),
        Some(owner) => format!("{} (generation {})", allocations(&holding.allocations), owner.generation),
    }
}

/// Resources by provider.
#[must_use]
pub fn allocations(allocations: &[Allocation]) -> String {
    let one = |allocation: &Allocation| {
        let resources = allocation.resources.iter().map(|r| format!("{} {}", r.amount, r.class));
        format!("{} on {}", resources.collect::<Vec<_>>().join(" + "), allocation.provider)
    };
    if allocations.is_empty() {
        "nothing".to_owned()
    } else {
        allocations.iter().map(one).collect::<Vec<_>>().join("; ")
    }
}

fn diverged_at(diverged: &Diverged, there: Option<&Exchange>) -> String {
    let recorded = there.map_or_else(|| "nothing".to_owned(), |there| effect(&there.effect));
    let rules = match (&diverged.asked, there) {
        (None, _) => "had ended".to_owned(),
        (Some(asked), Some(there)) if *asked == there.effect => {
            format!("get an answer of the wrong kind ({})", reply(&there.reply))
        }
        (Some(asked), _) => format!("ask \"{}\"", effect(asked)),
    };
    format!(
        "the history is not one of these rules': at place {} it has \"{recorded}\" where they {rules}; the record was \
         edited, or made by another policy",
        diverged.index
    )
}

fn new_holding(new: &NewHolding) -> String {
    let generation = new.generation.map_or("null".to_owned(), |generation| generation.to_string());
    format!("{} gets {} at generation {generation}", new.consumer, allocations(&new.allocations))
}

fn who_holds(holdings: &[Holding]) -> String {
    if holdings.is_empty() {
        return "who holds what could not be read".to_owned();
    }
    let each = holdings.iter().map(|holding| format!("{} holds {}", holding.consumer, holds(holding)));
    each.collect::<Vec<_>>().join("; ")
}

/// Placement's words without the sentence that every detail of its web framework begins with.
fn said(refusal: &Refusal) -> String {
    let own = refusal.detail.split_once("\n\n").map_or(refusal.detail.as_str(), |(_, own)| own);
    let code = if refusal.code.is_empty() { String::new() } else { format!(" {}", refusal.code) };
    format!("{}{code}: {}", refusal.status, one_line(own))
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
