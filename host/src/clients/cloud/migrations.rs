//! Lists of nova's migration records, servers and compute nodes, which need an administrator's credentials.

use serde_json::Value;

use super::nova::NovaResponse;
use super::{Cloud, Doubt};
use crate::facts::KnownMigration;

/// Since 2.59, migration records have a UUID, and the list has pages.
const MICROVERSION: &str = "compute 2.59";
/// The number of records in a page.
const PAGE: usize = 1_000;

/// All migration records that nova has.
#[derive(Debug, Default)]
pub struct Migrations {
    /// The records that this program understands.
    pub known: Vec<KnownMigration>,
    /// The ids of other records, for example of an unknown type.
    pub others: Vec<String>,
}

impl Cloud {
    /// All migration records that nova has. Fails if the credentials are not an administrator's.
    pub async fn migrations(&self) -> Result<Migrations, Doubt> {
        let records = self.pages("/os-migrations", "migrations", "uuid", &[]).await?;
        let mut all = Migrations::default();
        for record in &records {
            match migration(record) {
                Some(migration) => all.known.push(migration),
                None => all.others.extend(record.get("uuid").and_then(Value::as_str).map(str::to_owned)),
            }
        }
        Ok(all)
    }

    /// The ids of all servers, including deleted ones whose rows nova still has.
    pub async fn servers(&self) -> Result<Vec<String>, Doubt> {
        let mut ids = Vec::new();
        for deleted in ["false", "true"] {
            let filter = [("all_tenants", "1"), ("deleted", deleted)];
            let servers = self.pages("/servers", "servers", "id", &filter).await?;
            ids.extend(servers.iter().filter_map(|server| Some(server.get("id")?.as_str()?.to_owned())));
        }
        Ok(ids)
    }

    /// The UUIDs of all compute nodes, which are those of their root providers.
    pub async fn compute_nodes(&self) -> Result<Vec<String>, Doubt> {
        let nodes = self.pages("/os-hypervisors", "hypervisors", "id", &[]).await?;
        Ok(nodes.iter().filter_map(|node| Some(node.get("id")?.as_str()?.to_owned())).collect())
    }

    async fn pages(&self, path: &str, name: &str, marker: &str, filter: &[(&str, &str)]) -> Result<Vec<Value>, Doubt> {
        let limit = PAGE.to_string();
        let mut all: Vec<Value> = Vec::new();
        loop {
            let last = all.last().and_then(|last| last.get(marker)).and_then(Value::as_str).map(str::to_owned);
            let mut query = filter.to_vec();
            query.push(("limit", &limit));
            query.extend(last.as_deref().map(|last| ("marker", last)));
            let answer = self.ask_nova_at(MICROVERSION, path, &query).await?;
            let page = page(answer, name)?;
            let is_last = page.len() < PAGE;
            all.extend(page);
            if is_last {
                return Ok(all);
            }
        }
    }
}

fn page(mut answer: NovaResponse, name: &str) -> Result<Vec<Value>, Doubt> {
    match answer.body.get_mut(name).map(Value::take) {
        Some(Value::Array(page)) if answer.status == 200 => Ok(page),
        _ => Err(answer.doubt()),
    }
}

fn migration(shown: &Value) -> Option<KnownMigration> {
    let text = |key: &str| shown.get(key).and_then(Value::as_str).map(str::to_owned);
    Some(KnownMigration {
        uuid: text("uuid")?.parse().ok()?,
        server: text("instance_uuid")?.parse().ok()?,
        migration_type: serde_json::from_value(shown.get("migration_type")?.clone()).ok()?,
        status: text("status")?,
        updated_at: text("updated_at").or_else(|| text("created_at")),
    })
}
