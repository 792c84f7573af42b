//! Journals in PostgreSQL, in MariaDB and, where it is unpacked, in MySQL. Each kind of server is started once in a test program, and each test has a database
//! of its own.

use std::sync::LazyLock;

use swaparoo_databases::{Cut, Galera, Mysql, Options, Postgres, Tls};

use super::*;

static POSTGRES: LazyLock<Postgres> = LazyLock::new(|| Postgres::start().unwrap());
static MARIADB: LazyLock<Galera> = LazyLock::new(|| Galera::start(1).unwrap());
static MYSQL: LazyLock<Mysql> = LazyLock::new(|| Mysql::start().unwrap());

/// An empty database, and the port of its server.
pub struct Empty {
    url: fn(&str, u16) -> String,
    name: String,
    pub port: u16,
    sql: fn(&str, &str) -> String,
}

impl Empty {
    pub fn postgres() -> Self {
        let sql = |database: &str, statements: &str| POSTGRES.sql(database, statements);
        let (name, port) = (POSTGRES.create_database(), POSTGRES.port());
        Self { url: |name, port| POSTGRES.url(name, port), name, port, sql }
    }

    pub fn mariadb() -> Self {
        let sql = |database: &str, statements: &str| MARIADB.nodes[0].sql(&format!("USE {database}; {statements}"));
        let (name, port) = (MARIADB.create_database(), MARIADB.nodes[0].port());
        Self { url: |name, port| MARIADB.url(name, port), name, port, sql }
    }

    fn mysql() -> Self {
        let sql = |database: &str, statements: &str| MYSQL.sql(&format!("USE {database}; {statements}"));
        let (name, port) = (MYSQL.create_database(), MYSQL.port());
        Self { url: |name, port| MYSQL.url(name, port), name, port, sql }
    }

    /// One in each kind of database.
    pub fn each() -> Vec<Self> {
        let mysql = Mysql::is_unpacked().then(Self::mysql);
        if mysql.is_none() {
            println!("skipped: MySQL is not unpacked here; `cargo xtask nightly` does that");
        }
        [Self::postgres(), Self::mariadb()].into_iter().chain(mysql).collect()
    }

    /// The database through this port.
    pub fn through(&self, port: u16) -> ServerOptions {
        ServerOptions::new((self.url)(&self.name, port).parse().unwrap(), None, None).unwrap()
    }

    pub fn options(&self) -> ServerOptions {
        self.through(self.port)
    }

    pub fn sql(&self, statements: &str) -> String {
        (self.sql)(&self.name, statements)
    }

    /// A database with the tables.
    pub async fn synced(self) -> Self {
        assert!(sync(&self.options()).await.unwrap());
        self
    }
}

/// A new journal in each kind of database.
pub async fn journals() -> Vec<Journal> {
    let mut journals = Vec::new();
    for empty in Empty::each() {
        journals.push(Journal::connect(&empty.synced().await.options(), "").await.unwrap());
    }
    journals
}

#[tokio::test]
async fn the_tables_are_made_by_sync_only_and_once() {
    for empty in Empty::each() {
        let refused = Journal::connect(&empty.options(), "").await.map(drop).unwrap_err();
        assert!(matches!(refused, OpenError::Schema { found: None, .. }), "{refused}");
        assert!(refused.to_string().ends_with("has no journal: run `swaparoo db sync`"), "{refused}");
        assert!(sync(&empty.options()).await.unwrap());
        assert!(!sync(&empty.options()).await.unwrap());
    }
}

#[tokio::test]
async fn a_commit_whose_answer_is_lost_is_found_and_not_repeated() {
    for empty in Empty::each() {
        let empty = empty.synced().await;
        let proxy = Cut::start(empty.port).await.unwrap();
        let journal = Journal::connect(&empty.through(proxy.port()), "").await.unwrap();
        journal.append(vec![opened("one", 1, None)]).await.unwrap();
        proxy.lose_commits(1);
        journal.append(vec![entry("one", 1, 2, Event::Asked(vec![])), ended("one", 2, 2)]).await.unwrap();
        proxy.lose_commits(1);
        journal.append(vec![opened("two", 3, Some("key"))]).await.unwrap();
        assert_eq!(proxy.lost(), 2);
        assert_eq!(journal.entries("one").await.unwrap().len(), 3);
        assert_eq!(journal.task_of_key("key").await.unwrap().unwrap().id, "two");
        journal.append(vec![ended("two", 1, 4)]).await.unwrap();
    }
}

