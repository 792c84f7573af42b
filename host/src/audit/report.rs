//! The result of an audit.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::{ConsumerOwner, Finding, HiddenUsage};

/// The result of an audit.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
#[schema(as = AuditReport)]
pub struct Report {
    /// The number of consumers with allocations.
    pub consumers: usize,
    /// Allocations that their consumer should not hold, in ascending order of consumer. Each leak is listed once.
    pub findings: Vec<Finding>,
    /// Usage that no consumer explains.
    pub hidden: Vec<HiddenUsage>,
    /// Consumers of other services that use the same Placement; nothing is wrong with them.
    pub others: Vec<OtherConsumer>,
    /// What could not be read or asked, although it was tried several times. If it is not empty, the audit is not
    /// complete: there may be more findings.
    pub unchecked: Vec<Unchecked>,
}

/// A consumer of another service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = AuditOtherConsumer)]
pub struct OtherConsumer {
    /// The UUID of the consumer.
    pub consumer: String,
    /// Its owner according to Placement.
    pub owner: Option<ConsumerOwner>,
    /// How it is known that it belongs to another service.
    pub because: String,
}

/// A part of the cloud that the audit could not look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = AuditUnchecked)]
pub struct Unchecked {
    /// What, such as `resource provider 5a1d...`.
    pub what: String,
    /// Why.
    pub why: String,
}

impl Report {
    /// The number of findings of each kind that occurs.
    #[must_use]
    pub fn by_kind(&self) -> BTreeMap<&'static str, usize> {
        let mut kinds = BTreeMap::new();
        for finding in &self.findings {
            *kinds.entry(finding.why.name()).or_default() += 1;
        }
        if !self.hidden.is_empty() {
            kinds.insert(HiddenUsage::KIND, self.hidden.len());
        }
        kinds
    }
}
