//! The caller, which starts a task and answers its questions.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::super::serve::{Answer, Serve};
use super::moment::Moment;
use super::story::Story;
use super::victim::Victim;

/// The caller of one task; it survives restarts of the service.
pub struct Caller {
    pub task: Value,
    key: String,
    node: String,
    says: &'static [&'static str],
    /// Its answers, by index in the history.
    said: BTreeMap<usize, Value>,
    /// The indices of its acknowledged answers.
    taken: BTreeSet<usize>,
}

impl Caller {
    pub fn new(story: &Story, key: String, task: Value, node: &str) -> Self {
        let (said, taken) = (BTreeMap::new(), BTreeSet::new());
        Self { task, key, node: node.to_owned(), says: story.says, said, taken }
    }

    /// Starts the task (the same key means the same task, if it was accepted) and answers it until its end; none if the
    /// service dies first.
    pub async fn see_to_its_end(&mut self, serve: &Serve, kill: Option<(Moment, &Victim)>) -> Option<Answer> {
        let mut told = serve.try_post("/v1/tasks?wait=60", &self.key, &self.task).await?;
        let mut nth = 0;
        while told.end().0 == "waiting" {
            nth += 1;
            let task = format!("/v1/tasks/{}", told.text("/id"));
            let kill = kill.filter(|(moment, _)| moment.is_at_question(nth));
            self.is_asked(serve, &task, &told.body["waiting_for"][0], kill).await?;
            told = serve.try_get(&format!("{task}?wait=60")).await?;
        }
        Some(told)
    }

    async fn is_asked(
        &mut self,
        serve: &Serve,
        task: &str,
        question: &Value,
        kill: Option<(Moment, &Victim)>,
    ) -> Option<()> {
        let index = usize::try_from(question["index"].as_u64().unwrap()).unwrap();
        assert!(!self.taken.contains(&index), "asked again at {index} after an accepted answer: {task}");
        if let Some((Moment::Asking(_), victim)) = kill {
            victim.clone().kill().await;
            return None;
        }
        if let Some((Moment::Saying(_, time), victim)) = kill {
            let victim = victim.clone();
            tokio::spawn(async move {
                tokio::time::sleep(time).await;
                victim.kill().await;
            });
        }
        let reply = json!({ "index": index, "reply": self.reply(index, &question["effect"]) });
        let answer = serve.try_reply(task, &reply).await?;
        assert_eq!(answer.status, 200, "{reply}: {}", answer.body);
        self.taken.insert(index);
        if let Some((Moment::Said(_), victim)) = kill {
            victim.clone().kill().await;
        }
        Some(())
    }

    /// The same question gets the same reply; a new question gets the next one.
    fn reply(&mut self, index: usize, effect: &Value) -> Value {
        let state = self.says.get(self.said.len()).or(self.says.last());
        let reply = match effect["kind"].as_str() {
            Some("find-compute-node") => json!({ "kind": "compute-node", "node": self.node }),
            _ => json!({ "kind": "server", "state": state.expect("a question that the story does not have") }),
        };
        self.said.entry(index).or_insert(reply).clone()
    }

    /// The acknowledged replies that are missing in this history.
    pub fn forgotten(&self, history: &[Value]) -> Vec<usize> {
        let kept = |index: &usize| history.get(*index).is_some_and(|exchange| exchange["reply"] == self.said[index]);
        self.taken.iter().copied().filter(|index| !kept(index)).collect()
    }
}
