//! The swap at the start of a migration: the migration record takes over the server's allocations (nova's function of
//! this name, nova/conductor/tasks/migrate.py).

use super::confirmed_read;
use super::move_allocations::move_to_new;
use super::move_state::transfer;
use crate::ask::{self, non_empty};
use crate::contract::{Allocation, BuiltInReason, Holding, MoveTask, Node, NotHeld, Outcome, ReplaceTask};
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

    let Some(server) = holding(policy, history, &task.server, &node)? else {
        history.explain(BuiltInReason::NodeNotHeld(Node { node: node.clone() }));
        return not_held(policy, history, swap, node);
    };
    history.explain(BuiltInReason::NodeIsHeld(Node { node }));
    move_to_new(policy, history, &swap, non_empty(server))
}

/// What the server holds, if it holds something of this node.
fn holding<'a>(
    policy: &dyn Policy,
    history: &mut History<'a>,
    server: &str,
    node: &str,
) -> Result<Option<&'a Holding>, Interrupt> {
    let mut read = ask::holding(history, server)?;
    if !holds(&read.allocations, node) && policy.confirms_reads() {
        // A replica of Placement's database may be behind, and no write confirms this answer.
        confirmed_read::wait(history)?;
        read = ask::holding(history, server)?;
    }
    Ok(Some(read).filter(|read| holds(&read.allocations, node)))
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
