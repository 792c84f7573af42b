//! nova's conductor as a client of the service: it starts a migration and answers its questions, and it survives
//! restarts of the service. It gives a repeated question the same answer.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::crash::moment::Moment;
use super::crash::service_run::ServiceRun;
use super::placement_fixture::PlacementFixture;
use super::serve::{Answer, Serve};
use super::tasks::new;

/// The event while the scheduler looks for a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheduling {
    /// It finds and claims a host.
    Found,
    /// It finds no host.
    NoHost,
    /// The server is deleted, and then it finds no host.
    DeletedAndNoHost,
    /// The server is deleted, and then it finds and claims a host.
    DeletedAndFound,
}

impl Scheduling {
    pub const ALL: [Self; 4] = [Self::Found, Self::NoHost, Self::DeletedAndNoHost, Self::DeletedAndFound];

    /// The end; the server's allocations on the source and the destination, and its migration's on the source.
    pub fn ends(self) -> (&'static str, [u64; 3]) {
        match self {
            Self::Found => ("started", [0, 3, 2]),
            Self::NoHost => ("no-valid-host", [2, 0, 0]),
            Self::DeletedAndNoHost => ("no-valid-host", [0, 0, 0]),
            Self::DeletedAndFound => ("nova-failed", [0, 0, 0]),
        }
    }
}

/// The conductor of one server's resize.
pub struct Conductor {
    pub server: String,
    pub migration: String,
    placement: Arc<PlacementFixture>,
    destination: String,
    scheduling: Scheduling,
    deleted: bool,
    /// Its answers, by task and index in the history.
    answers: BTreeMap<(String, u64), Value>,
    /// The status of the migration record.
    pub status: &'static str,
    /// The number of the question that it does not answer, from 1.
    pub silent_at: Option<usize>,
    asked: usize,
}

impl Conductor {
    /// For a new server that holds 2 VCPU on the fixture's node.
    pub async fn new(placement: &Arc<PlacementFixture>, destination: &str, scheduling: Scheduling) -> Self {
        Self {
            server: placement.holder().await,
            migration: new(),
            placement: placement.clone(),
            destination: destination.to_owned(),
            scheduling,
            deleted: false,
            answers: BTreeMap::new(),
            status: "pre-migrating",
            silent_at: None,
            asked: 0,
        }
    }

    /// The resize task.
    pub fn resize(&self) -> Value {
        json!({
            "kind": "migrate", "server": self.server, "old_flavor": "1", "new_flavor": "2",
            "request_spec": {
                "project": null, "user": null, "in_group": true, "force_hosts": [], "force_nodes": [],
                "ignore_hosts": [], "requested_destination": null, "retry": null, "requested_resources": [],
            },
        })
    }

    /// The task for its end, which drops the record's allocations.
    pub fn confirm(&self) -> Value {
        json!({ "kind": "confirm", "server": self.server, "migration": self.migration })
    }

    /// Starts a task (the same key means the same task) and answers it until its end; none if the service dies first.
    pub async fn run_to_end(
        &mut self,
        serve: &Serve,
        [key, task]: [&Value; 2],
        kill: Option<(Moment, &ServiceRun)>,
    ) -> Option<Answer> {
        self.asked = 0;
        let mut view = serve.try_post("/v1/tasks?wait=60", key.as_str().unwrap(), task).await?;
        loop {
            let id = view.text("/id").to_owned();
            match view.end().0 {
                "waiting" => self.answer_questions(serve, &id, &view.body["waiting_for"].clone(), kill).await?,
                "queued" | "running" => {}
                _ => return Some(view),
            }
            view = serve.try_get(&format!("/v1/tasks/{id}?wait=60")).await?;
        }
    }

    async fn answer_questions(
        &mut self,
        serve: &Serve,
        id: &str,
        questions: &Value,
        kill: Option<(Moment, &ServiceRun)>,
    ) -> Option<()> {
        for question in questions.as_array().unwrap() {
            self.asked += 1;
            if self.silent_at == Some(self.asked) {
                self.answer_too_late(serve, id, &question["index"]).await;
                return Some(());
            }
            let kill = kill.filter(|(moment, _)| moment.is_at_question(self.asked));
            if let Some((Moment::Asking(_), run)) = kill {
                run.clone().kill().await;
                return None;
            }
            let reply = json!({ "index": question["index"], "reply": self.answer(id, question).await });
            let answer = serve.try_reply(&format!("/v1/tasks/{id}"), &reply).await?;
            assert_eq!(answer.status, 200, "{question} {reply}: {}", answer.body);
            if let Some((Moment::Replied(_), run)) = kill {
                run.clone().kill().await;
                return None;
            }
        }
        Some(())
    }

