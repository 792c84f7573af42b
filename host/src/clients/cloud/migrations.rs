//! Lists of nova's migration records, servers and compute nodes, which need an administrator's credentials.

use serde_json::Value;

use super::nova::NovaResponse;
use super::{Cloud, Doubt};
use crate::facts::KnownMigration;

/// Since 2.59, migration records have a UUID, and the list has pages.
const MICROVERSION: &str = "compute 2.59";
/// The requested number of records in a page. nova gives fewer if `[api]max_limit` is lower, and it leaves out duplicates
/// of several cells after it has cut the page. So only an empty page is the last one.
const PAGE: &str = "1000";

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
        self.list_migrations(&[]).await
    }

    /// All migration records of one server.
    pub async fn migrations_of(&self, server: &str) -> Result<Migrations, Doubt> {
        self.list_migrations(&[("instance_uuid", server)]).await
    }

    async fn list_migrations(&self, filter: &[(&str, &str)]) -> Result<Migrations, Doubt> {
        let records = self.pages("/os-migrations", "migrations", "uuid", filter).await?;
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
        let (mut all, mut last) = (Vec::new(), None::<String>);
        loop {
            let mut query = filter.to_vec();
            query.push(("limit", PAGE));
            query.extend(last.as_deref().map(|last| ("marker", last)));
            let answer = self.ask_nova_at(MICROVERSION, path, &query).await?;
            let page = page(answer, name)?;
            let Some(next) = page.last().and_then(|last| last.get(marker)).and_then(Value::as_str) else {
                return if page.is_empty() { Ok(all) } else { Err(Doubt::Unpaged { what: format!("GET {path}") }) };
            };
            // Otherwise the same page would be read without an end.
            if last.as_deref() == Some(next) {
                return Err(Doubt::Unpaged { what: format!("GET {path}") });
            }
            last = Some(next.to_owned());
            all.extend(page);
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
