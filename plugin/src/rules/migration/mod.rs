//! A whole migration: nova's tasks of cold migration, resize and live migration, and the end of a migration. Each rule
//! has one file, named after nova's method; docs/rules.md maps them.

mod abort;
mod cast;
mod cause;
mod check_not_begun;
mod claim_resources;
mod claim_resources_on_destination;
mod confirm;
mod delete_allocations;
mod fill_provider_mapping;
mod find_destination;
mod get_host_supporting_request;
mod give_back_once;
mod live_migrate;
mod migrate;
mod populate_retry;
mod preallocate_migration;
mod progress;
mod record_or_server;
mod reduce;
mod release;
mod remove_claim;
mod request_spec;
mod reschedule;
mod rollback;
mod rollback_as_nova;
mod schedule;
mod server_facts;
mod supersede_lost_write;
mod support_resource_request;

pub use abort::abort;
pub use confirm::{confirm, revert_resize};
pub use live_migrate::live_migrate;
pub use migrate::migrate;
pub use progress::Progress;
pub use release::{ENDED, release};
pub use rollback::rollback;
pub use rollback_as_nova::rollback_as_nova;
pub use server_facts::refuse_beside_another;
