//! Lists of nova's servers and compute nodes for an audit, which need an administrator's credentials.

use serde_json::Value;

use super::migrations::MICROVERSION as WITH_PAGES;
use super::{Cloud, Doubt, flavor};
use crate::contract::ServerState;
use crate::facts::KnownFlavor;

/// Since 2.69, nova's list of services also names the hosts of cells that do not answer.
const WITH_DOWN_CELLS: &str = "compute 2.69";

/// A server as nova's list shows it.
#[derive(Debug, Clone)]
pub struct ListedServer {
    /// The UUID.
    pub uuid: String,
    /// Whether it exists.
    pub state: ServerState,
    /// The host of its compute service, and the name of its compute node; `None` if it is on none.
    pub place: Option<(String, String)>,
    /// nova's `vm_state`.
    pub vm_state: Option<String>,
    /// nova's `task_state`; `None` if it has no task.
    pub task_state: Option<String>,
    /// Its flavor.
    pub flavor: Option<KnownFlavor>,
    /// Whether its root disk is a volume; `None` if nova does not say it.
    pub volume_booted: Option<bool>,
}

/// A compute node as nova's list shows it.
#[derive(Debug, Clone)]
pub struct ListedNode {
    /// The UUID, which is also that of its root provider.
    pub uuid: String,
    /// The host of its service, and its name.
    pub place: Option<(String, String)>,
}

impl Cloud {
    /// All servers of all projects that are not deleted, including soft-deleted ones.
    ///
    /// # Errors
    /// nova does not answer, or not as an administrator is answered.
    pub async fn servers(&self, progress: impl FnMut(usize)) -> Result<Vec<ListedServer>, Doubt> {
        let filter = [("all_tenants", "1"), ("deleted", "false"), ("soft_deleted", "true")];
        self.pages(["/servers/detail", "servers", "id"], &filter, listed, progress).await
    }

    /// One server; `None` if nova's list proves that it is gone.
    ///
    /// # Errors
    /// nova gives no clear answer.
    pub async fn listed_server(&self, server: &str) -> Result<Option<ListedServer>, Doubt> {
        let mut shown = self.ask_nova(&format!("/servers/{server}"), &[]).await?;
        if shown.is_not_found() {
            return Ok(match self.prove_absence(server).await? {
                ServerState::Gone => None,
                state => Some(ListedServer { state, ..ListedServer::without_details(server) }),
            });
        }
        match shown.body.get_mut("server").map(Value::take) {
            Some(body) if shown.status == 200 => listed(&body).map(Some),
            _ => Err(shown.doubt()),
        }
    }

    /// Whether nova still has the row of this deleted server.
    ///
    /// # Errors
    /// nova gives no clear answer.
    pub async fn has_deleted(&self, server: &str) -> Result<bool, Doubt> {
        let filter = [("all_tenants", "1"), ("deleted", "true"), ("limit", "2"), ("uuid", server)];
        let answer = self.ask_nova("/servers", &filter).await?;
        let Some(servers) = answer.body.get("servers").and_then(Value::as_array).filter(|_| answer.status == 200)
        else {
            return Err(answer.doubt());
        };
        Ok(servers.iter().any(|one| one.get("id").and_then(Value::as_str) == Some(server)))
    }

    /// Whether nova shows these credentials all lists that an audit reads; reads one record of each.
    ///
    /// # Errors
    /// nova does not answer, or not as an administrator is answered.
    pub async fn try_lists(&self) -> Result<(), Doubt> {
        for (path, filter) in [
            ("/servers/detail", &[("all_tenants", "1"), ("limit", "1")][..]),
            ("/os-migrations", &[("limit", "1")]),
            ("/os-hypervisors/detail", &[("limit", "1")]),
            ("/os-services", &[]),
        ] {
            let answer = self.ask_nova_at(WITH_PAGES, path, filter).await?;
            if answer.status != 200 {
                return Err(answer.doubt());
            }
        }
        Ok(())
    }

    /// All compute nodes.
    ///
    /// # Errors
    /// nova does not answer, or not as an administrator is answered.
    pub async fn compute_nodes(&self) -> Result<Vec<ListedNode>, Doubt> {
        let parse = |shown: &Value| {
            let place = text(shown, "/service/host").zip(text(shown, "/hypervisor_hostname"));
            Ok(text(shown, "/id").map(|uuid| ListedNode { uuid, place }))
        };
        let nodes = self.pages(["/os-hypervisors/detail", "hypervisors", "id"], &[], parse, |_| ()).await?;
        Ok(nodes.into_iter().flatten().collect())
    }

    /// The hosts of cells that do not answer: nova leaves the migrations of these cells out of its lists.
    ///
    /// # Errors
    /// nova does not answer, or is older than Stein.
    pub async fn unreachable_hosts(&self) -> Result<Vec<String>, Doubt> {
        let answer = self.ask_nova_at(WITH_DOWN_CELLS, "/os-services", &[]).await?;
        let Some(services) = answer.body.get("services").and_then(Value::as_array).filter(|_| answer.status == 200)
        else {
            return Err(answer.doubt());
        };
        let unknown = services.iter().filter(|one| text(one, "/status").as_deref() == Some("UNKNOWN"));
        Ok(unknown.filter_map(|one| text(one, "/host")).collect())
    }
}

impl ListedServer {
    fn without_details(server: &str) -> Self {
        Self {
            uuid: server.to_owned(),
            state: ServerState::Unknown,
            place: None,
            vm_state: None,
            task_state: None,
            flavor: None,
            volume_booted: None,
        }
    }
}

fn text(shown: &Value, pointer: &str) -> Option<String> {
    shown.pointer(pointer).and_then(Value::as_str).map(str::to_owned)
}

fn listed(shown: &Value) -> Result<ListedServer, Doubt> {
    let of = |key: &str| shown.get(key).and_then(Value::as_str).map(str::to_owned);
    let uuid = of("id").unwrap_or_default();
    let [host, node] = ["OS-EXT-SRV-ATTR:host", "OS-EXT-SRV-ATTR:hypervisor_hostname"];
    if shown.get(host).is_none() || shown.get("OS-EXT-STS:vm_state").is_none() {
        return Err(Doubt::HostHidden { server: uuid });
    }
    let (vm_state, task_state) = (of("OS-EXT-STS:vm_state"), of("OS-EXT-STS:task_state"));
    let state = match (vm_state.as_deref(), task_state.as_deref()) {
        (Some("deleted"), _) => ServerState::Gone,
        (_, Some("deleting")) => ServerState::Deleting,
        (Some(_), _) => ServerState::Present,
        (None, _) => ServerState::Unknown,
    };
    let (flavor, volume_booted) = (flavor::of(shown), flavor::boots_from_volume(shown));
    Ok(ListedServer { uuid, state, place: of(host).zip(of(node)), vm_state, task_state, flavor, volume_booted })
}
