//! Whether a database keeps what it confirms, and is ready for a journal.

use sqlx::any::AnyRow;

use super::connections::{Connections, Purpose, first};
use super::failure::Failure;
use super::read::text;
use super::schema;
use super::statement::Statement;
use super::{Dialect, ServerOptions};
use crate::journal::{OpenError, now};

/// A difference of the clocks that shows in times and in the order of tasks, in milliseconds.
const CLOCK: u64 = 5_000;
/// The largest packet that a journal may need: a component of a policy.
const PACKET: u64 = 16 << 20;

/// One result, in words for an operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// It is as it should be.
    Fine(String),
    /// It works, and may lose something.
    Warning(String),
    /// It does not work until someone changes something.
    Wrong(String),
}

/// A setting of the server, and its value.
type Variable = (String, String);

/// Examines this database. Nothing is changed.
///
/// # Errors
/// [`OpenError::Database`] if it does not answer, [`OpenError::Schema`] if it has no journal of this version.
pub async fn check(options: &ServerOptions) -> Result<Vec<Finding>, OpenError> {
    let failed = |failure: Failure| OpenError::of_server(options, &failure);
    let connections = schema::connections(options, Purpose::Tasks)?;
    let mut findings = match options.dialect() {
        Dialect::Postgres => postgres(&connections).await,
        Dialect::MySql => mysql(&connections).await,
    }
    .map_err(failed)?;
    findings.push(clock(&connections).await.map_err(failed)?);
    schema::check(options, &connections).await?;
    findings.push(runners(&connections).await.map_err(failed)?);
    connections.close().await;
    Ok(findings)
}

async fn runners(connections: &Connections) -> Result<Finding, Failure> {
    const ALIVE: &str = "SELECT name FROM runners WHERE state = 'alive' ORDER BY id";
    let rows = connections.rows(&Statement::new(ALIVE)).await?;
    let names: Vec<_> = rows.iter().filter_map(|row| text(row, "name").ok()).collect();
    Ok(Finding::Fine(match names.as_slice() {
        [] => "no runner uses the journal".into(),
        names => format!("the journal is used by {}", names.join(", ")),
    }))
}

async fn postgres(connections: &Connections) -> Result<Vec<Finding>, Failure> {
    const SETTINGS: &str = "SELECT name::text AS name, setting::text AS value FROM pg_settings WHERE name IN \
        ('server_version_num', 'fsync', 'full_page_writes', 'synchronous_commit')";
    const IS_STANDBY: &str = "SELECT CASE WHEN pg_is_in_recovery() THEN 1 ELSE 0 END";
    let settings = variables(connections, Statement::new(SETTINGS), ["name", "value"]).await?;
    let version = value(&settings, "server_version_num").parse::<u32>().unwrap_or_default() / 10_000;
    let mut findings = vec![at_least("PostgreSQL", (version, 0), (14, 0))];
    for name in ["fsync", "full_page_writes", "synchronous_commit"] {
        let found = value(&settings, name);
        findings.push(if found == "off" {
            Finding::Warning(format!("{name} is off: a crash of the server loses commits that it has confirmed"))
        } else {
            Finding::Fine(format!("{name} is {found}"))
        });
    }
    if first::<i32>(&connections.rows(&Statement::new(IS_STANDBY)).await?)? == Some(1) {
        findings.push(Finding::Wrong("this server is a standby and accepts no writes: name the primary".into()));
    }
    Ok(findings)
}

