//! What happens to requests to a real Placement. The simulation sends none.

use serde::Deserialize;

use crate::Party;

/// One event, and the requests at which it happens. Several at one request happen in order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestEvent {
    /// `GET`, `POST` or `PUT`; `any` for one that holds from the beginning on.
    pub method: String,
    /// The number of the request among those of its method, from 1.
    #[serde(default = "first")]
    pub nth: usize,
    /// Only requests for this consumer alone; then they are counted apart.
    #[serde(default)]
    pub consumer: Option<Party>,
    /// The code: of a [`TaskEvent`](crate::TaskEvent), or one that only the test with the real Placement has.
    pub what: String,
}

fn first() -> usize {
    1
}
