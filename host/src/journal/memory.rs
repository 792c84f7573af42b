//! A journal in memory, lost when the process ends: used when the journal is turned off, and to measure its cost.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use swaparoo_core::late_write::is_lost;

use super::{Entry, Event, JournalError, Lock, Outline, PolicyMeta, Progress, State, StoredPolicy, Summary, TaskQuery};

/// Tasks, policies and settings, in memory.
#[derive(Debug, Default)]
pub struct Memory(Mutex<All>);

#[derive(Debug, Default)]
struct All {
    tasks: BTreeMap<i64, StoredTask>,
    numbers: HashMap<String, i64>,
    keys: HashMap<String, i64>,
    last: i64,
    policies: BTreeMap<String, StoredPolicy>,
    settings: HashMap<String, String>,
}

#[derive(Debug)]
struct StoredTask {
    summary: Summary,
    consumers: Vec<String>,
    entries: Vec<Entry>,
}

impl Memory {
    fn all(&self) -> MutexGuard<'_, All> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn append(&self, batch: &[Entry], _locks: &[Lock]) -> Result<(), JournalError> {
        let mut all = self.all();
        batch.iter().try_for_each(|entry| all.append(entry))
    }

    pub fn open_tasks(&self) -> Result<Vec<Summary>, JournalError> {
        let open = |stored: &&StoredTask| matches!(stored.summary.state, State::Open | State::Parked);
        Ok(self.all().tasks.values().filter(open).map(|stored| stored.summary.clone()).collect())
    }

    pub fn tasks(&self, page: &TaskQuery) -> Result<Vec<Summary>, JournalError> {
        let all = self.all();
        let before = all.tasks.range(..page.before.unwrap_or(i64::MAX)).rev().map(|(_, stored)| stored);
        let wanted = before.filter(|stored| page.states.is_empty() || page.states.contains(&stored.summary.state));
        let wanted = wanted.filter(|stored| page.consumer.as_ref().is_none_or(|one| stored.consumers.contains(one)));
        let wanted = wanted.filter(|stored| page.outcome.is_none() || stored.outcome() == page.outcome.as_deref());
        Ok(wanted.take(page.limit as usize).map(|stored| stored.summary.clone()).collect())
    }

    pub fn task(&self, id: &str) -> Result<Option<Summary>, JournalError> {
        Ok(self.all().find(id).map(|stored| stored.summary.clone()))
    }

    pub fn task_of_key(&self, key: &str) -> Result<Option<Summary>, JournalError> {
        let all = self.all();
        let stored = all.keys.get(key).and_then(|number| all.tasks.get(number));
        Ok(stored.map(|stored| stored.summary.clone()))
    }

    pub fn entries(&self, task: &str) -> Result<Vec<Entry>, JournalError> {
        Ok(self.all().find(task).map(|stored| stored.entries.clone()).unwrap_or_default())
    }

    pub fn unsure_answers(&self, consumer: &str, task: &str, tasks: u32) -> Result<Vec<Event>, JournalError> {
        let all = self.all();
        let of_consumer = |stored: &&StoredTask| stored.consumers.iter().any(|one| one == consumer);
        let newest = all.tasks.values().rev().filter(of_consumer).take(tasks as usize);
        let others = newest.filter(|stored| stored.summary.id != task);
        let is_unsure = |event: &&Event| match event {
            Event::Answered(exchanges) => exchanges.iter().any(|exchange| is_lost(&exchange.reply)),
            _ => false,
        };
        let events = others.flat_map(|stored| &stored.entries).map(|entry| &entry.event);
        Ok(events.filter(is_unsure).cloned().collect())
    }

    pub fn outline(&self, task: &str) -> Result<Option<Outline>, JournalError> {
        let all = self.all();
        let mut events = all.find(task).into_iter().flat_map(|stored| &stored.entries).map(|entry| &entry.event);
        let Some(Event::Opened(opened)) = events.next() else { return Ok(None) };
        let mut outline = Outline::of(opened);
        for event in events {
            match event {
                Event::Resumed(resumed) => outline.resumed(resumed.policy.clone()),
                Event::Parked(why) => outline.parked = Some(why.clone()),
                Event::Ended(end) => outline.end = Some(end.clone()),
                _ => {}
            }
        }
        Ok(Some(outline))
    }

    pub fn consumers(&self, task: &str) -> Result<Vec<String>, JournalError> {
        Ok(self.all().find(task).map(|stored| stored.consumers.clone()).unwrap_or_default())
    }

    pub fn store_policy(&self, policy: &StoredPolicy) -> Result<(), JournalError> {
        // The same component may come again with a signature.
        let mut all = self.all();
        let known = all.policies.entry(policy.meta.digest.clone()).or_insert_with(|| policy.clone());
        if policy.meta.signature.is_some() {
            known.meta.signature.clone_from(&policy.meta.signature);
        }
        Ok(())
    }

    pub fn policy(&self, digest: &str) -> Result<Option<StoredPolicy>, JournalError> {
        Ok(self.all().policies.get(digest).cloned())
    }

    pub fn policies(&self) -> Result<Vec<PolicyMeta>, JournalError> {
        let mut policies: Vec<_> = self.all().policies.values().map(|policy| policy.meta.clone()).collect();
        policies.sort_by_key(|kept| kept.added_at);
        Ok(policies)
    }

    pub fn forget_policy(&self, digest: &str) -> Result<bool, JournalError> {
        Ok(self.all().policies.remove(digest).is_some())
    }

    pub fn setting(&self, name: &str) -> Result<Option<String>, JournalError> {
        Ok(self.all().settings.get(name).cloned())
    }

    pub fn settings(&self) -> Result<Vec<(String, String)>, JournalError> {
        Ok(self.all().settings.iter().map(|(name, value)| (name.clone(), value.clone())).collect())
    }

    pub fn set(&self, settings: &[(&str, Option<String>)]) -> Result<(), JournalError> {
        let mut all = self.all();
        for (name, value) in settings {
            match value {
                Some(value) => all.settings.insert((*name).to_owned(), value.clone()),
                None => all.settings.remove(*name),
            };
        }
        Ok(())
    }

    pub fn probe(&self) -> Result<(), JournalError> {
        Ok(())
    }

    /// Always 0: the size limit concerns only the journal's file.
    pub fn bytes(&self) -> u64 {
        0
    }

    pub fn newest(&self) -> Result<Option<u64>, JournalError> {
        Ok(self.all().tasks.values().map(|stored| stored.summary.updated_at).max())
    }

    pub fn count_ended(&self) -> Result<u64, JournalError> {
        Ok(self.all().tasks.values().filter(|stored| stored.has_ended()).count() as u64)
    }

    pub fn forget_first(&self, most: u64) -> Result<u64, JournalError> {
        let mut all = self.all();
        let ended = all.tasks.iter().filter(|(_, stored)| stored.has_ended()).map(|(number, _)| *number);
        let forget = ended.take(usize::try_from(most).unwrap_or(usize::MAX)).collect();
        Ok(all.forget(&forget))
    }

    pub fn forget_before(&self, at: u64, most: u64) -> Result<u64, JournalError> {
        let mut all = self.all();
        let old = all.tasks.iter().filter(|(_, stored)| stored.has_ended() && stored.summary.updated_at < at);
        let mut old: Vec<_> = old.map(|(number, stored)| (stored.summary.updated_at, *number)).collect();
        old.sort_unstable();
        old.truncate(usize::try_from(most).unwrap_or(usize::MAX));
        Ok(all.forget(&old.into_iter().map(|(_, number)| number).collect()))
    }
}

