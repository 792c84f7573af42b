//! SQL statements with their values. They are written with `?`, and numbered for PostgreSQL.

use sqlx::any::{Any, AnyArguments};
use sqlx::{Arguments, AssertSqlSafe};

use super::Dialect;

/// The longest text, in bytes, of a statement that the server keeps prepared for the connection: another one needs a second
/// request. Longer ones are of large batches, and hardly come again in the same form.
const KEPT: usize = 1_000;

/// A value of a statement. All columns have one of these types.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    Text(String),
    NoText,
    Number(i64),
    Bytes(Vec<u8>),
}

/// A statement. Its text contains no data of others.
#[derive(Debug, Clone)]
pub struct Statement {
    sql: String,
    values: Vec<Value>,
    /// How many rows it must find or change.
    expected: Option<u64>,
}

/// A statement for sqlx.
type Prepared = sqlx::query::Query<'static, Any, AnyArguments>;

impl Statement {
    pub fn new(sql: &'static str) -> Self {
        Self { sql: sql.to_owned(), values: Vec::new(), expected: None }
    }

    #[must_use]
    pub fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    /// Appends text.
    #[must_use]
    pub fn then(mut self, sql: &str) -> Self {
        self.sql.push_str(sql);
        self
    }

    /// Appends rows, as `(?, ?), (?, ?)`.
    #[must_use]
    pub fn rows(mut self, rows: impl IntoIterator<Item = Vec<Value>>) -> Self {
        let mut texts = Vec::new();
        for row in rows {
            texts.push(format!("({})", vec!["?"; row.len()].join(", ")));
            self.values.extend(row);
        }
        self.then(&texts.join(", "))
    }

    /// The transaction is rolled back unless the statement finds so many rows.
    #[must_use]
    pub fn must_find(mut self, rows: u64) -> Self {
        self.expected = Some(rows);
        self
    }

    pub fn expected(&self) -> Option<u64> {
        self.expected
    }

    pub fn prepare(&self, dialect: Dialect) -> Result<Prepared, sqlx::Error> {
        let sql = match dialect {
            Dialect::MySql => self.sql.clone(),
            Dialect::Postgres => numbered(&self.sql),
        };
        let mut arguments = AnyArguments::default();
        for value in &self.values {
            let added = match value {
                Value::Text(text) => arguments.add(text.clone()),
                Value::NoText => arguments.add(None::<String>),
                Value::Number(number) => arguments.add(*number),
                Value::Bytes(bytes) => arguments.add(bytes.clone()),
            };
            added.map_err(sqlx::Error::Encode)?;
        }
        Ok(sqlx::query_with(AssertSqlSafe(sql), arguments).persistent(self.sql.len() <= KEPT))
    }
}

/// The same text with `$1`, `$2` and so on.
fn numbered(sql: &str) -> String {
    let mut parts = sql.split('?');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.enumerate().fold(first, |text, (index, part)| format!("{text}${}{part}", index + 1))
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Option<String>> for Value {
    fn from(text: Option<String>) -> Self {
        text.map_or(Self::NoText, Self::Text)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self::Number(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Self::Number(number.into())
    }
}

impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Self {
        Self::Bytes(bytes.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_numbered_for_postgresql() {
        let statement = Statement::new("INSERT INTO t (a, b) VALUES ").rows([vec![1_i64.into(), "x".into()], vec![]]);
        assert_eq!(statement.sql, "INSERT INTO t (a, b) VALUES (?, ?), ()");
        assert_eq!(numbered("a = ? AND b = ?"), "a = $1 AND b = $2");
        assert_eq!(numbered("SELECT 1"), "SELECT 1");
    }
}
