//! Tasks and histories in the types of `moves`, for a policy of the world `move-policy`.

use crate::contract::{Diverged, Effect, Exchange, Failed, Failure, Reason, Step, Task, UnsupportedTask, moves};

/// The task and the history, or the failure of a task that a policy of moves cannot decide. Its own history has only
/// effects and replies of its world; the history of another policy, or an edited record, may have others.
pub fn convert(task: &Task, history: &[Exchange]) -> Result<(moves::Task, Vec<moves::Exchange>), Failure> {
    let unsupported = |_| Failure::UnsupportedTask(UnsupportedTask { task: task.kind() });
    let converted = moves::Task::try_from(task.clone()).map_err(unsupported)?;
    let exchanges = (0..).zip(history).map(|(index, exchange)| {
        moves::Exchange::try_from(exchange.clone()).map_err(|_| diverged(index, &exchange.effect))
    });
    Ok((converted, exchanges.collect::<Result<_, _>>()?))
}

/// The step of a task that fails without a call.
pub fn failed(failure: Failure, reasons: Vec<Reason>) -> Step {
    Step::Failed(Failed { failure, reasons })
}

/// If the world has the effect, it does not have the reply.
fn diverged(index: u32, effect: &Effect) -> Failure {
    let asked = moves::Effect::try_from(effect.clone()).is_ok().then(|| effect.clone());
    Failure::Diverged(Diverged { index, asked })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{GetAllocations, GetProviderTraits, MoveTask, OfServer, ReleaseTask, Reply, Silence, Traits};

    const ONE: &str = "11111111-1111-4111-8111-111111111111";

    fn task() -> Task {
        Task::Move(MoveTask { source: ONE.into(), target: ONE.into(), target_is_new: true })
    }

    fn read(reply: Reply) -> Exchange {
        Exchange::new(Effect::GetAllocations(GetAllocations { consumer: ONE.into() }), reply)
    }

    #[test]
    fn values_of_a_move_are_converted_unchanged() {
        let exchange = Exchange {
            asked_at: 3,
            answered_at: 5,
            ..read(Reply::Unreachable(Silence { detail: "connection refused".into() }))
        };
        let (converted, history) = convert(&task(), std::slice::from_ref(&exchange)).unwrap();
        assert_eq!(Task::from(converted), task());
        assert_eq!(history.into_iter().map(Exchange::from).collect::<Vec<_>>(), [exchange]);
    }

    #[test]
    fn a_task_of_a_migration_is_unsupported() {
        let release = Task::Release(ReleaseTask { consumer: ONE.into(), server: ONE.into() });
        let expected = Failure::UnsupportedTask(UnsupportedTask { task: release.kind() });
        assert_eq!(convert(&release, &[]), Err(expected));
    }

    #[test]
    fn a_history_that_a_move_cannot_have_diverges_at_its_first_such_exchange() {
        let silence = || Reply::Unreachable(Silence { detail: String::new() });
        let traits = Reply::Traits(Traits { traits: Vec::new() });
        let find_cell = Effect::FindCell(OfServer { server: ONE.into() });
        let get_traits = Effect::GetProviderTraits(GetProviderTraits { provider: ONE.into() });
        for (second, asked) in [
            (Exchange::new(find_cell, silence()), None),
            (Exchange::new(get_traits, traits.clone()), None),
            (read(traits.clone()), Some(read(silence()).effect)),
        ] {
            let history = [read(silence()), second, read(traits.clone())];
            assert_eq!(convert(&task(), &history), Err(Failure::Diverged(Diverged { index: 1, asked })));
        }
    }
}