/// As after an answer that was lost, when the task tries again together with others.
#[tokio::test]
async fn entries_that_are_there_already_do_not_hold_up_others() {
    for journal in journals().await {
        journal.append(vec![opened("one", 1, None), opened("two", 1, None)]).await.unwrap();
        let [one, two] = ["one", "two"].map(|task| entry(task, 1, 2, Event::Asked(vec![])));
        journal.append(vec![one.clone()]).await.unwrap();
        let together = journal.store.append(&[one.clone(), two.clone()], &[]).await.unwrap_err();
        assert!(!together.is_fenced() && !together.is_unknown(), "{together}");
        let (one, two) = tokio::join!(journal.append(vec![one]), journal.append(vec![two]));
        assert!(one.is_ok() && two.is_ok(), "{one:?} {two:?}");
        assert_eq!(journal.entries("two").await.unwrap().len(), 2);
        let other = journal.append(vec![ended("one", 1, 2)]).await.unwrap_err();
        assert!(!other.is_fenced() && !other.is_unknown(), "another entry of this runner: {other}");
        journal.check_held().unwrap();
    }
}

#[tokio::test]
async fn a_value_that_does_not_fit_fails_only_its_own_task() {
    for journal in journals().await {
        let long = "t".repeat(65);
        let refused = journal.store.append(&[opened(&long, 1, None)], &[]).await.unwrap_err();
        assert!(!refused.is_unknown(), "{refused}");
        let (good, bad) =
            tokio::join!(journal.append(vec![opened("one", 1, None)]), journal.append(vec![opened(&long, 1, None)]));
        assert!(good.is_ok() && bad.is_err(), "{good:?} {bad:?}");
    }
}

#[tokio::test]
async fn a_database_that_was_away_is_used_again() {
    for empty in Empty::each() {
        let empty = empty.synced().await;
        let proxy = Cut::start(empty.port).await.unwrap();
        let journal = Journal::connect(&empty.through(proxy.port()), "").await.unwrap();
        journal.append(vec![opened("one", 1, None)]).await.unwrap();
        proxy.cut();
        let error = journal.append(vec![ended("one", 1, 2)]).await.unwrap_err();
        assert!(error.is_unknown() && !error.is_fenced(), "{error}");
        journal.ready().await.expect_err("the database is away");
        proxy.mend();
        journal.append(vec![ended("one", 1, 2)]).await.unwrap();
        journal.ready().await.unwrap();
        assert_eq!(journal.entries("one").await.unwrap().len(), 2);
    }
}

#[tokio::test]
async fn a_journal_is_copied_from_a_file() {
    let folder = TempDir::new().unwrap();
    let file = Journal::open(&folder.path().join("journal.db")).await.unwrap();
    for number in 0..3 {
        let id = format!("task {number}");
        file.append(vec![opened(&id, 10 - number, Some(&id)), entry(&id, 1, 20, Event::Asked(vec![]))]).await.unwrap();
    }
    file.append(vec![ended("task 1", 2, 21)]).await.unwrap();
    file.set(&[("active", Some("d".into()))]).await.unwrap();
    let meta = PolicyMeta { digest: "d".into(), name: "n".into(), version: "1".into(), signature: None, added_at: 5 };
    file.store_policy(&StoredPolicy { meta: meta.clone(), component: vec![1] }).await.unwrap();
    let listed = file.tasks(&TaskQuery { limit: 9, ..TaskQuery::default() }).await.unwrap();
    for empty in Empty::each() {
        let options = empty.synced().await.options();
        assert_eq!(import(&file, &options).await.unwrap(), Imported { tasks: 3, policies: 1 });
        assert_eq!(import(&file, &options).await.unwrap(), Imported { tasks: 0, policies: 1 }, "nothing twice");
        let journal = Journal::connect(&options, "").await.unwrap();
        let same = |task: &Summary| (task.id.clone(), task.state, task.entries, task.created_at, task.updated_at);
        let copied = journal.tasks(&TaskQuery { limit: 9, ..TaskQuery::default() }).await.unwrap();
        assert_eq!(copied.iter().map(same).collect::<Vec<_>>(), listed.iter().map(same).collect::<Vec<_>>());
        assert_eq!(journal.task_of_key("task 2").await.unwrap().unwrap().id, "task 2");
        assert_eq!(journal.policies().await.unwrap().first(), Some(&meta));
        assert_eq!(journal.setting("active").await.unwrap().as_deref(), Some("d"));
        assert_eq!(journal.setting("commits").await.unwrap(), None);
        // The tasks belong to no runner until one takes them.
        journal.append(vec![ended("task 2", 2, 30)]).await.unwrap_err();
        assert!(journal.take_over().await.unwrap());
        assert_eq!(journal.open_tasks().await.unwrap().len(), 2);
        assert_eq!(journal.lock("task 2").await.unwrap().as_deref(), Some("task 0"), "both have the same consumers");
        journal.append(vec![ended("task 0", 2, 30)]).await.unwrap();
        assert_eq!(journal.lock("task 2").await.unwrap(), None);
        journal.append(vec![ended("task 2", 2, 30)]).await.unwrap();
    }
}

