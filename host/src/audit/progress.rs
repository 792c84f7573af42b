//! How far an audit is.

/// What an audit is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// It reads nova's list of servers.
    Servers,
    /// It reads nova's list of migrations.
    Migrations,
    /// It reads the allocations of Placement's resource providers.
    Providers,
    /// It asks again for the consumers that look wrong.
    Again,
}

impl Stage {
    /// What is counted, in words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Servers => "servers read",
            Self::Migrations => "migrations read",
            Self::Providers => "resource providers read",
            Self::Again => "consumers that look wrong asked for again",
        }
    }
}

/// Called with the progress of an audit: the stage, the number of items that are done, and their total if it is known.
pub type Progress<'a> = &'a (dyn Fn(Stage, usize, Option<usize>) + Send + Sync);
