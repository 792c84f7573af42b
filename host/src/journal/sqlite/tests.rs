//! SQLite's query plan for each statement: none scans the whole table of tasks, entries or consumers. The checks at
//! start (`quick_check` and the search for gaps) scan by design and are not tested here.

use sqlx::{Row, SqliteConnection};
use tempfile::TempDir;

use super::{Sqlite, commits, prune, read, settings, write};
use crate::journal::{State, TaskQuery};

const STATEMENTS: [&str; 18] = [
    write::OPEN,
    write::CONSUMERS,
    write::ENTRIES,
    write::MOVE_ON,
    read::TASK,
    read::OF_KEY,
    read::OPEN,
    read::ENTRIES,
    read::CONSUMERS,
    read::UNSURE,
    settings::KEEP,
    settings::POLICY,
    settings::FORGET,
    settings::SETTING,
    settings::SET,
    settings::UNSET,
    prune::ENDED,
    commits::COUNT,
];

async fn plan(connection: &mut SqliteConnection, statement: &str) -> String {
    let explain = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {statement}"));
    let rows = sqlx::query(explain).fetch_all(&mut *connection).await;
    let rows = rows.unwrap_or_else(|error| panic!("{statement}: {error}"));
    rows.iter().map(|row| row.get::<String, _>("detail")).collect::<Vec<_>>().join("; ")
}

fn scans(plan: &str) -> bool {
    let tables = ["tasks", "entries", "consumers", "policies", "settings"];
    tables.iter().any(|table| plan.split("; ").any(|step| step.starts_with(&format!("SCAN {table}"))))
}

fn pages() -> Vec<String> {
    let mut pages = Vec::new();
    for states in [vec![], vec![State::Open, State::Parked], vec![State::Failed]] {
        for (consumer, outcome) in [(None, None), (Some("c"), None), (None, Some("moved")), (Some("c"), Some("moved"))]
        {
            let (consumer, outcome) = (consumer.map(str::to_owned), outcome.map(str::to_owned));
            pages.push(select(&TaskQuery {
                states: states.clone(),
                consumer,
                outcome,
                limit: 100,
                before: None,
                progress: None,
            }));
        }
    }
    pages
}

fn select(page: &TaskQuery) -> String {
    read::choose(page).into_string()
}

#[tokio::test]
async fn no_statement_reads_a_whole_table() {
    let folder = TempDir::new().unwrap();
    let sqlite = Sqlite::open(&folder.path().join("journal.db")).await.unwrap();
    let mut connection = sqlite.write.acquire().await.unwrap();
    sqlx::query("CREATE TEMP TABLE forget AS SELECT id FROM tasks").execute(&mut *connection).await.unwrap();
    let chosen = [prune::FIRST, prune::OLDEST].map(|create| create.split_once(" AS ").unwrap().1);
    let statements = STATEMENTS.into_iter().chain(prune::NEWEST).chain(prune::FORGET).chain(chosen).map(str::to_owned);
    for statement in statements.chain(pages()) {
        let plan = plan(&mut connection, &statement).await;
        assert!(!scans(&plan), "{statement}\n{plan}");
    }
    let of_task = plan(&mut connection, read::CONSUMERS).await;
    assert!(of_task.contains("consumers_by_task"), "{of_task}");
}

#[tokio::test]
async fn tasks_of_a_state_are_found_by_an_index() {
    let folder = TempDir::new().unwrap();
    let sqlite = Sqlite::open(&folder.path().join("journal.db")).await.unwrap();
    let mut connection = sqlite.write.acquire().await.unwrap();
    let page = TaskQuery { states: vec![State::Open, State::Parked], limit: 100, ..TaskQuery::default() };
    let plan = plan(&mut connection, &select(&page)).await;
    assert!(plan.contains("tasks_by_state"), "{plan}");
}
