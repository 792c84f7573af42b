//! Placement's behaviour as transcripts that the model and the real Placement must both follow.
//!
//! A section begins with `#`; it has consumers A, B, C, providers P and Q with inventories, and a provider X that does
//! not exist. A line is `VERSION METHOD PATH BODY -> STATUS CODE | TEXT`: body, code and text may be left out, and
//! VERSION is 1.VERSION. A body with `hold` means a complete claim of project p and user u. TEXT is a part of the
//! error, or the document of the answer.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a failing unwrap shows its line")]

mod line;

use serde_json::json;
use swaparoo_placement::{Delivery, Fault, Placement, Request, Response};
use swaparoo_real_placement::{Client, Options, RealPlacement, Words, difference};

use line::{Line, Names};

#[tokio::test]
async fn reading() {
    check(include_str!("reading.txt")).await;
}

#[tokio::test]
async fn writing() {
    check(include_str!("writing.txt")).await;
}

#[tokio::test]
async fn refusals() {
    check(include_str!("refusals.txt")).await;
}

#[tokio::test]
async fn generations() {
    check(include_str!("generations.txt")).await;
}

#[tokio::test]
async fn capacity() {
    check(include_str!("capacity.txt")).await;
}

/// A server without retries answers every write like a write whose provider is changed all the time.
#[tokio::test]
async fn provider_conflict() {
    let real = RealPlacement::start_with(Options { conflict_retries: 0, ..Options::default() }).unwrap();
    let client = Client::new(real.url());
    let (names, mut model) = (Names(1), Placement::default());
    for request in setting(&names) {
        same(&request, &model.handle(&request), &client.send(&request).await.unwrap());
    }
    for line in [
        r#"28 PUT /allocations/A {"hold": {"P": {"VCPU": 1}}, "gen": null} -> 409 concurrent_update | resource provider data"#,
        r#"28 POST /allocations {"A": {"hold": {"P": {"VCPU": 1}}, "gen": null}} -> 409 concurrent_update | resource provider data"#,
        r#"28 PUT /allocations/A {"hold": {"X": {"VCPU": 1}}, "gen": null} -> 400 undefined_code | does not exist"#,
        r#"28 PUT /allocations/A {"hold": {"P": {"VCPU": 1}}, "gen": null} -> 409 concurrent_update | expected 0 but got None"#,
    ] {
        let line = Line::read(line, &names);
        let Delivery::Response(model) = model.handle_with(&line.request, Some(Fault::ProviderConflict)) else {
            panic!("{line:?} is answered");
        };
        let real = client.send(&line.request).await.unwrap();
        line.expect(&real, &names);
        same(&line.request, &model, &real);
    }
}

/// Plays the transcripts on both, each section with new names.
async fn check(text: &str) {
    let real = RealPlacement::start().unwrap_or_else(|error| panic!("{error}"));
    let client = Client::new(real.url());
    let sections = text.split("# ").skip(1);
    for (section, number) in sections.zip(1..) {
        let (title, lines) = section.split_once('\n').unwrap();
        println!("{title}");
        let (names, mut model) = (Names(number), Placement::default());
        for request in setting(&names) {
            same(&request, &model.handle(&request), &client.send(&request).await.unwrap());
        }
        for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
            println!("  {line}");
            let line = Line::read(line, &names);
            let (model, real) = (model.handle(&line.request), client.send(&line.request).await.unwrap());
            line.expect(&real, &names);
            same(&line.request, &model, &real);
        }
    }
}

fn setting(names: &Names) -> Vec<Request> {
    let provider = |name: &str, inventories: serde_json::Value| {
        let uuid = names.long(name);
        let body = json!({ "resource_provider_generation": 0, "inventories": inventories });
        [
            Request::post("/resource_providers", json!({ "name": uuid, "uuid": uuid })),
            Request::put(&format!("/resource_providers/{uuid}/inventories"), body),
        ]
    };
    let p = json!({ "VCPU": { "total": 4, "max_unit": 3 },
                    "DISK_GB": { "total": 60, "min_unit": 10, "max_unit": 50, "step_size": 10 } });
    let q = json!({ "VCPU": { "total": 4, "reserved": 1, "allocation_ratio": 1.5 }, "MEMORY_MB": { "total": 30 } });
    [provider("P", p), provider("Q", q)].into_iter().flatten().collect()
}

fn same(request: &Request, model: &Response, real: &Response) {
    if let Some(difference) = difference(model, real, Words::All) {
        panic!("{request:?}\n{difference}");
    }
}
