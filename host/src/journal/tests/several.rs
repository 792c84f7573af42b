//! Several runners on one database: the fence of an append, locks of consumers, and tasks that change hands.

use swaparoo_databases::Cut;

use super::databases::Empty;
use super::*;

/// Two runners on one new database.
async fn two(empty: &Empty) -> [Journal; 2] {
    let connect = async |url| Journal::connect(&empty.options(), url).await.unwrap();
    [connect("http://first").await, connect("http://second").await]
}

fn in_turn(task: &str) -> Vec<Lock> {
    vec![Lock::InTurn { task: task.into() }]
}

fn ahead(task: &str, consumer: &str) -> Vec<Lock> {
    vec![Lock::Ahead { task: task.into(), consumer: consumer.into() }]
}

async fn ids(journal: &Journal) -> Vec<String> {
    journal.open_tasks().await.unwrap().into_iter().map(|task| task.id).collect()
}

#[tokio::test]
async fn an_append_after_a_takeover_is_refused_and_leaves_nothing() {
    for empty in Empty::each() {
        let empty = empty.synced().await;
        let journal = Journal::connect(&empty.options(), "").await.unwrap();
        journal.append(vec![opened("one", 1, None), opened("two", 1, None)]).await.unwrap();
        empty.sql("UPDATE tasks SET owner = 'another', epoch = epoch + 1 WHERE id = 'one'");
        let zombie = journal.append(vec![entry("one", 1, 2, Event::Asked(vec![]))]).await.unwrap_err();
        assert!(zombie.is_fenced(), "{zombie}");
        let several = vec![ended("two", 1, 2), ended("one", 1, 2)];
        assert!(journal.append(several).await.unwrap_err().is_fenced());
        assert_eq!(empty.sql("SELECT COUNT(*) FROM entries"), "2");
        assert!(journal.lock("one").await.unwrap_err().is_fenced());
        // Even the same owner with an older epoch.
        empty.sql("UPDATE tasks SET owner = (SELECT id FROM runners) WHERE id = 'one'");
        assert!(journal.append(vec![ended("one", 1, 2)]).await.unwrap_err().is_fenced());
        journal.lost().await;
    }
}

#[tokio::test]
async fn a_consumer_is_locked_by_one_task_of_all_runners() {
    for empty in Empty::each() {
        let [first, second] = two(&empty.synced().await).await;
        first.append_locking(vec![opened("one", 1, None)], in_turn("one")).await.unwrap();
        let refused = second.append_locking(vec![opened("two", 2, None)], in_turn("two")).await.unwrap_err();
        assert_eq!(refused.locked_by(), Some("one"), "{refused}");
        assert_eq!(second.task("two").await.unwrap(), None, "nothing was written");
        second.append(vec![opened("two", 2, None)]).await.unwrap();
        assert_eq!(second.task("two").await.unwrap().unwrap().progress, Progress::Queued);
        assert_eq!(second.lock("two").await.unwrap().as_deref(), Some("one"));
        first.append(vec![ended("one", 1, 3)]).await.unwrap();
        // A task that comes later does not go before the one that waits, although nothing is locked.
        let refused = first.append_locking(vec![opened("three", 4, None)], in_turn("three")).await.unwrap_err();
        assert_eq!(refused.locked_by(), Some("two"));
        assert_eq!(second.lock("two").await.unwrap(), None);
        assert_eq!(second.lock("two").await.unwrap(), None, "it has them already");
        assert_eq!(second.task("two").await.unwrap().unwrap().progress, Progress::Running);
    }
}

#[tokio::test]
async fn a_consumer_that_a_task_learns_of_is_locked_or_the_entry_is_refused() {
    for empty in Empty::each() {
        let [first, second] = two(&empty.synced().await).await;
        first.append_locking(vec![opened("one", 1, None)], in_turn("one")).await.unwrap();
        first.append_locking(vec![entry("one", 1, 2, Event::Asked(vec![]))], ahead("one", "m")).await.unwrap();
        second.append(vec![opened("two", 2, None)]).await.unwrap();
        let late = vec![entry("two", 1, 3, Event::Asked(vec![]))];
        let refused = second.append_locking(late.clone(), ahead("two", "m")).await.unwrap_err();
        assert_eq!(refused.locked_by(), Some("one"), "{refused}");
        assert_eq!(second.entries("two").await.unwrap().len(), 1);
        first.append(vec![ended("one", 2, 4)]).await.unwrap();
        second.append_locking(late, ahead("two", "m")).await.unwrap();
    }
}

#[tokio::test]
async fn locks_and_entries_are_done_together_although_an_answer_is_lost() {
    for empty in Empty::each() {
        let empty = empty.synced().await;
        let proxy = Cut::start(empty.port).await.unwrap();
        let journal = Journal::connect(&empty.through(proxy.port()), "").await.unwrap();
        proxy.lose_commits(1);
        journal.append_locking(vec![opened("one", 1, None)], in_turn("one")).await.unwrap();
        assert_eq!(empty.sql("SELECT COUNT(*) FROM locks"), "2");
        journal.append(vec![opened("two", 2, None)]).await.unwrap();
        proxy.lose_commits(1);
        journal.append(vec![ended("one", 1, 3)]).await.unwrap();
        proxy.lose_commits(1);
        assert_eq!(journal.lock("two").await.unwrap(), None);
        assert_eq!(proxy.lost(), 3);
        assert_eq!(empty.sql("SELECT COUNT(*) FROM locks WHERE task = 'two'"), "2");
    }
}

