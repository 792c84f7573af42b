//! What rules ask of nova, each in one line. Somebody answers for it: nova itself, or whoever asked for the task. An
//! exception of nova's and a silence end the rule with a failure, which the last lines of a migration roll back by.

use crate::contract::{
    AllocationsFate, Effect, Failure, MigrationFailed, MigrationRecord, NovaError, OfHost, OfMigration, OfServer,
    Reply, Silence,
};
use crate::history::{History, Stop};

/// An answer, or why there is none.
pub type Answer<T> = Result<T, Failure>;

/// Asks, and takes what `read` makes of the reply.
pub fn ask<'a, T>(history: &mut History<'a>, effect: Effect, read: fn(&'a Reply) -> Option<T>) -> Result<T, Stop> {
    Ok(tell(history, effect, read)??)
}

/// The same where the rule goes on without an answer, too.
pub fn tell<'a, T>(
    history: &mut History<'a>,
    effect: Effect,
    read: fn(&'a Reply) -> Option<T>,
) -> Result<Answer<T>, Stop> {
    let reply = history.perform(effect.clone())?;
    answer(history, reply, &effect, 1, read)
}

/// What a reply says to `effect`, which stands `back` places before the end of the step performed last.
pub fn answer<'a, T>(
    history: &mut History<'a>,
    reply: &'a Reply,
    effect: &Effect,
    back: usize,
    read: fn(&'a Reply) -> Option<T>,
) -> Result<Answer<T>, Stop> {
    match reply {
        Reply::NovaError(error) => Ok(Err(raised(error.clone()))),
        Reply::Abandoned(silence) | Reply::Unreachable(silence) => Ok(Err(silent(silence))),
        reply => match read(reply) {
            Some(answer) => Ok(Ok(answer)),
            None => Err(history.misfit(effect.clone(), back)),
        },
    }
}

/// nova has done it, or says that it is so.
pub fn done(reply: &Reply) -> Option<()> {
    matches!(reply, Reply::Done).then_some(())
}

/// A migration record, if there is one.
pub fn migration(reply: &Reply) -> Option<Option<&MigrationRecord>> {
    match reply {
        Reply::Migration(answer) => Some(answer.migration.as_ref()),
        _ => None,
    }
}

/// The failure that nova's exception is, before anything is rolled back.
pub fn raised(cause: NovaError) -> Failure {
    let failed = MigrationFailed { cause, migration: None, allocations: AllocationsFate::Untouched };
    match failed.cause.error.as_str() {
        "NoValidHost" => Failure::NoValidHost(failed),
        "MaxRetriesExceeded" => Failure::MaxRetriesExceeded(failed),
        _ => Failure::NovaFailed(failed),
    }
}

/// The same for an exception of the rules' own, by the name that nova would give it.
pub fn raise(error: &str, detail: &str) -> Failure {
    raised(NovaError { error: error.into(), detail: detail.into() })
}

/// Whoever was to answer has fallen silent.
pub fn silent(silence: &Silence) -> Failure {
    let cause = NovaError { error: "Abandoned".into(), detail: silence.detail.clone() };
    Failure::Abandoned(MigrationFailed { cause, migration: None, allocations: AllocationsFate::Untouched })
}

/// About a server.
pub fn of_server(server: &str) -> OfServer {
    OfServer { server: server.into() }
}

/// About a migration record.
pub fn of_migration(migration: &str) -> OfMigration {
    OfMigration { migration: migration.into() }
}

/// About a host.
pub fn of_host(host: &str) -> OfHost {
    OfHost { host: host.into() }
}
