//! Plays a sequence on both and compares every answer, and the final allocations.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fmt::{self, Write};
use std::mem;

use serde_json::json;
use swaparoo_placement::{Body, Microversion, Placement, Request, Response};
use swaparoo_real_placement::{Client, Words, difference};

use super::sequence::Step;
use super::words::{Names, faults};

/// Plays sequences on the model and one real server.
pub struct Player {
    client: Client,
    turn: Cell<u32>,
    requests: Cell<usize>,
    answers: RefCell<BTreeMap<String, usize>>,
}

/// One line for each request of a sequence, with short names.
#[derive(Debug, Default)]
pub struct Transcript(String);

impl fmt::Display for Transcript {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Player {
    pub async fn start(client: Client) -> Self {
        let made = client.send(&gold()).await.unwrap();
        assert_eq!(made.status, 201, "{made:?}");
        Self { client, turn: Cell::new(0), requests: Cell::new(1), answers: RefCell::default() }
    }

    pub fn requests(&self) -> usize {
        self.requests.get()
    }

    /// The numbers of answers by status, to show that not everything is refused.
    pub fn answers(&self) -> String {
        format!("{:?}", self.answers.borrow())
    }

    /// Plays one sequence with new names. Returns the transcript as an error if the answers differ.
    pub async fn play(&self, steps: &[Step]) -> Result<(), Transcript> {
        self.turn.set(self.turn.get() + 1);
        let mut turn = Turn::new(self.turn.get());
        for request in turn.names.setting() {
            self.ask(&mut turn, &request, Words::All).await?;
        }
        turn.transcript = Transcript::default();
        for step in steps {
            let request = turn.names.request(step, &turn.model);
            let words = if faults(step) > 1 { Words::Kind } else { Words::All };
            let status = self.ask(&mut turn, &request, words).await?;
            *self.answers.borrow_mut().entry(format!("{} {status}", request.method)).or_default() += 1;
        }
        for request in closing(&turn.names, &turn.model) {
            self.ask(&mut turn, &request, Words::All).await?;
        }
        Ok(())
    }

    async fn ask(&self, turn: &mut Turn, request: &Request, words: Words) -> Result<u16, Transcript> {
        self.requests.set(self.requests.get() + 1);
        let (model, real) = (turn.model.handle(request), self.client.send(request).await.unwrap());
        turn.transcript.add(&turn.names, request, &model);
        let Some(difference) = difference(&model, &real, words) else { return Ok(real.status) };
        let text = format!("DIFFERENT {difference}\nmodel: {model:#?}\nreal: {real:#?}");
        turn.transcript.0.push_str(&turn.names.shortened(&text));
        Err(mem::take(&mut turn.transcript))
    }
}

/// A sequence that is being played.
struct Turn {
    names: Names,
    model: Placement,
    transcript: Transcript,
}

impl Turn {
    fn new(turn: u32) -> Self {
        let mut model = Placement::default();
        model.add_resource_class("CUSTOM_GOLD").unwrap();
        Self { names: Names { turn }, model, transcript: Transcript::default() }
    }
}

impl Transcript {
    fn add(&mut self, names: &Names, request: &Request, response: &Response) {
        let body = match &request.body {
            Body::Empty => String::new(),
            Body::Json(document) => document.to_string(),
            Body::Text(text) => text.clone(),
        };
        let line =
            format!("{} {} {} {body} -> {}", request.microversion, request.method, request.path, response.status);
        writeln!(self.0, "{}", names.shortened(&line)).unwrap();
    }
}

/// Reads all allocations and generations. Then finds empty consumer records, which needs writes.
fn closing(names: &Names, model: &Placement) -> Vec<Request> {
    let newest = |request: Request| request.at(Microversion::new(38).unwrap());
    let path = |uuid: &String| format!("/allocations/{uuid}");
    let nothing = json!({ "allocations": {}, "project_id": "p", "user_id": "u", "consumer_generation": null });
    let consumers: Vec<_> = (0..3).map(|number| names.consumer(number)).collect();
    let shown = consumers.iter().map(|uuid| newest(Request::get(&path(uuid))));
    let providers = [Request::get(&format!("/resource_providers?in_tree={}", names.provider(0)))];
    let empty = consumers.iter().filter(|uuid| !model.holdings().contains_key(uuid.as_str()));
    shown.chain(providers).chain(empty.map(|uuid| Request::put(&path(uuid), nothing.clone()))).collect()
}

fn gold() -> Request {
    Request::post("/resource_classes", json!({ "name": "CUSTOM_GOLD" }))
}
