//! A finding: allocations that their consumer should not hold.

use std::time::{Duration, SystemTime};

use serde::Serialize;
use utoipa::ToSchema;

use super::{ConsumerOwner, Why, time};
use crate::contract::Allocation;
use crate::{describe, printable};

/// Allocations of one consumer that it should not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = AuditFinding)]
pub struct Finding {
    /// The UUID of the consumer.
    pub consumer: String,
    /// The UUID of the server concerned.
    pub server: String,
    /// The allocations of the consumer.
    #[schema(value_type = Vec<Object>)]
    pub allocations: Vec<Allocation>,
    /// Why the consumer should not hold them.
    pub why: Why,
    /// The migration record concerned; null if there is none.
    pub migration: Option<String>,
    /// The status of that migration.
    pub status: Option<String>,
    /// The last change of the migration record, in nova's format; null if unknown.
    pub since: Option<String>,
    /// The compute node of the server; null if it has none, or if it is not known.
    pub node: Option<String>,
    /// The root providers that the server should not use.
    pub extra: Vec<String>,
    /// The providers in their trees of which it holds something, for the command that drops it.
    pub extra_providers: Vec<String>,
    /// What differs from the flavor, the server's `vm_state`, or that it holds nothing of its own compute node, in words.
    pub detail: Option<String>,
    /// Whether a task `release` can repair it.
    pub repairable: bool,
    /// Whether only a person can judge it. If not, a repair or a later audit settles it.
    pub needs_a_person: bool,
    /// The owner according to Placement.
    pub owner: Option<ConsumerOwner>,
    /// The reason in words.
    pub words: String,
    /// What a person can do, with the command; null if the reason says it.
    pub way_out: Option<String>,
}

impl Finding {
    /// Whether the consumer may belong to archived rows of nova: nova does not know it, and no other service is known
    /// to own it.
    #[must_use]
    pub fn may_be_archived(&self) -> bool {
        self.why == Why::UnknownToNova
    }

    /// The same with `words` and `way_out`, which need all other fields.
    #[must_use]
    pub fn explained(self) -> Self {
        let (words, way_out) = (self.reason(), self.remedy());
        Self { words, way_out, ..self }
    }

    fn reason(&self) -> String {
        let Self { consumer, server, .. } = self;
        let [migration, status, node, detail] = [&self.migration, &self.status, &self.node, &self.detail]
            .map(|part| printable::line(part.as_deref().unwrap_or("unknown")).to_string());
        let extra = self.extra.join(", ");
        match self.why {
            Why::DeletedServer => format!("server {server} is deleted: a repair drops its allocations"),
            Why::MigrationOfDeletedServer => {
                format!("migration {consumer} has ended and server {server} is deleted: a repair drops its allocations")
            }
            Why::EndedMigration => format!(
                "migration {consumer} has ended and server {server} holds its own allocations: a repair drops these"
            ),
            Why::ServerLostIt => format!(
                "migration {consumer} has ended and holds the allocations of server {server}: a repair gives them back"
            ),
            Why::NeitherHoldsTheNode => format!(
                "migration {consumer} has ended, and neither it nor server {server} holds allocations of the server's \
                 node: an operator must decide"
            ),
            Why::BothHoldTheNode => format!(
                "migration {consumer} has ended ({status}), and it and server {server} both hold allocations of compute \
                 node {node}, of which only one can be right: an operator must decide"
            ),
            Why::RecordNotItsFlavor => format!(
                "migration {consumer} has ended ({status}) and holds allocations of compute node {node}, which server \
                 {server} does not, but not what the server's flavor needs ({detail}): an operator must decide"
            ),
            Why::ContradictsNova => format!(
                "migration {consumer} is {status}, but nova shows server {server} on the compute node that it left: an \
                 operator must decide"
            ),
            Why::BesideAMigration => format!(
                "migration {consumer} has ended ({status}), and another migration of server {server} has not: audit again \
                 when it has"
            ),
            Why::StuckMigration => {
                let age = self.age(SystemTime::now()).map_or_else(|| "a long time".to_owned(), time::words);
                format!("migration {migration} of server {server} is {status} and has not changed for {age}")
            }
            Why::Evacuated => format!(
                "server {server} was evacuated to compute node {node} (migration {migration}): nova keeps its allocations \
                 of {extra} on purpose until the compute service there starts again"
            ),
            Why::OtherNode => format!(
                "server {server} holds allocations of a compute node on which it does not run, and no migration explains \
                 them: a repair drops them if the server keeps what its flavor requires"
            ),
            Why::FormerNode => format!(
                "server {server} runs on compute node {node} and also holds allocations of {extra}, which is no compute \
                 node of nova any more{}",
                self.migration.as_ref().map_or_else(String::new, |_| format!(" (evacuation {migration})"))
            ),
            Why::NoHost => {
                format!("server {server} is on no compute node (vm_state {detail}), so it needs no allocations")
            }
            Why::OtherAmounts => format!("server {server} holds other amounts than its flavor needs: {detail}"),
            Why::UnknownToNova => format!(
                "nova knows neither a server nor a migration {consumer}{}: its rows are archived, or it belongs to \
                 another service or another nova; --repair-unknown drops its allocations",
                self.owner.as_ref().map_or_else(String::new, |owner| format!(" ({})", printable::line(&owner.words())))
            ),
            Why::ServerUnknown => format!("nova gave no clear answer about server {server}: try again later"),
        }
    }

    fn remedy(&self) -> Option<String> {
        let server = &self.server;
        Some(match self.why {
            Why::Evacuated | Why::OtherNode | Why::FormerNode if self.detail.is_some() => format!(
                "{}; `openstack resource provider allocation set` replaces all that it holds",
                printable::line(self.detail.as_ref()?)
            ),
            Why::Evacuated => format!("if that host never comes back: {}", self.unset()),
            Why::OtherNode | Why::FormerNode => format!("if the server does not run there: {}", self.unset()),
            Why::NoHost => {
                format!("if nova has no task for it: openstack resource provider allocation delete {server}")
            }
            Why::StuckMigration => {
                "if no compute service and no conductor works on it, set its status to error in nova's \
                                    database, then: swaparoo audit --repair"
                    .to_owned()
            }
            Why::BothHoldTheNode => {
                let held = self.detail.as_ref()?;
                format!("compared with the server's flavor, {}", printable::line(held))
            }
            _ => return None,
        })
    }

    /// The command that drops what the server should not hold. It needs this version of Placement's API.
    fn unset(&self) -> String {
        let providers: Vec<String> = self.extra_providers.iter().map(|one| format!(" --provider {one}")).collect();
        format!(
            "openstack --os-placement-api-version 1.28 resource provider allocation unset{} {}",
            providers.concat(),
            self.server
        )
    }

    fn age(&self, now: SystemTime) -> Option<Duration> {
        self.since.as_deref().and_then(|since| time::since(since, now))
    }

    /// Whether a task `release` with this outcome has repaired it. Another outcome shows that the rules saw other facts:
    /// the finding is left for the next audit or for a person.
    #[must_use]
    pub fn is_repaired_by(&self, outcome: &str) -> bool {
        match self.why {
            Why::ServerLostIt => ["moved", "already-moved"].contains(&outcome),
            Why::OtherNode => outcome == "reduced",
            _ => ["released", "nothing-held"].contains(&outcome),
        }
    }

    /// The allocations in words.
    #[must_use]
    pub fn describe_held(&self) -> String {
        describe::allocations(&self.allocations)
    }
}
