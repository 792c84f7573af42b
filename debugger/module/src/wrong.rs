//! What is wrong once a course has come to rest, of whom, and since when.

use std::collections::BTreeMap;

use serde::Serialize;
use swaparoo::contract::{Outcome, Task};
use swaparoo::rehearsal::{Cloud, Ending, Reach};
use swaparoo_placement::Resources;
use tsify::Tsify;

use crate::moment::Moment;

/// Something wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Tsify)]
#[tsify(missing_as_null)]
pub struct Wrong {
    /// `leak`: held by somebody who should not. `loss`: not held by the server that should.
    pub kind: &'static str,
    /// Who holds it, or lacks it.
    pub consumer: String,
    /// Of what.
    pub provider: String,
    /// How much, by class.
    #[tsify(type = "Record<string, number>")]
    pub resources: Resources,
    /// In a sentence.
    pub words: String,
    /// The exchange that made it so; none where the wrong is that nothing more was done.
    pub since: Option<usize>,
}

/// What is wrong in `cloud` after a task has ended so.
#[must_use]
pub fn wrongs(
    cloud: &Cloud,
    task: &Task,
    outcome: Option<&Outcome>,
    due: Option<&BTreeMap<String, Resources>>,
) -> Vec<Wrong> {
    let rest = at_rest(cloud, outcome);
    let mut wrongs = Vec::new();
    // A swap that is done is the middle of a migration: the record holds, the server does not.
    let under_way = is_swap(task) && matches!(outcome, Some(Outcome::Moved(_) | Outcome::AlreadyMoved(_)));
    for (id, server) in &rest.servers {
        let held = rest.held(id);
        if !server.alive {
            wrongs.extend(held.into_iter().map(|(provider, of)| leak(id, provider, of, "the deleted server")));
            continue;
        }
        if under_way {
            continue;
        }
        let due = match due {
            // Where it is by now is for its scheduler to say, who is not in a record.
            Some(_) if matches!(outcome, Some(Outcome::Started(_))) => BTreeMap::new(),
            Some(due) => due.clone(),
            None => rest.due(server),
        };
        let lacks = due.iter().filter(|(provider, of)| held.get(*provider) != Some(of));
        wrongs.extend(lacks.map(|(provider, of)| loss(id, provider.clone(), of.clone())));
        let beside = held.iter().filter(|(provider, _)| !due.is_empty() && !due.contains_key(*provider));
        wrongs
            .extend(beside.map(|(provider, of)| leak(id, provider.clone(), of.clone(), "the server, beside its own,")));
    }
    if !under_way {
        for id in rest.migrations.keys() {
            let held = rest.held(id).into_iter();
            wrongs.extend(held.map(|(provider, of)| leak(id, provider, of, "the migration record")));
        }
    }
    wrongs
}

/// Says since which exchange each is so. `moments` has the world before the first exchange, and after each.
pub fn date(wrongs: &mut [Wrong], moments: &[Moment]) {
    for wrong in wrongs {
        let so = |moment: &Moment| is_so(wrong, moment);
        let steady = moments.iter().rev().take_while(|moment| so(moment)).count();
        // The moment before the first exchange has no exchange that made it.
        wrong.since = (steady > 0).then(|| (moments.len() - steady).checked_sub(1)).flatten();
    }
}

fn is_so(wrong: &Wrong, moment: &Moment) -> bool {
    let held = |consumer: &str| moment.held(consumer, &wrong.provider).is_some();
    let consumer = moment.consumer(&wrong.consumer);
    match (wrong.kind, consumer.map(|consumer| consumer.role)) {
        ("loss", _) => !moment.consumers.iter().any(|one| one.role != "other" && held(&one.consumer)),
        // That a record holds is right until the task ends.
        (_, Some("migration")) => false,
        _ => held(&wrong.consumer) && consumer.is_none_or(|consumer| !consumer.alive),
    }
}

fn at_rest(cloud: &Cloud, outcome: Option<&Outcome>) -> Cloud {
    let mut rest = cloud.clone();
    rest.reach = Reach::Here;
    rest.deliver_late();
    if matches!(outcome, Some(Outcome::Started(_))) {
        rest.finish(Ending::Confirmed);
    }
    rest
}

fn is_swap(task: &Task) -> bool {
    matches!(task, Task::Replace(_)) || matches!(task, Task::Move(of) if of.target_is_new)
}

fn leak(consumer: &str, provider: String, resources: Resources, who: &str) -> Wrong {
    let words = format!("{who} {consumer} holds {} of {provider}", amounts(&resources));
    Wrong { kind: "leak", consumer: consumer.into(), provider, resources, words, since: None }
}

fn loss(consumer: &str, provider: String, resources: Resources) -> Wrong {
    let words = format!("the running server {consumer} does not hold its {} of {provider}", amounts(&resources));
    Wrong { kind: "loss", consumer: consumer.into(), provider, resources, words, since: None }
}

fn amounts(resources: &Resources) -> String {
    resources.iter().map(|(class, amount)| format!("{amount} {class}")).collect::<Vec<_>>().join(" + ")
}
