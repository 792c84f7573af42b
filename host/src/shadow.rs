//! The shadow policy: called with the same task and history as the active policy, but its steps are never executed. The
//! first difference is recorded. After it, the history is the result of the active policy's steps only, so the shadow
//! policy is not called for this task any more.

use std::time::Duration;

use crate::contract::{Exchange, Failed, Failure, Finished, Perform, Step, Task, UnsupportedTask};
use crate::engine::{CallError, Decision, Digest, Policy};
use crate::journal::Shadowed;

/// The processor time that a shadow policy may use for one task in all its calls. The task waits for them; the standard
/// rules use some milliseconds.
pub const TIME: Duration = Duration::from_millis(500);

/// The shadow policy is not called for this task any more, because it has used this much time.
#[must_use]
pub fn too_slow(digest: Digest, index: usize, used: Duration) -> Shadowed {
    let error = format!("the policy took {used:.1?} for this task; in shadow it may take {TIME:?}");
    Shadowed { digest: digest.to_string(), index, step: None, error: Some(error) }
}

/// What the shadow policy would do now. If it has no rules for this kind of task it is not called: as the active policy
/// it would end the task at once.
pub fn ask(shadow: &Policy, task: &Task, history: &[Exchange]) -> Result<Decision, CallError> {
    if shadow.has_rules_for(task) {
        return shadow.next_step(task, history);
    }
    let failure = Failure::UnsupportedTask(UnsupportedTask { task: task.kind() });
    Ok(Decision { step: Step::Failed(Failed { failure, reasons: Vec::new() }), fuel_used: 0, memory_bytes: 0 })
}

/// The difference between the shadow policy with this digest and the active one at this position of the history; `None`
/// if both request the same effects or end the task in the same way. Different reasons are not a difference.
#[must_use]
pub fn compare(digest: Digest, index: usize, active: &Step, shadow: &Result<Decision, CallError>) -> Option<Shadowed> {
    let (step, error) = match shadow {
        Ok(decision) if same(active, &decision.step) => return None,
        Ok(decision) => (Some(decision.step.clone()), None),
        Err(error) => (None, Some(error.to_string())),
    };
    Some(Shadowed { digest: digest.to_string(), index, step, error })
}

/// Whether two steps have the same effects or the same end.
fn same(one: &Step, other: &Step) -> bool {
    match (one, other) {
        (Step::Perform(Perform { effects: one, .. }), Step::Perform(Perform { effects: other, .. })) => one == other,
        (Step::Finished(Finished { outcome: one, .. }), Step::Finished(Finished { outcome: other, .. })) => {
            one == other
        }
        (Step::Failed(Failed { failure: one, .. }), Step::Failed(Failed { failure: other, .. })) => one == other,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{BuiltInReason, Effect, GetAllocations, Outcome, PolicyFailure, Reason};

    fn get(consumer: &str, reasons: Vec<Reason>) -> Step {
        let effects = vec![Effect::GetAllocations(GetAllocations { consumer: consumer.into() })];
        Step::Perform(Perform { effects, reasons })
    }

    fn finished(reasons: Vec<Reason>) -> Step {
        Step::Finished(Finished { outcome: Outcome::NothingToMove, reasons })
    }

    fn failed(key: &str) -> Step {
        let (code, text) = (key.into(), String::new());
        let failure = Failure::Other(PolicyFailure { code, text, needs_operator: false });
        Step::Failed(Failed { failure, reasons: vec![BuiltInReason::BothEmpty.into()] })
    }

    fn check(active: &Step, shadow: Step, same: bool) {
        let digest = Digest::of(b"shadow");
        let decision = Decision { step: shadow.clone(), fuel_used: 7, memory_bytes: 0 };
        let expected = Shadowed { digest: digest.to_string(), index: 3, step: Some(shadow), error: None };
        let expected = (!same).then_some(expected);
        assert_eq!(compare(digest, 3, active, &Ok(decision)), expected, "{active:?}");
    }

    #[test]
    fn reasons_are_not_compared() {
        check(&get("one", vec![]), get("one", vec![BuiltInReason::BothEmpty.into()]), true);
        check(&finished(vec![BuiltInReason::BothEmpty.into()]), finished(vec![]), true);
        check(&failed("project_id"), failed("project_id"), true);
    }

    #[test]
    fn a_different_effect_or_end_is_recorded() {
        check(&get("one", vec![]), get("other", vec![]), false);
        let Step::Perform(mut twice) = get("one", vec![]) else { panic!() };
        twice.effects.extend(twice.effects.clone());
        check(&get("one", vec![]), Step::Perform(twice), false);
        check(&get("one", vec![]), finished(vec![]), false);
        check(&finished(vec![]), failed("project_id"), false);
        check(&failed("project_id"), failed("user_id"), false);
        let unsupported = Failure::UnsupportedTask(UnsupportedTask { task: crate::contract::TaskKind::Move });
        check(&failed("project_id"), Step::Failed(Failed { failure: unsupported, reasons: vec![] }), false);
    }

    #[test]
    fn a_failed_call_is_recorded_with_its_error() {
        let digest = Digest::of(b"shadow");
        let error = CallError::OutOfFuel { limit: 5 };
        let shadowed = compare(digest, 0, &finished(vec![]), &Err(error.clone())).unwrap();
        assert_eq!((shadowed.step, shadowed.error), (None, Some(error.to_string())));
    }
}
