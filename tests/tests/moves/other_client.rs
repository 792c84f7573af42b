//! Changes by other clients of Placement during a move, beside its proxy.

use serde_json::json;
use swaparoo_placement::Request;

use super::fixture::Fixture;

/// One change. The first six have the codes of the simulation (`TaskEvent`).
#[derive(Debug, Clone, Copy)]
pub enum OtherClient {
    SourceTouched,
    SourceEmptied,
    SourceClaimed,
    TargetEmptied,
    TargetClaimed,
    TargetOrphaned,
    /// The source gets twice its VCPU of the node.
    SourceDoubled,
    /// The target's claim on the other node gets larger.
    TargetClaimsMore,
    /// The node is removed from Placement.
    NodeDeleted,
    /// Nothing listens any more.
    PlacementAway,
}

impl OtherClient {
    pub fn named(code: &str) -> Option<Self> {
        Some(match code {
            "source-touched" => Self::SourceTouched,
            "source-emptied" => Self::SourceEmptied,
            "source-claimed" => Self::SourceClaimed,
            "target-emptied" => Self::TargetEmptied,
            "target-claimed" => Self::TargetClaimed,
            "target-orphaned" => Self::TargetOrphaned,
            "source-doubled" => Self::SourceDoubled,
            "target-claims-more" => Self::TargetClaimsMore,
            "node-deleted" => Self::NodeDeleted,
            "placement-away" => Self::PlacementAway,
            _ => return None,
        })
    }

    pub async fn happen(self, fixture: &Fixture) {
        let Fixture { source, target, node, other, .. } = fixture;
        match self {
            Self::SourceTouched => fixture.give(source, node, 2).await,
            Self::SourceEmptied => fixture.delete(source).await,
            Self::SourceClaimed => fixture.give(source, other, 3).await,
            Self::TargetEmptied => fixture.delete(target).await,
            Self::TargetClaimed => fixture.give(target, other, 3).await,
            Self::TargetOrphaned => fixture.write(target, json!({})).await,
            Self::SourceDoubled => fixture.give(source, node, 4).await,
            Self::TargetClaimsMore => fixture.give(target, other, 4).await,
            Self::NodeDeleted => fixture.done(Request::delete(&format!("/resource_providers/{node}"))).await,
            Self::PlacementAway => fixture.proxy.close().await,
        }
    }
}
