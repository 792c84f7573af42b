//! Why a statement or transaction failed, and what may be done then.

use std::time::Duration;

use sqlx::mysql::MySqlDatabaseError;

use crate::journal::JournalError;

#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error(transparent)]
    Sql(#[from] sqlx::Error),
    /// Nothing was heard from the database for so long.
    #[error("the database did not answer for {0:?}")]
    Late(Duration),
    /// A statement did not find the rows that it must find, so the transaction was rolled back.
    #[error("a row that should be there has been changed by another runner")]
    Changed,
}

/// What is known after a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// The transaction was rolled back because of other transactions: the same one may succeed now.
    RolledBack,
    /// A row with this key exists already.
    Exists,
    /// The transaction found other rows than it must, and was rolled back.
    Changed,
    /// A statement is wrong for the database, such as one with a value that does not fit. It was rolled back, and would be again.
    Refused,
    /// Nothing: the transaction may be committed or not.
    Nothing,
}

/// MySQL's numbers for a deadlock (also a lost certification in Galera) and for a lock that was not released in time.
const ROLLED_BACK: [u16; 2] = [1213, 1205];
/// Classes of SQLSTATEs for values that do not fit, broken constraints, and wrong statements.
const REFUSED: [&str; 3] = ["22", "23", "42"];
/// SQLSTATEs for a transaction that could not be serialised, a deadlock, and a lock that was not released in time.
const ROLLED_BACK_STATES: [&str; 3] = ["40001", "40P01", "55P03"];

impl Failure {
    pub fn known(&self) -> Known {
        match self {
            Self::Late(_) => Known::Nothing,
            Self::Changed => Known::Changed,
            Self::Sql(error) => known(error),
        }
    }
}

fn known(error: &sqlx::Error) -> Known {
    let Some(error) = error.as_database_error() else { return Known::Nothing };
    let number = error.try_downcast_ref::<MySqlDatabaseError>().map(MySqlDatabaseError::number);
    let state = error.code().unwrap_or_default();
    if error.is_unique_violation() {
        Known::Exists
    } else if number.map_or(ROLLED_BACK_STATES.contains(&&*state), |number| ROLLED_BACK.contains(&number)) {
        Known::RolledBack
    } else if REFUSED.iter().any(|class| state.starts_with(class)) {
        Known::Refused
    } else {
        Known::Nothing
    }
}

impl From<Failure> for JournalError {
    fn from(failure: Failure) -> Self {
        Self::from(&failure)
    }
}

impl From<&Failure> for JournalError {
    fn from(failure: &Failure) -> Self {
        match failure {
            Failure::Sql(error) => Self::new(said(error)),
            other => Self::new(other.to_string()),
        }
    }
}

/// The database's own words, without those of the driver.
pub fn said(error: &sqlx::Error) -> String {
    error.as_database_error().map_or_else(|| error.to_string(), |error| error.message().to_owned())
}
