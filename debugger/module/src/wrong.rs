//! What is wrong once a course has come to rest, of which consumer, and since when.

use std::collections::BTreeMap;

use serde::Serialize;
use swaparoo_contract::{Outcome, Task};
use swaparoo_placement::Resources;
use swaparoo_sim::{Cloud, Ending, Reach};
use tsify::Tsify;

use crate::moment::Moment;

/// Something wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Tsify)]
#[tsify(missing_as_null)]
pub struct Wrong {
    /// `leak`: held by a consumer that should not. `loss`: not held by the server that should.
    pub kind: &'static str,
    /// The consumer that holds it, or lacks it.
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

/// A cloud in which nothing is under way any more, and what is due to its servers.
pub struct Rest<'a> {
    /// As it is then.
    pub cloud: Cloud,
    /// The migration goes on after this task: its record holds, or the server is on its way.
    pub under_way: bool,
    due: Option<&'a BTreeMap<String, Resources>>,
}

impl<'a> Rest<'a> {
    /// What comes of `cloud` after a task has ended so. `due` is what the server should hold, where the cloud does not
    /// know its flavor.
    #[must_use]
    pub fn of(
        cloud: &Cloud,
        task: &Task,
        outcome: Option<&Outcome>,
        due: Option<&'a BTreeMap<String, Resources>>,
    ) -> Self {
        let started = matches!(outcome, Some(Outcome::Started(_)));
        let mut rest = cloud.clone();
        rest.reach = Reach::Here;
        rest.deliver_late();
        if started {
            rest.finish(Ending::Confirmed);
        }
        // A swap that is done is the middle of a migration: the record holds, the server does not. Where a server has
        // started to is for its scheduler to say, which is not in a record.
        let swapped = is_swap(task) && matches!(outcome, Some(Outcome::Moved(_) | Outcome::AlreadyMoved(_)));
        Self { cloud: rest, under_way: swapped || (started && due.is_some()), due }
    }

    /// What is wrong of a server, if it exists, or if it does not.
    #[must_use]
    pub fn of_server(&self, id: &str, exists: bool) -> Vec<Wrong> {
        let held = self.cloud.held(id);
        if !exists {
            return held.into_iter().map(|(provider, of)| leak(id, provider, of, "the deleted server")).collect();
        }
        let Some(server) = self.cloud.servers.get(id).filter(|_| !self.under_way) else { return Vec::new() };
        let due = self.due.cloned().unwrap_or_else(|| self.cloud.due(server));
        let lacks = due.iter().filter(|(provider, of)| held.get(*provider) != Some(of));
        let mut wrongs: Vec<Wrong> = lacks.map(|(provider, of)| loss(id, provider.clone(), of.clone())).collect();
        let beside = held.iter().filter(|(provider, _)| !due.is_empty() && !due.contains_key(*provider));
        wrongs
            .extend(beside.map(|(provider, of)| leak(id, provider.clone(), of.clone(), "the server, beside its own,")));
        wrongs
    }

    /// What is wrong of a migration record.
    #[must_use]
    pub fn of_migration(&self, id: &str) -> Vec<Wrong> {
        let held = self.cloud.held(id).into_iter().filter(|_| !self.under_way);
        held.map(|(provider, of)| leak(id, provider, of, "the migration record")).collect()
    }
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
