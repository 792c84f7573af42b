//! What nova has said. The model cannot calculate it, but it knows what may follow what.

use super::Possible;
use crate::contract::{Effect, Exchange, MigrationRecord, Reply, ServerAnswer, ServerState};

/// The statuses of a migration that does not go on any more.
const ENDED: [&str; 7] = ["error", "failed", "cancelled", "completed", "confirmed", "reverted", "done"];

/// The last answer to each question.
#[derive(Debug, Clone, Default)]
pub struct Facts(Vec<Exchange>);

/// What came of a reply.
pub enum Learned {
    /// It is a fact.
    Fact,
    /// There is no answer, or an exception; what changes nova may have been done.
    Fault(String),
    /// It cannot follow what nova has said before.
    Impossible,
}

impl Facts {
    /// Takes a reply.
    pub fn learn(&mut self, exchange: &Exchange) -> Learned {
        let Exchange { effect, reply, .. } = exchange;
        match reply {
            Reply::NovaError(error) => return Learned::Fault(format!("nova raises {}", error.error)),
            Reply::Abandoned(_) => return Learned::Fault("the conductor says nothing".to_owned()),
            Reply::Unreachable(_) => return Learned::Fault("the service cannot be reached".to_owned()),
            Reply::Refused(_) | Reply::Foreign(_) => {
                return Learned::Fault("Placement refuses the question".to_owned());
            }
            _ => {}
        }
        let before = self.0.iter_mut().find(|known| known.effect == *effect);
        match before {
            Some(known) if !may_follow(effect, &known.reply, reply) => Learned::Impossible,
            Some(known) if is_not_listed(&known.reply, reply) => {
                Learned::Fault("nova does not list the record".to_owned())
            }
            Some(known) => {
                // That nova cannot tell says nothing new.
                if !is_unknown(reply) {
                    known.reply = reply.clone();
                }
                Learned::Fact
            }
            None => {
                if !is_unknown(reply) {
                    self.0.push(exchange.clone());
                }
                Learned::Fact
            }
        }
    }

    /// What nova can answer, as far as it is known.
    pub fn possible(&self, effect: &Effect) -> Vec<Possible> {
        let known = self.0.iter().filter(|known| known.effect == *effect);
        known.map(|known| Possible { event: "as before".to_owned(), reply: known.reply.clone() }).collect()
    }
}

fn is_unknown(reply: &Reply) -> bool {
    matches!(reply, Reply::Server(ServerAnswer { state: ServerState::Unknown, .. }))
}

fn is_not_listed(before: &Reply, now: &Reply) -> bool {
    matches!((before, now), (Reply::Migration(before), Reply::Migration(now))
        if before.migration.is_some() && now.migration.is_none())
}

/// Whether nova can say this after it has said that.
fn may_follow(effect: &Effect, before: &Reply, now: &Reply) -> bool {
    use ServerState::{Deleting, Gone, Present, Unknown};
    match (before, now) {
        (Reply::Server(before), Reply::Server(now)) => {
            !matches!((before.state, now.state), (Gone, Present | Deleting) | (Deleting, Present))
                || now.state == Unknown
        }
        (Reply::Migration(before), Reply::Migration(now)) => match (&before.migration, &now.migration) {
            (Some(before), Some(now)) => matches!(effect, Effect::CreateMigration(_)) || goes_on(before, now),
            _ => true,
        },
        // The server moves, the scheduler chooses anew, checks pass or not.
        (Reply::ComputeNode(_), _) | (Reply::Selections(_), _) | (Reply::Done, _) => true,
        (before, now) => before == now,
    }
}

/// Whether a record can become this one: a migration that has ended does not go on.
fn goes_on(before: &MigrationRecord, now: &MigrationRecord) -> bool {
    let ended = |record: &MigrationRecord| ENDED.contains(&record.status.as_str());
    let is_same =
        (&before.migration, &before.server, before.migration_type) == (&now.migration, &now.server, now.migration_type);
    is_same && (!ended(before) || ended(now))
}
