//! The questions that rules ask nova, one line each. nova itself or the caller of the task answers them. An exception
//! in nova or a missing answer ends the rule with a failure; the end of a migration rolls back because of it.

use crate::contract::{
    AllocationsFate, Effect, Failure, MigrationFailed, MigrationRecord, NovaError, OfHost, OfMigration, OfServer,
    Reply, Silence,
};
use crate::history::{History, Interrupt};

/// An answer, or why there is none.
pub type NovaResult<T> = Result<T, Failure>;

/// Asks, and returns what `read` gets from the reply.
pub fn ask<'a, T>(history: &mut History<'a>, effect: Effect, read: fn(&'a Reply) -> Option<T>) -> Result<T, Interrupt> {
    Ok(try_ask(history, effect, read)??)
}

/// Like `ask`, for rules that also continue without an answer.
pub fn try_ask<'a, T>(
    history: &mut History<'a>,
    effect: Effect,
    read: fn(&'a Reply) -> Option<T>,
) -> Result<NovaResult<T>, Interrupt> {
    let reply = history.perform(effect)?;
    answer(history, reply, 1, read)
}

/// The answer of a reply to the effect that is `back` places before the end of the step performed last.
pub fn answer<'a, T>(
    history: &mut History<'a>,
    reply: &'a Reply,
    back: usize,
    read: fn(&'a Reply) -> Option<T>,
) -> Result<NovaResult<T>, Interrupt> {
    match reply {
        Reply::NovaError(error) => Ok(Err(raised(error.clone()))),
        Reply::Abandoned(silence) | Reply::Unreachable(silence) => Ok(Err(silent(silence))),
        reply => match read(reply) {
            Some(answer) => Ok(Ok(answer)),
            None => Err(history.unexpected_reply(back)),
        },
    }
}

/// nova made the change, or confirmed the check.
pub fn done(reply: &Reply) -> Option<()> {
    matches!(reply, Reply::Done).then_some(())
}

/// The migration record, if it exists.
pub fn migration(reply: &Reply) -> Option<Option<&MigrationRecord>> {
    match reply {
        Reply::Migration(answer) => Some(answer.migration.as_ref()),
        _ => None,
    }
}

/// The failure for an exception in nova, before anything is rolled back.
pub fn raised(cause: NovaError) -> Failure {
    let failed = MigrationFailed { cause, migration: None, allocations: AllocationsFate::Untouched };
    match failed.cause.error.as_str() {
        "NoValidHost" => Failure::NoValidHost(failed),
        "MaxRetriesExceeded" => Failure::MaxRetriesExceeded(failed),
        _ => Failure::NovaFailed(failed),
    }
}

/// The same for an exception that the rules raise, with the name that nova uses.
pub fn raise(error: &str, detail: &str) -> Failure {
    raised(NovaError { error: error.into(), detail: detail.into() })
}

/// The failure for a missing answer.
pub fn silent(silence: &Silence) -> Failure {
    let cause = NovaError { error: "Abandoned".into(), detail: silence.detail.clone() };
    Failure::Abandoned(MigrationFailed { cause, migration: None, allocations: AllocationsFate::Untouched })
}

/// The arguments of an effect on a server.
pub fn of_server(server: &str) -> OfServer {
    OfServer { server: server.into() }
}

/// The arguments of an effect on a migration record.
pub fn of_migration(migration: &str) -> OfMigration {
    OfMigration { migration: migration.into() }
}

/// The arguments of an effect on a host.
pub fn of_host(host: &str) -> OfHost {
    OfHost { host: host.into() }
}
