//! Finds out whether nova still has a server.
//!
//! Rules delete allocations after the answer "gone", so this needs proof. A 404 of nova is not a proof: users who are
//! not administrators also get it for servers of other projects.

use serde_json::Value;

use super::nova::NovaResponse;
use super::{Cloud, Doubt, flavor};
use crate::contract::{ServerAnswer, ServerDetails, ServerMigration, ServerState};
use crate::facts::KnownMigration;
use crate::validate::MOST_MIGRATIONS;

impl Cloud {
    /// Asks nova for a server by its canonical UUID. A soft-deleted server is present: it can be restored and keeps its
    /// allocations. `with_migrations`: the answer names the server's migrations, which is another request.
    ///
    /// # Errors
    /// [`Doubt`] if nova gives no clear answer.
    pub async fn find_server(&self, server: &str, with_migrations: bool) -> Result<ServerAnswer, Doubt> {
        let shown = self.ask_nova(&format!("/servers/{server}"), &[]).await?;
        if !shown.is_not_found() {
            let known = details(&shown.body);
            let state = state(server, shown)?;
            let mut details = (state == ServerState::Present).then_some(known);
            if let Some(details) = details.as_mut().filter(|_| with_migrations) {
                details.migrations = self.all_migrations_of(server).await;
            }
            return Ok(ServerAnswer { state, details });
        }
        let state = self.prove_absence(server).await?;
        Ok(ServerAnswer { state, details: None })
    }

    /// The state of a server to which nova answered 404: gone, if nova's list proves it.
    pub(super) async fn prove_absence(&self, server: &str) -> Result<ServerState, Doubt> {
        // nova does not have a server that is missing in an administrator's list of all projects. The list contains
        // servers whose row is not deleted; without the filter `soft_deleted` it would not contain soft-deleted ones.
        let filter = [("all_tenants", "1"), ("soft_deleted", "true"), ("limit", "2"), ("uuid", server)];
        absence(server, self.ask_nova("/servers", &filter).await?)
    }

    /// All migrations of a server; `None` if nova does not list them, lists one that this program does not understand, or
    /// more than an answer may have.
    async fn all_migrations_of(&self, server: &str) -> Option<Vec<ServerMigration>> {
        match self.migrations_of(server).await {
            Ok(all) if all.others.is_empty() && all.known.len() <= MOST_MIGRATIONS => {
                Some(all.known.iter().map(KnownMigration::of_server).collect())
            }
            Ok(_) => None,
            Err(doubt) => {
                tracing::warn!("the migrations of server {server} are not known: {doubt}");
                None
            }
        }
    }
}

/// What else the answer to GET /servers/{id} shows.
fn details(shown: &Value) -> ServerDetails {
    let server = shown.get("server").unwrap_or(&Value::Null);
    let text = |key: &str| server.get(key).and_then(Value::as_str).map(str::to_owned);
    ServerDetails {
        host: text("OS-EXT-SRV-ATTR:host"),
        node: text("OS-EXT-SRV-ATTR:hypervisor_hostname"),
        vm_state: text("OS-EXT-STS:vm_state"),
        task_state: text("OS-EXT-STS:task_state"),
        flavor: flavor::of(server).and_then(|of| of.required_amounts(flavor::boots_from_volume(server))),
        migrations: None,
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
    fn the_details_are_those_that_nova_shows() {
        let mut body = shown("OS-EXT-STS:task_state", json!("rebuilding"));
        body["server"]["OS-EXT-SRV-ATTR:host"] = json!("h1");
        body["server"]["OS-EXT-SRV-ATTR:hypervisor_hostname"] = json!("n1");
        let known = details(&body);
        let known = [known.host, known.node, known.vm_state, known.task_state].map(Option::unwrap);
        assert_eq!(known, ["h1", "n1", "active", "rebuilding"]);
        let nothing = details(&json!({}));
        assert_eq!((nothing.host, nothing.task_state, nothing.flavor), (None, None, None));
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