    /// Waits until the task has given up the question, so that the answer is too late.
    async fn answer_too_late(&self, serve: &Serve, id: &str, index: &Value) {
        loop {
            let view = serve.get(&format!("/v1/tasks/{id}")).await;
            let waiting = view.body["waiting_for"].as_array().unwrap();
            if !waiting.iter().any(|question| question["index"] == *index) {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        let late = json!({ "index": index, "reply": { "kind": "nova-error", "error": "TooLate", "detail": "" } });
        let answer = serve.post(&format!("/v1/tasks/{id}/replies"), &late).await;
        assert_eq!(answer.status, 409, "{}", answer.body);
    }

    /// The same answer to the same question.
    pub async fn answer(&mut self, task: &str, question: &Value) -> Value {
        let key = (task.to_owned(), question["index"].as_u64().unwrap());
        if let Some(said) = self.answers.get(&key) {
            return said.clone();
        }
        let answer = self.answer_to(&question["effect"]).await;
        self.answers.insert(key, answer.clone());
        answer
    }

    async fn answer_to(&mut self, effect: &Value) -> Value {
        match effect["kind"].as_str().unwrap() {
            "get-port-requests" => json!({ "kind": "port-requests", "requests": [] }),
            "find-cell" => json!({ "kind": "cell", "cell": "cell1" }),
            "find-migration" => json!({ "kind": "migration", "migration": null }),
            "create-migration" | "get-migration" => self.record(),
            "find-compute-node" => json!({ "kind": "compute-node", "node": self.placement.node() }),
            "ensure-project-and-user" => json!({ "kind": "project-and-user", "project": "project", "user": "user" }),
            "find-server" => json!({ "kind": "server", "state": if self.deleted { "gone" } else { "present" } }),
            "select-destinations" => self.schedule().await,
            "get-availability-zone" => json!({ "kind": "availability-zone", "zone": "nova" }),
            "save-migration" => {
                assert_eq!(effect["status"], "error");
                self.status = "error";
                json!({ "kind": "done" })
            }
            "setup-instance-group" | "ensure-network-metadata" | "heal-is-bfv" | "prep-resize" => {
                json!({ "kind": "done" })
            }
            other => panic!("unexpected question {other}"),
        }
    }

    pub fn record(&self) -> Value {
        json!({ "kind": "migration", "migration": {
            "migration": self.migration, "server": self.server, "migration_type": "resize", "status": self.status,
        } })
    }

    async fn schedule(&mut self) -> Value {
        if matches!(self.scheduling, Scheduling::DeletedAndNoHost | Scheduling::DeletedAndFound) {
            self.deleted = true;
            self.placement.delete(&self.server).await;
        }
        if matches!(self.scheduling, Scheduling::NoHost | Scheduling::DeletedAndNoHost) {
            return json!({ "kind": "nova-error", "error": "NoValidHost", "detail": "No valid host was found." });
        }
        self.placement.claim(&self.server, &self.destination, 3).await;
        let allocations = json!([{ "provider": self.destination, "resources": [{ "class": "VCPU", "amount": 3 }] }]);
        let request = json!({ "allocations": allocations, "mappings": [], "version": "1.36" });
        let host = json!({ "host": "destination", "node": "destination", "cell": null, "availability_zone": null,
            "allocation_request": request });
        json!({ "kind": "selections", "selections": [host] })
    }

    /// The server's allocations on the source and the destination, and its migration's on the source.
    pub async fn holds(&self) -> [u64; 3] {
        [
            self.placement.holds(&self.server).await,
            self.placement.holds_of(&self.server, &self.destination).await,
            self.placement.holds(&self.migration).await,
        ]
    }

    /// The indices in the task's history where an answer was acknowledged but another one is recorded.
    pub fn forgotten(&self, task: &str, history: &[Value]) -> Vec<u64> {
        let said = self.answers.iter().filter(|((of, _), _)| of == task);
        let kept = |index: u64, said: &Value| {
            history.get(usize::try_from(index).unwrap()).is_some_and(|exchange| exchange["reply"] == *said)
        };
        said.filter(|((_, index), said)| !kept(*index, said)).map(|((_, index), _)| *index).collect()
    }
}
