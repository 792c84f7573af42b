//! Finds the compute node of a server.

use serde_json::Value;

use super::{Cloud, Doubt};

impl Cloud {
    /// The UUID of the server's compute node, which is also the UUID of its resource provider. `None` if the server has
    /// no compute node, or nova does not have this compute node (any more).
    ///
    /// # Errors
    /// nova does not answer, or does not show the server to these credentials.
    pub async fn find_compute_node(&self, server: &str) -> Result<Option<String>, Doubt> {
        let Some((host, node)) = self.host_and_node(server).await? else { return Ok(None) };
        // The filter also finds longer names that contain this one.
        let filter = [("hypervisor_hostname_pattern", node.as_str())];
        let answer = self.ask_nova("/os-hypervisors/detail", &filter).await?;
        if answer.is_not_found() {
            return Ok(None);
        }
        if answer.is_forbidden() {
            return Err(Doubt::HostHidden { server: server.to_owned() });
        }
        match answer.body.get("hypervisors").and_then(Value::as_array) {
            Some(hypervisors) if answer.status == 200 => Ok(uuid_of(hypervisors, &host, &node)),
            _ => Err(answer.doubt()),
        }
    }

    async fn host_and_node(&self, server: &str) -> Result<Option<(String, String)>, Doubt> {
        let answer = self.ask_nova(&format!("/servers/{server}"), &[]).await?;
        let shown = |key: &str| answer.body.pointer("/server").and_then(|it| it.get(key)).cloned();
        if answer.status != 200 {
            return Err(answer.doubt());
        }
        match (shown("OS-EXT-SRV-ATTR:host"), shown("OS-EXT-SRV-ATTR:hypervisor_hostname")) {
            (Some(Value::String(host)), Some(Value::String(node))) => Ok(Some((host, node))),
            // The server is not scheduled, or is shelved and offloaded.
            (Some(_), Some(_)) => Ok(None),
            _ => Err(Doubt::HostHidden { server: server.to_owned() }),
        }
    }
}

/// Finds a compute node as nova does: by exact match of the service's host and the hypervisor's hostname.
fn uuid_of(hypervisors: &[Value], host: &str, node: &str) -> Option<String> {
    let is =
        |hypervisor: &Value, path: &str, text: &str| hypervisor.pointer(path).and_then(Value::as_str) == Some(text);
    let found = |it: &&Value| is(it, "/hypervisor_hostname", node) && is(it, "/service/host", host);
    hypervisors.iter().find(found)?.get("id")?.as_str().map(str::to_owned)
}
