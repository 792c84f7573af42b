//! The swap at the start of a migration: the migration record takes over the server's allocations (nova's function of
//! this name, nova/conductor/tasks/migrate.py).

use super::confirmed_read;
use super::move_allocations;
use super::move_allocations::transfer;
use crate::ask::{self, non_empty};
use crate::contract::{Allocation, BuiltInReason, MoveTask, Node, NotHeld, Outcome, ReplaceTask};
use crate::history::{History, Interrupt, RuleResult};
use crate::policy::Policy;

/// nova's `replace_allocation_with_migration`.
pub fn replace_allocation_with_migration(
    policy: &dyn Policy,
    history: &mut History<'_>,
    task: &ReplaceTask,
) -> RuleResult {
    let node = match &task.source_node {
        Some(node) => node.clone(),
        None => {
            history.explain(BuiltInReason::NodeNotNamed);
            ask::compute_node(history, &task.server)?
        }
    };
    let swap = MoveTask { source: task.server.clone(), target: task.migration.clone(), target_is_new: true };

    let server = ask::holding(history, &task.server)?;
    if !holds(&server.allocations, &node) && !holds_later(policy, history, &task.server, &node)? {
        history.explain(BuiltInReason::NodeNotHeld(Node { node: node.clone() }));
        return not_held(policy, history, swap, node);
    }
    history.explain(BuiltInReason::NodeIsHeld(Node { node }));
    move_allocations(policy, history, &swap)
}

/// Reads again after a pause: a replica of Placement's database may be behind, and no write confirms this answer.
fn holds_later(policy: &dyn Policy, history: &mut History<'_>, server: &str, node: &str) -> Result<bool, Interrupt> {
    if !policy.confirms_reads() {
        return Ok(false);
    }
    confirmed_read::wait(history)?;
    Ok(holds(&ask::holding(history, server)?.allocations, node))
}

/// Either the server never held anything of its node (its scheduler does not use Placement), or the swap was made
/// before and its answer was lost. The holding of the migration record shows which.
fn not_held(policy: &dyn Policy, history: &mut History<'_>, swap: MoveTask, node: String) -> RuleResult {
    if policy.looks_at_migration() {
        let migration = ask::holding(history, &swap.target)?;
        if let Some(migration) = non_empty(migration).filter(|migration| holds(migration.allocations, &node)) {
            history.explain(BuiltInReason::NodeNotHeld(Node { node }));
            return Ok(Outcome::AlreadyMoved(transfer(&swap, migration.allocations)));
        }
        history.explain(BuiltInReason::NodeNotHeld(Node { node: node.clone() }));
    }
    Ok(Outcome::NotHeld(NotHeld { server: swap.source, node }))
}

fn holds(allocations: &[Allocation], node: &str) -> bool {
    allocations.iter().any(|allocation| allocation.provider == node)
}
