//! Finds out whether nova still has a server.
//!
//! Rules delete allocations after the answer "gone", so this needs proof. A 404 of nova is not a proof: users who are
//! not administrators also get it for servers of other projects.

use serde_json::Value;

use super::nova::NovaResponse;
use super::{Cloud, Doubt};
use crate::contract::ServerState;

impl Cloud {
    /// Asks nova for a server by its canonical UUID. A soft-deleted server is present: it can be restored and keeps its
    /// allocations.
    ///
    /// # Errors
    /// [`Doubt`] if nova gives no clear answer.
    pub async fn find_server(&self, server: &str) -> Result<ServerState, Doubt> {
        let shown = self.ask_nova(&format!("/servers/{server}"), &[]).await?;
        if !shown.is_not_found() {
            return state(server, shown);
        }
        self.prove_absence(server).await
    }

    /// The state of a server to which nova answered 404: gone, if nova's list proves it.
    pub(super) async fn prove_absence(&self, server: &str) -> Result<ServerState, Doubt> {
        // nova does not have a server that is missing in an administrator's list of all projects. The list contains
        // servers whose row is not deleted; without the filter `soft_deleted` it would not contain soft-deleted ones.
        let filter = [("all_tenants", "1"), ("soft_deleted", "true"), ("limit", "2"), ("uuid", server)];
        absence(server, self.ask_nova("/servers", &filter).await?)
    }
}

/// The state according to the answer to GET /servers/{id}.
fn state(server: &str, answer: NovaResponse) -> Result<ServerState, Doubt> {
    let text = |key: &str| answer.body.pointer("/server").and_then(|it| it.get(key)).and_then(Value::as_str);
    if answer.status != 200 || text("id") != Some(server) {
        return Err(answer.doubt());
    }
    match (text("OS-EXT-STS:vm_state"), text("OS-EXT-STS:task_state"), text("status")) {
        (Some("deleted"), ..) | (.., Some("DELETED")) => Ok(ServerState::Gone),
        (_, Some("deleting"), _) => Ok(ServerState::Deleting),
        (Some(_), ..) => Ok(ServerState::Present),
        (None, ..) => Err(answer.doubt()),
    }
}

/// The state according to the list, for a server that nova does not show by its id.
fn absence(server: &str, answer: NovaResponse) -> Result<ServerState, Doubt> {
    let server = server.to_owned();
    if answer.is_forbidden() {
        return Err(Doubt::NotAdministrator { server });
    }
    let listed = answer.body.get("servers").and_then(Value::as_array).filter(|_| answer.status == 200);
    let Some(listed) = listed else { return Err(answer.doubt()) };
    if listed.is_empty() {
        return Ok(ServerState::Gone);
    }
    let is_it = |it: &Value| it.get("id").and_then(Value::as_str) == Some(server.as_str());
    if listed.iter().all(is_it) {
        return Err(Doubt::Hidden { server });
    }
    // Other servers are listed: nova ignores filters that the user is not allowed to use.
    Err(Doubt::NotAdministrator { server })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    type Rule = fn(&str, NovaResponse) -> Result<ServerState, Doubt>;

    fn check(rule: Rule, status: u16, body: Value, expected: Result<ServerState, &str>) {
        let answer = NovaResponse { what: "GET /servers".to_owned(), status, body: body.clone() };
        let said = rule("S", answer).map_err(|doubt| format!("{doubt:?}"));
        let is = match (&said, expected) {
            (Ok(said), Ok(expected)) => *said == expected,
            (Err(said), Err(expected)) => said.starts_with(expected),
            _ => false,
        };
        assert!(is, "{status} {body}: {said:?}, not {expected:?}");
    }

    /// nova's answer for a present server, with one value changed.
    fn shown(key: &str, value: Value) -> Value {
        let mut server = json!({"id": "S", "status": "ACTIVE", "OS-EXT-STS:vm_state": "active"});
        server[key] = value;
        json!({ "server": server })
    }

    #[test]
    fn a_server_is_gone_only_when_nova_says_so() {
        check(state, 200, shown("OS-EXT-STS:task_state", Value::Null), Ok(ServerState::Present));
        check(state, 200, shown("OS-EXT-STS:task_state", json!("soft-deleting")), Ok(ServerState::Present));
        check(state, 200, shown("OS-EXT-STS:task_state", json!("deleting")), Ok(ServerState::Deleting));
        check(state, 200, shown("OS-EXT-STS:vm_state", json!("deleted")), Ok(ServerState::Gone));
        check(state, 200, shown("status", json!("DELETED")), Ok(ServerState::Gone));
        check(state, 200, shown("OS-EXT-STS:vm_state", Value::Null), Err("Refused"));
        check(state, 200, shown("id", json!("T")), Err("Refused"));
        check(state, 200, Value::Null, Err("Refused"));
        check(state, 404, Value::Null, Err("Refused"));
        check(state, 500, json!({"computeFault": {"code": 500}}), Err("Refused"));
        check(state, 503, shown("status", json!("DELETED")), Err("Refused"));
    }

    #[test]
    fn a_server_is_gone_only_when_the_whole_list_lacks_it() {
        check(absence, 200, json!({"servers": []}), Ok(ServerState::Gone));
        check(absence, 200, json!({"servers": [{"id": "S"}]}), Err("Hidden"));
        check(absence, 200, json!({"servers": [{"id": "T"}]}), Err("NotAdministrator"));
        check(absence, 200, json!({"servers": [{"id": "S"}, {"id": "T"}]}), Err("NotAdministrator"));
        check(absence, 403, json!({"forbidden": {"code": 403}}), Err("NotAdministrator"));
        check(absence, 403, Value::Null, Err("Refused"));
        check(absence, 200, Value::Null, Err("Refused"));
        check(absence, 500, json!({"servers": []}), Err("Refused"));
    }
}
