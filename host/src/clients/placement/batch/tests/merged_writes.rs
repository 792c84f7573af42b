//! Which writes are merged, and which answer each of them gets.

use futures_util::FutureExt;
use futures_util::future::join_all;
use serde_json::json;
use swaparoo_placement::Body;

use super::super::OVERDUE;
use super::stage::{Stage, of_node, write};
use crate::clients::placement::HttpOutcome;
use crate::contract::{ForeignAnswer, Refusal, Reply, Silence};

fn answer(status: u16, body: &str) -> HttpOutcome {
    HttpOutcome::Response { status, body: body.as_bytes().to_vec() }
}

fn conflict(detail: &str) -> HttpOutcome {
    let error = json!({ "status": 409, "code": "placement.concurrent_update", "detail": detail });
    answer(409, &json!({ "errors": [error] }).to_string())
}

fn refused(detail: &str) -> Reply {
    Reply::Refused(Refusal { status: 409, code: "placement.concurrent_update".into(), detail: detail.into() })
}

#[tokio::test]
async fn writes_that_arrive_during_another_are_merged() {
    let stage = Stage::most(3, |_, _| answer(204, ""));
    let (replies, sent) = stage.all("a b c d e").await;
    assert_eq!(replies, vec![Reply::Written; 5]);
    assert_eq!(sent, ["a", "b c d", "e"]);
}

#[tokio::test]
async fn after_a_refusal_each_write_is_sent_alone_and_gets_its_own_answer() {
    let stage = Stage::most(9, |consumers, _| match consumers {
        ["c"] => conflict("c's"),
        [_] => answer(204, ""),
        _ => conflict("another's"),
    });
    let (replies, sent) = stage.all("a b c d").await;
    assert_eq!(replies, [Reply::Written, Reply::Written, refused("c's"), Reply::Written]);
    assert_eq!(sent, ["a", "b c d", "b", "c", "d"]);
}

/// Writes `a`, and `b` and `c` merged, with this answer; returns the reply to `b` and `c`, and all requests.
async fn together(answered: fn() -> HttpOutcome) -> (Reply, Vec<String>) {
    let stage = Stage::most(9, move |consumers, _| if consumers.len() > 1 { answered() } else { answer(204, "") });
    let (mut replies, sent) = stage.all("a b c").await;
    assert_eq!(replies.remove(0), Reply::Written);
    assert_eq!(replies[0], replies[1]);
    (replies.remove(0), sent)
}

#[tokio::test]
async fn a_lost_answer_is_lost_for_all_writes_and_none_is_sent_again() {
    let silence = |detail: &str| Silence { detail: detail.into() };
    let foreign = |status| Reply::Foreign(ForeignAnswer { status, body: "page".into() });
    let both = ["a", "b c"].map(str::to_owned).to_vec();
    assert_eq!(together(|| HttpOutcome::Lost("gone".into())).await, (Reply::Lost(silence("gone")), both.clone()));
    assert_eq!(
        together(|| HttpOutcome::Unsent("shut".into())).await,
        (Reply::Unreachable(silence("shut")), both.clone())
    );
    assert_eq!(together(|| answer(502, "page")).await, (foreign(502), both.clone()));
    assert_eq!(together(|| answer(200, "page")).await, (foreign(200), both.clone()));
    assert_eq!(together(|| answer(429, "page")).await, (foreign(429), both), "each alone would be too much, too");
}

#[tokio::test]
async fn writes_that_a_proxy_refuses_together_are_sent_alone() {
    let (reply, sent) = together(|| answer(413, "too large")).await;
    assert_eq!((reply, sent), (Reply::Written, ["a", "b c", "b", "c"].map(str::to_owned).to_vec()));
}

#[tokio::test]
async fn two_writes_of_a_consumer_are_two_requests_in_their_order() {
    let stage = Stage::most(9, |_, request| match &request.body {
        Body::Json(body) if body["b"]["consumer_generation"] == 1 => conflict("second"),
        _ => answer(204, ""),
    });
    let writes = [write("a"), write("b"), of_node("b", "node", Some(1)), write("c")];
    let begun = stage.begin(&writes).await;
    stage.open();
    assert_eq!(join_all(begun).await, [Reply::Written, Reply::Written, refused("second"), Reply::Written]);
    assert_eq!(stage.seen(3).await, ["a", "b c", "b"]);
}

#[tokio::test]
async fn a_dropped_write_does_not_lose_the_others_answers() {
    let stage = Stage::most(9, |_, _| answer(204, ""));
    let writes = ["a", "b", "c", "d"].map(write);
    let mut begun = stage.begin(&writes).await;
    // Drop one caller before its write is sent, and one whose write has been sent.
    drop(begun.remove(1));
    drop(begun.remove(0));
    stage.open();
    assert_eq!(join_all(begun).await, [Reply::Written, Reply::Written]);
    assert_eq!(stage.seen(2).await, ["a", "c d"]);
}

#[tokio::test]
async fn a_merged_write_has_the_first_request_id_and_single_ones_their_own() {
    let stage = Stage::most(9, |consumers, _| if consumers.len() > 1 { conflict("") } else { answer(204, "") });
    let writes = ["a", "b", "c"].map(write);
    let on_behalf = writes.iter().map(|post| {
        let batched = stage.batched.clone().on_behalf_of(&format!("req-{}", post.consumers[0].consumer));
        let mut one = async move { batched.post(post).await }.boxed();
        assert_eq!((&mut one).now_or_never(), None);
        one
    });
    let begun: Vec<_> = on_behalf.collect();
    stage.open();
    join_all(begun).await;
    assert_eq!(stage.seen(4).await, ["req-a: a", "req-b: b c", "req-b: b", "req-c: c"]);
}

#[tokio::test(start_paused = true)]
async fn a_write_without_an_answer_blocks_others_only_briefly() {
    let stage = Stage::most(9, |_, _| answer(204, ""));
    let writes = ["a", "b", "c"].map(write);
    let began = tokio::time::Instant::now();
    let begun = stage.begin(&writes).await;
    assert_eq!(stage.seen(2).await, ["a", "b c"]);
    assert!(began.elapsed() >= OVERDUE, "{:?}", began.elapsed());
    stage.open();
    assert_eq!(join_all(begun).await, vec![Reply::Written; 3]);
}
