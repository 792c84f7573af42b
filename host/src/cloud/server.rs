//! Does nova still have a server?
//!
//! By the answer "gone" a rule deletes allocations, so it is given only on proof. nova's 404 alone proves nothing: it is
//! also what nova says of another project's server to everybody but an administrator.

use serde_json::Value;

use super::nova::Answer;
use super::{Cloud, Doubt};
use crate::contract::ServerState;

impl Cloud {
    /// Asks nova for a server by its canonical UUID. A soft-deleted one is present: it can be restored and keeps its
    /// allocations.
    ///
    /// # Errors
    /// If it is unknown, with the reason why.
    pub async fn find_server(&self, server: &str) -> Result<ServerState, Doubt> {
        let shown = self.ask_nova(&format!("/servers/{server}"), &[]).await?;
        if !shown.is_not_found() {
            return state(server, shown);
        }
        // What an administrator's list of all projects lacks, nova does not have. The list is of the servers whose row
        // is not deleted, and without the filter `soft_deleted` it would lack those.
        let filter = [("all_tenants", "1"), ("soft_deleted", "true"), ("limit", "2"), ("uuid", server)];
        absence(server, self.ask_nova("/servers", &filter).await?)
    }
}

/// What the answer to GET /servers/{id} says.
fn state(server: &str, answer: Answer) -> Result<ServerState, Doubt> {
    let text = |key: &str| answer.body.pointer("/server").and_then(|it| it.get(key)).and_then(Value::as_str);
    if answer.status != 200 || text("id") != Some(server) {
        return Err(answer.doubt());
    }
    match (text("OS-EXT-STS:vm_state"), text("OS-EXT-STS:task_state"), text("status")) {
        (Some("deleted"), ..) | (.., Some("DELETED")) => Ok(ServerState::Gone),
        (_, Some("deleting"), _) => Err(Doubt::BeingDeleted { server: server.to_owned() }),
        (Some(_), ..) => Ok(ServerState::Present),
        (None, ..) => Err(answer.doubt()),
    }
}

/// What the list says of a server that nova does not show by its id.
fn absence(server: &str, answer: Answer) -> Result<ServerState, Doubt> {
    let server = server.to_owned();
    if answer.is_forbidden() {
        return Err(Doubt::NotAdministrator { server });
    }
    match answer.body.get("servers").and_then(Value::as_array) {
        Some(listed) if answer.status == 200 && listed.is_empty() => Ok(ServerState::Gone),
        Some(listed) if listed.iter().all(|it| it.get("id").and_then(Value::as_str) == Some(server.as_str())) => {
            Err(Doubt::Hidden { server })
        }
        // Another server: nova has left out the filters, as it does for those whom it does not allow them.
        Some(_) => Err(Doubt::NotAdministrator { server }),
        None => Err(answer.doubt()),
    }
}
