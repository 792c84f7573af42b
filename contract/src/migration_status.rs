//! What the status of one of nova's migrations says by itself.

/// The statuses of migrations that have ended and after which the server is where it was, with the flavor that it had. A
/// migration that has ended with another status has succeeded.
pub const CAME_TO_NOTHING: [&str; 4] = ["error", "failed", "cancelled", "reverted"];