impl StoredTask {
    fn has_ended(&self) -> bool {
        matches!(self.summary.state, State::Finished | State::Failed)
    }

    /// The outcome or the failure's code.
    fn outcome(&self) -> Option<&str> {
        match &self.entries.last()?.event {
            Event::Ended(end) => end.name(),
            _ => None,
        }
    }
}

impl All {
    fn find(&self, id: &str) -> Option<&StoredTask> {
        self.tasks.get(self.numbers.get(id)?)
    }

    fn forget(&mut self, forget: &BTreeSet<i64>) -> u64 {
        let Self { tasks, numbers, keys, .. } = self;
        tasks.retain(|number, _| !forget.contains(number));
        numbers.retain(|_, number| !forget.contains(number));
        keys.retain(|_, number| !forget.contains(number));
        forget.len() as u64
    }

    fn append(&mut self, entry: &Entry) -> Result<(), JournalError> {
        if let Event::Opened(opened) = &entry.event {
            if opened.key.as_ref().is_some_and(|key| self.keys.contains_key(key)) {
                return Err(JournalError::new("a task has this idempotency key already"));
            }
            self.last += 1;
            let (number, at) = (self.last, entry.at);
            let id = entry.task.clone();
            let (state, progress) = (State::Open, Progress::Running);
            let summary = Summary { id, number, state, progress, entries: 0, created_at: at, updated_at: at };
            self.tasks.insert(number, StoredTask { summary, consumers: opened.consumers(), entries: Vec::new() });
            self.numbers.insert(entry.task.clone(), number);
            if let Some(key) = &opened.key {
                self.keys.insert(key.clone(), number);
            }
        }
        let stored = self.numbers.get(&entry.task).and_then(|number| self.tasks.get_mut(number));
        let stored = stored.filter(|stored| stored.summary.entries == entry.number);
        let stored = stored.ok_or_else(|| JournalError::new("entries of a task are out of order"))?;
        stored.summary.entries += 1;
        stored.summary.updated_at = stored.summary.updated_at.max(entry.at);
        stored.summary.state = entry.event.state().unwrap_or(stored.summary.state);
        let learned = entry.event.consumers();
        let new = learned.into_iter().filter(|one| !stored.consumers.contains(one)).collect::<Vec<_>>();
        stored.consumers.extend(new);
        stored.entries.push(entry.clone());
        Ok(())
    }
}
