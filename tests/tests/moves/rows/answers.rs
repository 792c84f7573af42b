//! Answers that are errors, or that do not come from Placement.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use swaparoo_placement::Method::{Get, Post};
use swaparoo_real_placement::{Act, Canned};

use crate::moves::row::InitialState::{Claiming, Holding, Unknown};
use crate::moves::row::TaskKind::{Back, Swap};
use crate::moves::row::{Row, same};

fn answer(canned: Canned) -> Act {
    Act::Answer(canned)
}

fn status(status: u16) -> Act {
    let body = json!({ "errors": [{ "status": status, "detail": "made up", "code": "placement.undefined_code" }] });
    answer(Canned { status, content_type: "application/json", body: body.to_string() })
}

/// An answer without one of the required fields.
fn without(field: &str) -> Act {
    let mut body = json!({
        "allocations": { "5a1d0000-0000-4000-8000-000000000001": { "resources": { "VCPU": 2 }, "generation": 1 } },
        "project_id": "source-project", "user_id": "source-user", "consumer_generation": 1,
    });
    body.as_object_mut().and_then(|fields| fields.remove(field)).unwrap();
    answer(Canned { status: 200, content_type: "application/json", body: Value::to_string(&body) })
}

/// An answer in Placement's form, about a consumer that has this many classes of one provider.
fn with_classes(classes: usize) -> Act {
    let held: BTreeMap<String, u32> = (0..classes).map(|class| (format!("CUSTOM_{class}"), 1)).collect();
    let body = json!({
        "allocations": { "5a1d0000-0000-4000-8000-000000000001": { "resources": held, "generation": 1 } },
        "project_id": "source-project", "user_id": "source-user", "consumer_generation": 1,
    });
    answer(Canned { status: 200, content_type: "application/json", body: body.to_string() })
}

pub fn reads_go_wrong() -> Vec<Row> {
    let swap = |name, ends| Row::new(name, Swap, Holding, Unknown, ends);
    let back = |name, ends| Row::new(name, Back, Holding, Claiming, ends);
    let malformed = "malformed-answer:200 2 3*t GG";
    vec![
        swap("source: 500", same("allocation-retrieval-failed:500 2 - GG")).on(Get, 1, status(500)),
        swap("target: 500", same("allocation-retrieval-failed:500 2 - GG")).on_target(Get, status(500)),
        swap("target: 404", same("allocation-retrieval-failed:404 2 - GG")).on_target(Get, status(404)),
        // Placement itself gives this answer to a user who is not an administrator.
        swap("403", same("allocation-retrieval-failed:403 2 - GG")).token("user"),
        swap("401", same("allocation-retrieval-failed:401 2 - GG")).on(Get, 1, answer(Canned::unauthorized())),
        swap("406", same("allocation-retrieval-failed:406 2 - GG")).on(Get, 1, answer(Canned::not_acceptable())),
        swap("503 of a proxy", same("allocation-retrieval-failed:503 2 - GG")).on(
            Get,
            1,
            answer(Canned::unavailable()),
        ),
        swap("200 and no JSON", same("malformed-answer:200 2 - GG")).on(Get, 1, answer(Canned::garbage())),
        // More than any consumer has.
        swap("source: 1,025 classes", same("malformed-answer:200 2 - GG")).on(Get, 1, with_classes(1_025)),
        swap("source: 100,000 classes", same("malformed-answer:200 2 - GG")).on(Get, 1, with_classes(100_000)),
        // A missing generation or owner is not replaced with a default.
        back("target: no generation", same(malformed)).on_target(Get, without("consumer_generation")),
        back("target: no project", same(malformed)).on_target(Get, without("project_id")),
        back("target: no user", same(malformed)).on_target(Get, without("user_id")),
        back("source: no generation", same(malformed)).prepare(async |fixture| {
            let path = format!("/allocations/{}", fixture.source);
            fixture.proxy.on_path(Get, &path, 1, without("consumer_generation"));
        }),
    ]
}

pub fn strange_answers_to_a_write() -> Vec<Row> {
    let swap = |name, ends| Row::new(name, Swap, Holding, Unknown, ends);
    let forbidden = || answer(Canned { status: 403, ..Canned::unavailable() });
    let no_code = ["refused:406 2 - GGP", "malformed-answer:406 2 - GGP", "malformed-answer:406 2 - GGP"];
    vec![
        // It may have been done, so the rules read again; here it was not done.
        swap("503 of a proxy", ["moved - 2 GGPGGP", "malformed-answer:503 2 - GGP", "malformed-answer:503 2 - GGP"])
            .on(Post, 1, answer(Canned::unavailable())),
        swap("200 and no JSON", ["moved - 2 GGPGGP", "malformed-answer:200 2 - GGP", "malformed-answer:200 2 - GGP"])
            .on(Post, 1, answer(Canned::garbage())),
        swap("403 of a proxy", same("malformed-answer:403 2 - GGP")).on(Post, 1, forbidden()),
        swap("401", same("malformed-answer:401 2 - GGP")).on(Post, 1, answer(Canned::unauthorized())),
        // nova reads the error's code, and raises KeyError.
        swap("406", no_code).on(Post, 1, answer(Canned::not_acceptable())),
    ]
}
