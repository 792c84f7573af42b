//! The order of tasks, without a counter in the database: on several nodes, such a counter has gaps and is not in the order
//! of commits.

use std::sync::Mutex;
use std::sync::PoisonError;

use crate::journal::now;

/// 2020-01-01 in milliseconds since 1970.
const BEGIN: u64 = 1_577_836_800_000;
/// The bits below the milliseconds: 22 leave 41 for these, until 2089.
const BITS: u32 = 22;

/// Gives numbers to new tasks.
#[derive(Debug)]
pub struct Order(Mutex<i64>);

impl Order {
    /// All numbers are larger than the largest one in the journal, even if the clock was set back.
    pub fn after(largest: i64) -> Self {
        Self(Mutex::new(largest))
    }

    /// The number of a task that is opened now.
    pub fn next(&self) -> i64 {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Random, since another runner may open a task in the same millisecond.
        let new = at(now()) + i64::from(rand::random::<u32>() >> (u32::BITS - BITS));
        *last = new.max(*last + 1);
        *last
    }
}

/// The smallest number of this time, in milliseconds since 1970.
pub fn at(ms: u64) -> i64 {
    i64::try_from(ms.saturating_sub(BEGIN)).unwrap_or_default().saturating_mul(1 << BITS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_grow_and_never_go_back_behind_the_journal() {
        let order = Order::after(0);
        let numbers: Vec<_> = (0..1_000).map(|_| order.next()).collect();
        assert!(numbers.is_sorted_by(|one, next| one < next));
        let ahead = at(now() + 1_000_000);
        assert_eq!(Order::after(ahead).next(), ahead + 1);
        assert!(at(now()) > 0 && at(3_750_000_000_000) > at(3_740_000_000_000), "until 2088");
    }
}