#[tokio::test]
async fn the_tasks_of_a_runner_that_stops_are_taken_at_once() {
    for empty in Empty::each() {
        let [first, second] = two(&empty.synced().await).await;
        first.append(vec![opened("one", 1, None), opened("done", 1, None), ended("done", 1, 2)]).await.unwrap();
        assert_eq!(
            (second.take_over().await.unwrap(), ids(&second).await),
            (true, vec![]),
            "the first look is thorough"
        );
        assert!(!second.take_over().await.unwrap());
        assert_eq!(second.other_runner_of("one").await.unwrap().unwrap().url, "http://first");
        first.close().await;
        assert!(second.take_over().await.unwrap());
        assert_eq!(ids(&second).await, ["one"]);
        assert!(!second.take_over().await.unwrap(), "they are listed");
        second.append(vec![entry("one", 1, 3, Event::Asked(vec![])), ended("one", 2, 4)]).await.unwrap();
        first.append(vec![ended("one", 1, 2)]).await.expect_err("it is closed");
        assert_eq!(second.task("one").await.unwrap().unwrap().state, State::Finished);
        let seen = second.runners().await.unwrap();
        let seen: Vec<_> = seen.iter().map(|runner| (runner.state.as_str(), runner.taken, runner.is_this)).collect();
        assert_eq!(seen, [("stopped", 1, false), ("alive", 0, true)]);
    }
}

#[tokio::test]
async fn the_tasks_of_a_silent_runner_are_taken_and_it_learns_that() {
    let empty = Empty::postgres().synced().await;
    let proxy = Cut::start(empty.port).await.unwrap();
    let first = Journal::connect(&empty.through(proxy.port()), "").await.unwrap();
    let second = Journal::connect(&empty.options(), "").await.unwrap();
    first.append(vec![opened("one", 1, None)]).await.unwrap();
    first.check_held().unwrap();
    proxy.cut();
    while ids(&second).await.is_empty() {
        tokio::time::sleep(Duration::from_millis(200)).await;
        second.take_over().await.unwrap();
    }
    first.check_held().expect_err("it has not beaten for long");
    assert_eq!(ids(&second).await, ["one"]);
    proxy.mend();
    first.lost().await;
    assert!(first.append(vec![ended("one", 1, 2)]).await.unwrap_err().is_fenced());
    second.append(vec![ended("one", 1, 2)]).await.unwrap();
}

/// Its commit arrived when the runner was not listed any more.
#[tokio::test]
async fn a_task_of_a_runner_that_does_not_exist_is_taken() {
    for empty in Empty::each() {
        let empty = empty.synced().await;
        let [first, second] = two(&empty).await;
        first.append(vec![opened("one", 1, None)]).await.unwrap();
        empty.sql("UPDATE tasks SET owner = 'unlisted'");
        second.take_over().await.unwrap();
        assert_eq!(ids(&second).await, ["one"]);
    }
}

#[tokio::test]
async fn of_two_changes_of_the_roles_one_is_refused() {
    for empty in Empty::each() {
        let [first, second] = two(&empty.synced().await).await;
        let version = first.roles_version().await.unwrap();
        let active = |digest: &str| [("active", Some(digest.to_owned()))];
        let now = first.set_roles(&version, &active("a")).await.unwrap().unwrap();
        assert_eq!(second.set_roles(&version, &active("b")).await.unwrap(), None);
        assert_eq!(second.remove_policy(&version, "a").await.unwrap(), None);
        assert_eq!(second.setting("active").await.unwrap().as_deref(), Some("a"));
        assert_eq!(second.roles_version().await.unwrap(), now);
        second.set_roles(&now, &active("b")).await.unwrap().unwrap();
        assert_eq!(first.setting("active").await.unwrap().as_deref(), Some("b"));
    }
}

#[tokio::test]
async fn failures_of_a_policy_are_counted_at_all_runners() {
    for empty in Empty::each() {
        let [first, second] = two(&empty.synced().await).await;
        assert_eq!(first.add_failure(None, "p").await.unwrap(), Some(1));
        assert_eq!(second.add_failure(None, "p").await.unwrap(), Some(2));
        assert_eq!(first.failures(None, "p").await.unwrap(), Some(2));
        assert_eq!(first.failures(None, "another").await.unwrap(), Some(0));
        second.forget_failures(None).await.unwrap();
        assert_eq!(first.add_failure(None, "p").await.unwrap(), Some(1));
    }
}

#[tokio::test]
async fn tables_of_a_newer_program_serve_an_older_one_as_long_as_they_say_so() {
    for empty in Empty::each() {
        let empty = empty.synced().await;
        empty.sql("UPDATE settings SET value = '2' WHERE name = 'schema'");
        Journal::connect(&empty.options(), "").await.unwrap();
        assert!(!sync(&empty.options()).await.unwrap());
        empty.sql("UPDATE settings SET value = '2' WHERE name = 'schema.oldest'");
        let newer = Journal::connect(&empty.options(), "").await.map(drop).unwrap_err();
        assert!(matches!(newer, OpenError::Schema { found: Some(2), known: 1, .. }), "{newer}");
        assert!(!newer.passes());
    }
}
