//! Each row of a move's table, under each policy, with the real Placement over HTTP: the end of the task, the
//! allocations afterwards, and the requests.

mod fixture;
mod reported_end;
mod row;
mod rows;

use row::check;

macro_rules! tables {
    ($($name:ident in $theme:ident),* $(,)?) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                check(&rows::$theme::$name()).await;
            }
        )*
    };
}

tables!(
    what_they_hold in holdings,
    is_the_server_there in holdings,
    replace in tasks,
    revert in tasks,
    the_write_is_refused in refusals,
    provider_conflicts in refusals,
    consumers_change_before_a_swap in races,
    consumers_change_before_a_restore in races,
    conflict_after_conflict in races,
    reads_go_wrong in answers,
    strange_answers_to_a_write in answers,
    reads_are_lost in silence,
    writes_are_lost in silence,
    restores_and_deletes_are_lost in silence,
    a_person_must_look in silence,
);