async fn mysql(connections: &Connections) -> Result<Vec<Finding>, Failure> {
    const VARIABLES: &str = "SHOW GLOBAL VARIABLES WHERE variable_name IN ('version', 'innodb_flush_log_at_trx_commit', \
        'max_allowed_packet', 'read_only', 'wsrep_on')";
    const STATUS: &str =
        "SHOW GLOBAL STATUS WHERE variable_name IN ('wsrep_cluster_status', 'wsrep_ready', 'wsrep_cluster_size')";
    let names = ["Variable_name", "Value"];
    let set = variables(connections, Statement::new(VARIABLES), names).await?;
    let mut findings = vec![server(value(&set, "version"))];
    findings.push(match value(&set, "innodb_flush_log_at_trx_commit") {
        "1" => Finding::Fine("innodb_flush_log_at_trx_commit is 1".into()),
        other => Finding::Warning(format!(
            "innodb_flush_log_at_trx_commit is {other}: commits that the server has confirmed are lost if its machine \
             fails, or with Galera if all its nodes fail together; set it to 1 on each node"
        )),
    });
    if value(&set, "max_allowed_packet").parse().is_ok_and(|bytes: u64| bytes < PACKET) {
        let bytes = value(&set, "max_allowed_packet");
        findings.push(Finding::Warning(format!("max_allowed_packet is {bytes} bytes: policies need up to {PACKET}")));
    }
    if !matches!(value(&set, "read_only"), "OFF" | "0" | "") {
        findings.push(Finding::Wrong("read_only is set: this server accepts no writes".into()));
    }
    if value(&set, "wsrep_on") == "ON" {
        let status = variables(connections, Statement::new(STATUS), names).await?;
        findings.push(galera(&status));
    }
    Ok(findings)
}

fn server(version: &str) -> Finding {
    let mut parts = version.split(['.', '-']).map(|part| part.parse().unwrap_or_default());
    let found = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    if version.contains("MariaDB") { at_least("MariaDB", found, (10, 6)) } else { at_least("MySQL", found, (8, 0)) }
}

fn at_least(name: &str, found: (u32, u32), oldest: (u32, u32)) -> Finding {
    let ((major, minor), (oldest_major, oldest_minor)) = (found, oldest);
    if found < oldest {
        return Finding::Wrong(format!(
            "{name} {major}.{minor} is too old: {oldest_major}.{oldest_minor} or newer is needed"
        ));
    }
    Finding::Fine(format!("{name} {major}.{minor}"))
}

fn galera(status: &[Variable]) -> Finding {
    let (cluster, ready, size) =
        (value(status, "wsrep_cluster_status"), value(status, "wsrep_ready"), value(status, "wsrep_cluster_size"));
    if cluster == "Primary" && ready == "ON" {
        return Finding::Fine(format!("this Galera node is ready in a primary component of {size} nodes"));
    }
    Finding::Wrong(format!("this Galera node is not ready (wsrep_cluster_status {cluster}, wsrep_ready {ready})"))
}

async fn clock(connections: &Connections) -> Result<Finding, Failure> {
    let select = match connections.dialect {
        Dialect::Postgres => "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)",
        Dialect::MySql => "SELECT CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED)",
    };
    let theirs: Option<i64> = first(&connections.rows(&Statement::new(select)).await?)?;
    let theirs = u64::try_from(theirs.unwrap_or_default()).unwrap_or_default();
    let apart = theirs.abs_diff(now());
    Ok(if apart > CLOCK {
        Finding::Warning(format!(
            "the database's clock and this machine's are {} s apart: times in lists are wrong",
            apart / 1_000
        ))
    } else {
        Finding::Fine("the database's clock agrees with this machine's".into())
    })
}

async fn variables(
    connections: &Connections,
    select: Statement,
    [name, value]: [&'static str; 2],
) -> Result<Vec<Variable>, Failure> {
    let read = |row: &AnyRow| Some((text(row, name).ok()?, text(row, value).ok()?));
    Ok(connections.rows(&select).await?.iter().filter_map(read).collect())
}

fn value<'a>(variables: &'a [Variable], name: &str) -> &'a str {
    variables.iter().find(|(one, _)| one == name).map_or("", |(_, value)| value.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_mariadb_and_mysql_are_told_apart() {
        assert_eq!(server("10.11.19-MariaDB-0+deb12u1"), Finding::Fine("MariaDB 10.11".into()));
        assert!(matches!(server("10.5.1-MariaDB"), Finding::Wrong(_)));
        assert_eq!(server("8.0.36"), Finding::Fine("MySQL 8.0".into()));
        assert!(matches!(server("5.7.44"), Finding::Wrong(_)));
    }

    #[test]
    fn a_node_outside_the_primary_component_is_wrong() {
        let status = |cluster: &str| {
            let pairs = [("wsrep_cluster_status", cluster), ("wsrep_ready", "ON"), ("wsrep_cluster_size", "3")];
            galera(&pairs.map(|(name, value)| (name.to_owned(), value.to_owned())))
        };
        assert!(matches!(status("Primary"), Finding::Fine(_)));
        assert!(matches!(status("non-Primary"), Finding::Wrong(_)));
    }
}
