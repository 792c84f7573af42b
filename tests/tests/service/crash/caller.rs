//! The caller, which starts a task and answers its questions.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::super::serve::{Answer, Serve};
use super::moment::Moment;
use super::scenario::Scenario;
use super::service_run::ServiceRun;

/// The caller of one task; it survives restarts of the service.
pub struct Caller {
    pub task: Value,
    key: String,
    node: String,
    server_states: &'static [&'static str],
    /// Its answers, by index in the history.
    replies: BTreeMap<usize, Value>,
    /// The indices of its acknowledged answers.
    acknowledged: BTreeSet<usize>,
}

impl Caller {
    pub fn new(scenario: &Scenario, key: String, task: Value, node: &str) -> Self {
        let (replies, acknowledged) = (BTreeMap::new(), BTreeSet::new());
        Self { task, key, node: node.to_owned(), server_states: scenario.server_states, replies, acknowledged }
    }

    /// Starts the task (the same key means the same task, if it was accepted) and answers it until its end; none if the
    /// service dies first.
    pub async fn run_to_end(&mut self, serve: &Serve, kill: Option<(Moment, &ServiceRun)>) -> Option<Answer> {
        let mut view = serve.try_post("/v1/tasks?wait=60", &self.key, &self.task).await?;
        let mut nth = 0;
        while view.end().0 == "waiting" {
            nth += 1;
            let task = format!("/v1/tasks/{}", view.text("/id"));
            let kill = kill.filter(|(moment, _)| moment.is_at_question(nth));
            self.answer_question(serve, &task, &view.body["waiting_for"][0], kill).await?;
            view = serve.try_get(&format!("{task}?wait=60")).await?;
        }
        Some(view)
    }

    async fn answer_question(
        &mut self,
        serve: &Serve,
        task: &str,
        question: &Value,
        kill: Option<(Moment, &ServiceRun)>,
    ) -> Option<()> {
        let index = usize::try_from(question["index"].as_u64().unwrap()).unwrap();
        assert!(!self.acknowledged.contains(&index), "asked again at {index} after an accepted answer: {task}");
        if let Some((Moment::Asking(_), run)) = kill {
            run.clone().kill().await;
            return None;
        }
        if let Some((Moment::Replying(_, time), run)) = kill {
            let run = run.clone();
            tokio::spawn(async move {
                tokio::time::sleep(time).await;
                run.kill().await;
            });
        }
        let reply = json!({ "index": index, "reply": self.reply(index, &question["effect"]) });
        let answer = serve.try_reply(task, &reply).await?;
        assert_eq!(answer.status, 200, "{reply}: {}", answer.body);
        self.acknowledged.insert(index);
        if let Some((Moment::Replied(_), run)) = kill {
            run.clone().kill().await;
        }
        Some(())
    }

    /// The same question gets the same reply; a new question gets the next one.
    fn reply(&mut self, index: usize, effect: &Value) -> Value {
        let state = self.server_states.get(self.replies.len()).or(self.server_states.last());
        let reply = match effect["kind"].as_str() {
            Some("find-compute-node") => json!({ "kind": "compute-node", "node": self.node }),
            _ => json!({ "kind": "server", "state": state.expect("a question that the scenario does not have") }),
        };
        self.replies.entry(index).or_insert(reply).clone()
    }

    /// The acknowledged replies that are missing in this history.
    pub fn forgotten(&self, history: &[Value]) -> Vec<usize> {
        let kept = |index: &usize| history.get(*index).is_some_and(|exchange| exchange["reply"] == self.replies[index]);
        self.acknowledged.iter().copied().filter(|index| !kept(index)).collect()
    }
}
