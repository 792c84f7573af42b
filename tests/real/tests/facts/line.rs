//! One line of a transcript: a request and its answer.

use serde_json::{Map, Value, json};
use swaparoo_placement::{Body, Method, Microversion, Request, Response};

/// The long names of one section.
pub struct Names(pub u32);

impl Names {
    const SHORT: [&str; 6] = ["A", "B", "C", "P", "Q", "X"];

    pub fn long(&self, short: &str) -> String {
        match Self::SHORT.iter().position(|known| *known == short) {
            Some(at) => format!("{:08x}-aaaa-4000-8000-abcdefabcde{at}", self.0),
            None => short.to_owned(),
        }
    }

    fn path(&self, path: &str) -> String {
        path.split('/').map(|part| self.long(part)).collect::<Vec<_>>().join("/")
    }

    fn shortened(&self, text: &str) -> String {
        Self::SHORT.iter().fold(text.to_owned(), |text, short| text.replace(&self.long(short), short))
    }

    /// The document with long names and expanded claims.
    fn document(&self, value: Value) -> Value {
        let Value::Object(fields) = value else { return value };
        if let Some(hold) = fields.get("hold") {
            return self.claim(hold, &fields);
        }
        fields.into_iter().map(|(key, value)| (self.long(&key), self.document(value))).collect()
    }

    fn claim(&self, hold: &Value, fields: &Map<String, Value>) -> Value {
        let held = hold.as_object().unwrap();
        let allocations: Value =
            held.iter().map(|(uuid, held)| (self.long(uuid), json!({ "resources": held }))).collect();
        let mut claim = json!({ "allocations": allocations, "project_id": "p", "user_id": "u" });
        for (short, long) in
            [("gen", "consumer_generation"), ("type", "consumer_type"), ("mappings", "mappings"), ("user", "user_id")]
        {
            if let Some(value) = fields.get(short) {
                claim[long] = value.clone();
            }
        }
        claim
    }
}

#[derive(Debug)]
pub struct Line {
    pub request: Request,
    written: String,
    status: u16,
    code: Option<String>,
    text: Option<String>,
}

impl Line {
    pub fn read(written: &str, names: &Names) -> Self {
        let (asked, answered) = written.split_once(" -> ").unwrap_or_else(|| panic!("no answer: {written}"));
        let (answer, text) = match answered.split_once(" | ") {
            Some((answer, text)) => (answer, Some(text.to_owned())),
            None => (answered, None),
        };
        let mut answer = answer.split_whitespace();
        Self {
            request: request(asked, names),
            written: written.to_owned(),
            status: answer.next().unwrap().parse().unwrap(),
            code: answer.next().map(|code| format!("placement.{code}")),
            text,
        }
    }

    /// Fails unless the answer is as expected.
    pub fn expect(&self, response: &Response, names: &Names) {
        let Self { written, status, code, text, .. } = self;
        assert_eq!((response.status, response.code()), (*status, code.as_deref()), "{written}\n{response:?}");
        let Some(text) = text else { return };
        match response.detail() {
            Some(detail) => assert!(names.shortened(detail).contains(text), "{written}\n{detail}"),
            None => {
                let expected: Value = serde_json::from_str(text).unwrap();
                let got: Value = serde_json::from_str(&names.shortened(&response.body.to_string())).unwrap();
                assert_eq!(got, expected, "{written}");
            }
        }
    }
}

fn request(asked: &str, names: &Names) -> Request {
    let mut parts = asked.splitn(4, ' ');
    let version = Microversion::new(parts.next().unwrap().parse().unwrap()).unwrap();
    let method = Method::named(parts.next().unwrap()).unwrap();
    let request = Request::new(method, &names.path(parts.next().unwrap())).at(version);
    let Some(body) = parts.next() else { return request };
    let (content_type, body) = match body.strip_prefix("as ").and_then(|body| body.split_once(' ')) {
        Some((content_type, body)) => (content_type, body),
        None => ("application/json", body),
    };
    let body = match serde_json::from_str(body) {
        Ok(document) => Body::Json(names.document(document)),
        Err(_) => Body::Text(body.to_owned()),
    };
    Request { content_type: Some(content_type.to_owned()), body, ..request }
}
