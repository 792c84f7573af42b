//! Validates values from a policy, a caller's task or a caller's reply. Each error names the field.

mod nova;
mod reason;
#[cfg(test)]
mod tests;
mod values;

pub use nova::{MOST_MIGRATIONS, apart, reply, task};
pub use reason::{policy_failure, reason};
pub use values::{MOST_CHARACTERS, allocations, consumer, generation, owner, plain, quoted, size};

/// An invalid value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {why}")]
pub struct ValidationError {
    /// The path of the field, such as `selections[1].host`.
    pub field: String,
    /// What is wrong with the value.
    pub why: String,
}

/// Adds an outer field to the path of an error.
fn within(outer: &str) -> impl Fn(ValidationError) -> ValidationError + '_ {
    move |ValidationError { field, why }| ValidationError { field: format!("{outer}.{field}"), why }
}

/// An error for this field.
fn invalid(field: &str, why: impl Into<String>) -> ValidationError {
    ValidationError { field: field.to_owned(), why: why.into() }
}
