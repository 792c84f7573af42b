//! The body of `POST /v1/tasks`: it is refused with a client error, or it is a task whose consumers are written as
//! Placement writes them.
#![no_main]
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs, reason = "a fuzz target reports a fault by a panic")]

use swaparoo::engine::Authority;
use swaparoo::http::Code;
use swaparoo::http::api::read_task;

libfuzzer_sys::fuzz_target!(|body: &[u8]| {
    match read_task(body) {
        Err(error) => assert_eq!(error.code, Code::BadRequest),
        Ok((task, _)) => {
            for consumer in Authority::of(&task).consumers() {
                assert_eq!(consumer.len(), 36, "{consumer}");
                assert!(consumer.chars().all(|one| one == '-' || one.is_ascii_digit() || ('a'..='f').contains(&one)));
            }
        }
    }
});
