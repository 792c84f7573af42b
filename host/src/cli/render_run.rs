//! Prints a finished task for a person: who held what before, the steps with their reasons, and who holds what now.

use swaparoo::contract::{Effect, Exchange, GetAllocations, Reply, Step, Task};
use swaparoo::describe;
use swaparoo::drive::Run;
use swaparoo::executor::LiveExecutor;
use swaparoo::record::PolicyName;

use super::stdout::say;

/// Prints the task, and reads the allocations from Placement again for the last part.
pub async fn print(task: &Task, policy: &PolicyName, run: &Run, executor: &LiveExecutor) {
    let digest = policy.digest.get(..12).unwrap_or_default();
    say!("{} under {} {} (sha256 {digest})", task.kind().name(), policy.name, policy.version);

    say!("\nbefore");
    for (role, consumer) in task.parties() {
        say!("  {role:<9} {consumer}  {}", before(consumer, &run.history));
    }
    say!("\nsteps");
    say!("{}", steps(&run.steps, &run.history).trim_end_matches('\n'));
    say!("\nafter");
    for (role, consumer) in task.parties() {
        let get = Effect::GetAllocations(GetAllocations { consumer: consumer.to_owned() });
        say!("  {role:<9} {consumer}  {}", describe::reply(&executor.perform(&get).await));
    }
    say!("\n{}", end(run));
}

/// The steps, each with its reasons, its effects and their replies.
pub fn steps(steps: &[Step], history: &[Exchange]) -> String {
    let mut text = String::new();
    let mut exchanges = history.iter();
    for (number, step) in (1..).zip(steps) {
        let (reasons, effects, unexplained) = match step {
            Step::Perform(perform) => (&perform.reasons, perform.effects.len(), None),
            Step::Finished(finished) => (&finished.reasons, 0, Some("end of the task".to_owned())),
            Step::Failed(failed) => (&failed.reasons, 0, Some("end of the task".to_owned())),
        };
        let because: Vec<String> = reasons.iter().map(describe::reason).collect();
        let because = if because.is_empty() { unexplained } else { Some(because.join("; ")) };
        let effects = exchanges.by_ref().take(effects).map(|Exchange { effect, reply, .. }| {
            format!("{}\n        -> {}", describe::effect(effect), describe::reply(reply))
        });
        // The effects of a step for which the policy gives no reason begin in the line of its number.
        let lines: Vec<String> = because.into_iter().chain(effects).collect();
        text.push_str(&format!("  {number:>2}  {}\n", lines.join("\n      ")));
    }
    text
}

fn end(run: &Run) -> String {
    match &run.end {
        Ok(outcome) => format!("finished: {}", describe::outcome(outcome)),
        Err(failure) => format!("failed ({}): {}", failure.code(), failure.detail()),
    }
}

/// What the consumer held, according to the first read in the history.
fn before(consumer: &str, history: &[Exchange]) -> String {
    let first = history.iter().find_map(|exchange| match (&exchange.effect, &exchange.reply) {
        (Effect::GetAllocations(get), Reply::Holding(holding)) if get.consumer == consumer => {
            Some(describe::holds(holding))
        }
        _ => None,
    });
    first.unwrap_or_else(|| "not read".to_owned())
}

#[cfg(test)]
mod tests {
    use swaparoo::contract::{BuiltInReason, Finished, NothingHeld, Outcome, Perform, Silence};

    use super::*;

    #[test]
    fn a_step_without_a_reason_begins_with_its_effect() {
        let get = Effect::GetAllocations(GetAllocations { consumer: "c".to_owned() });
        let exchange = Exchange::new(get.clone(), Reply::Unreachable(Silence { detail: "no".to_owned() }));
        let perform = |reasons| Step::Perform(Perform { effects: vec![get.clone()], reasons });
        let outcome = Outcome::NothingHeld(NothingHeld { consumer: "c".to_owned() });
        let reason = BuiltInReason::ServerIsGone.into();
        let because = describe::reason(&reason);
        let all =
            [perform(Vec::new()), perform(vec![reason]), Step::Finished(Finished { outcome, reasons: Vec::new() })];
        let asked = format!("{}\n        -> {}", describe::effect(&exchange.effect), describe::reply(&exchange.reply));
        let expected = format!("   1  {asked}\n   2  {because}\n      {asked}\n   3  end of the task\n");
        assert_eq!(steps(&all, &[exchange.clone(), exchange]), expected);
    }
}
