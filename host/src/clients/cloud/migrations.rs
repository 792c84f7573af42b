//! Lists of nova's migration records, which need an administrator's credentials, and the pages of nova's lists.

use serde_json::Value;

use super::nova::NovaResponse;
use super::{Cloud, Doubt};
use crate::clients::outgoing::{Pauses, Repeat};
use crate::facts::KnownMigration;

/// Since 2.59, migration records have a UUID, and the list has pages.
pub(super) const MICROVERSION: &str = "compute 2.59";
/// The requested number of records in a page. nova gives fewer if `[api]max_limit` is lower, and it leaves out duplicates
/// of several cells after it has cut the page. So only an empty page is the last one.
const PAGE: usize = 1_000;
/// How often a list is read from its beginning again.
const RESTARTS: u32 = 3;

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
        self.list_migrations(&[], |_| ()).await
    }

    /// All migration records of one server.
    pub async fn migrations_of(&self, server: &str) -> Result<Migrations, Doubt> {
        self.list_migrations(&[("instance_uuid", server)], |_| ()).await
    }

    /// All migration records that nova has; `progress` is called with the number of those read so far.
    pub async fn all_migrations(&self, progress: impl FnMut(usize)) -> Result<Migrations, Doubt> {
        self.list_migrations(&[], progress).await
    }

    async fn list_migrations(&self, filter: &[(&str, &str)], progress: impl FnMut(usize)) -> Result<Migrations, Doubt> {
        let parse = |record: &Value| {
            let id = || record.get("uuid").and_then(Value::as_str).map(str::to_owned);
            Ok(migration(record).ok_or_else(id))
        };
        let mut all = Migrations::default();
        for read in self.pages(["/os-migrations", "migrations", "uuid"], filter, parse, progress).await? {
            match read {
                Ok(migration) => all.known.push(migration),
                Err(id) => all.others.extend(id),
            }
        }
        Ok(all)
    }

    /// Reads a list page by page, and turns each record into a value before it reads the next page: a whole list in
    /// nova's form needs too much memory. A page that is too large is read in smaller ones: nova shows an administrator
    /// the user data of servers, up to 64 kB each. The list is read again from its beginning if the record at which the
    /// next page begins was deleted meanwhile.
    pub(super) async fn pages<T>(
        &self,
        [path, name, marker]: [&str; 3],
        filter: &[(&str, &str)],
        mut parse: impl FnMut(&Value) -> Result<T, Doubt>,
        mut progress: impl FnMut(usize),
    ) -> Result<Vec<T>, Doubt> {
        let unpaged = || Doubt::Unpaged { what: format!("GET {path}") };
        let (mut all, mut last, mut limit, mut restarts) = (Vec::new(), None::<String>, PAGE, 0);
        loop {
            let size = limit.to_string();
            let mut query = filter.to_vec();
            query.push(("limit", &size));
            query.extend(last.as_deref().map(|last| ("marker", last)));
            let page = match self.page(path, name, &query).await {
                Err(Doubt::TooLarge { .. }) if limit > 1 => {
                    limit = limit.div_ceil(4);
                    continue;
                }
                Err(Doubt::Refused { status: 400, .. }) if last.is_some() && restarts < RESTARTS => {
                    (all, last, restarts) = (Vec::new(), None, restarts + 1);
                    continue;
                }
                page => page?,
            };
            let Some(next) = page.last().and_then(|last| last.get(marker)).and_then(Value::as_str) else {
                return if page.is_empty() { Ok(all) } else { Err(unpaged()) };
            };
            // Otherwise the same page would be read without an end.
            if last.as_deref() == Some(next) {
                return Err(unpaged());
            }
            last = Some(next.to_owned());
            for record in &page {
                all.push(parse(record)?);
            }
            progress(all.len());
        }
    }

    /// One page. It is read again after nova's own error: a list has hundreds of pages.
    async fn page(&self, path: &str, name: &str, query: &[(&str, &str)]) -> Result<Vec<Value>, Doubt> {
        let mut pauses = Pauses::default();
        loop {
            let page = self.ask_nova_at(MICROVERSION, path, query).await.and_then(|answer| page(answer, name));
            let repeat = if page.as_ref().is_err_and(Doubt::is_novas_own) { Repeat::Soon } else { Repeat::No };
            let Some(pause) = pauses.next(repeat) else { return page };
            tokio::time::sleep(pause).await;
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
    let (host, node) = (text("source_compute"), text("source_node"));
    Some(KnownMigration {
        uuid: text("uuid")?.parse().ok()?,
        server: text("instance_uuid")?.parse().ok()?,
        migration_type: serde_json::from_value(shown.get("migration_type")?.clone()).ok()?,
        status: text("status")?,
        updated_at: text("updated_at").or_else(|| text("created_at")),
        source: None,
        source_names: host.zip(node),
    })
}
