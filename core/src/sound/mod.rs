//! What a value must be to mean anything, wherever it comes from: a policy, a caller's task, a caller's reply. Each check
//! names the field.

mod nova;
mod values;

pub use nova::{reply, task};
pub use values::{allocations, consumer, generation, owner, plain, shown};

/// A value that cannot be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {why}")]
pub struct Unsound {
    /// Where it stands, such as `selections[1].host`.
    pub field: String,
    /// What is wrong with it.
    pub why: String,
}

/// The same, one place further out.
fn within(outer: &str) -> impl Fn(Unsound) -> Unsound + '_ {
    move |Unsound { field, why }| Unsound { field: format!("{outer}.{field}"), why }
}

/// Something is wrong with this field.
fn unsound(field: &str, why: impl Into<String>) -> Unsound {
    Unsound { field: field.to_owned(), why: why.into() }
}
