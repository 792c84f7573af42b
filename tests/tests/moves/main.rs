//! Each row of a move's table, under each policy, against the real Placement over HTTP: how the task ends, and what
//! Placement holds afterwards.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test that fails by unwrap says where; clippy.toml frees the tests themselves, and this their helpers"
)]

mod row;
mod rows;
mod stage;

use row::check;

macro_rules! tables {
    ($($name:ident),* $(,)?) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                check(&rows::$name()).await;
            }
        )*
    };
}

tables!(
    what_they_hold,
    is_the_server_there,
    refusals,
    provider_conflicts,
    races,
    strange_answers,
    lost_answers,
    replace
);