#[tokio::test]
async fn roles_of_kinds_of_task_are_copied_with_the_active_policy_or_not_at_all() {
    let folder = TempDir::new().unwrap();
    let file = Journal::open(&folder.path().join("journal.db")).await.unwrap();
    let set = |name, value: &str| (name, Some(value.to_owned()));
    file.set(&[set("active", "a"), set("active/move", "b"), set("newest active version of a/b", "1")]).await.unwrap();
    for empty in Empty::each() {
        let options = empty.synced().await.options();
        import(&file, &options).await.unwrap();
        let journal = Journal::connect(&options, "").await.unwrap();
        assert_eq!(journal.setting("active/move").await.unwrap().as_deref(), Some("b"));
        journal
            .set(&[set("active", "c"), ("active/move", None), ("newest active version of a/b", None)])
            .await
            .unwrap();
        import(&file, &options).await.unwrap();
        assert_eq!(journal.setting("active/move").await.unwrap(), None);
        assert_eq!(journal.setting("active").await.unwrap().as_deref(), Some("c"));
        assert_eq!(journal.setting("newest active version of a/b").await.unwrap().as_deref(), Some("1"));
    }
}

#[tokio::test]
async fn the_check_says_what_the_database_does_not_keep() {
    for empty in Empty::each() {
        let unsynced = check(&empty.options()).await.unwrap_err();
        assert!(matches!(unsynced, OpenError::Schema { .. }), "{unsynced}");
        let empty = empty.synced().await;
        let findings = check(&empty.options()).await.unwrap();
        assert!(findings.iter().all(|finding| matches!(finding, Finding::Fine(_))), "{findings:?}");
        assert!(findings.contains(&Finding::Fine("no runner uses the journal".into())), "{findings:?}");
    }
    let empty = Empty::mariadb().synced().await;
    empty.sql("SET GLOBAL innodb_flush_log_at_trx_commit = 0");
    let findings = check(&empty.options()).await.unwrap();
    empty.sql("SET GLOBAL innodb_flush_log_at_trx_commit = 1");
    let warns =
        |finding: &Finding| matches!(finding, Finding::Warning(text) if text.contains("set it to 1 on each node"));
    assert!(findings.iter().any(warns), "{findings:?}");
}

#[tokio::test]
async fn a_password_and_the_certificate_are_checked() {
    let (options, cafile) = secured();
    let postgres = Postgres::start_with(&options).unwrap();
    let name = postgres.create_database();
    check_secured(&postgres.url(&name, postgres.port()), cafile.path(), "password authentication failed").await;
    if Mysql::is_unpacked() {
        let mysql = Mysql::start_with(&options).unwrap();
        let name = mysql.create_database();
        check_secured(&mysql.url(&name, mysql.port()), cafile.path(), "Access denied").await;
    }
}

const PASSWORD: &str = "p@ss w/rd";

/// A server of the name `localhost` with TLS and a password, and the file with its certificate.
fn secured() -> (Options, tempfile::NamedTempFile) {
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
    let cafile = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(cafile.path(), certificate.pem()).unwrap();
    let tls = Tls { certificate: certificate.pem(), key: key.serialize_pem() };
    (Options { tls: Some(tls), password: Some(PASSWORD.into()) }, cafile)
}

async fn check_secured(url: &str, cafile: &std::path::Path, denied: &str) {
    let at = |host: &str, password: &str| {
        let url = url.replace("127.0.0.1", host).parse().unwrap();
        ServerOptions::new(url, Some(password.into()), Some(cafile)).unwrap()
    };
    assert!(sync(&at("localhost", PASSWORD)).await.unwrap());
    let wrong = sync(&at("localhost", "another")).await.unwrap_err();
    assert!(!wrong.passes() && wrong.to_string().contains(denied), "{wrong}");
    let other = sync(&at("127.0.0.1", PASSWORD)).await.unwrap_err();
    assert!(other.to_string().contains("certificate"), "{other}");
}
