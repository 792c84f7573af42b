//! PostgreSQL on loopback.

use swaparoo_databases::Postgres;

#[test]
fn it_keeps_what_was_committed_before_a_crash() {
    let mut postgres = Postgres::start().unwrap();
    let (one, other) = (postgres.create_database(), postgres.create_database());
    assert_ne!(one, other);
    postgres.sql(&one, "CREATE TABLE kept (value INT); INSERT INTO kept VALUES (7)");
    postgres.crash();
    postgres.restart().unwrap();
    assert_eq!(postgres.sql(&one, "SELECT value FROM kept"), "7");
}
