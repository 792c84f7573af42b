//! Starts PostgreSQL for a benchmark, prints the URLs of new databases, one for each line that it reads, and ends with its
//! input. The argument is the time of each commit in microseconds, beside the disk's own.

use std::io::{BufRead, Write};

use swaparoo_databases::Postgres;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let commit: u32 = std::env::args().nth(1).ok_or("name the time of a commit in microseconds")?.parse()?;
    let postgres = Postgres::start()?;
    postgres.sql("postgres", &format!("ALTER SYSTEM SET commit_delay = {commit}"));
    postgres.sql("postgres", "ALTER SYSTEM SET commit_siblings = 0");
    postgres.sql("postgres", "SELECT pg_reload_conf()");
    for line in std::io::stdin().lock().lines() {
        line?;
        let mut out = std::io::stdout().lock();
        writeln!(out, "{}", postgres.url(&postgres.create_database(), postgres.port()))?;
        out.flush()?;
    }
    Ok(())
}
