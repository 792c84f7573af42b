//! Where the repairs of an audit run: in the running service, or in this process.

use swaparoo::audit::Finding;
use swaparoo::contract::{ReleaseTask, Task};
use swaparoo::drive::drive;
use swaparoo::engine::Policy;
use swaparoo::executor::LiveExecutor;
use swaparoo::record::End;

use super::Audit;
use crate::cli::complain;
use crate::cli::repair_service::{self, RepairService};

/// Where repairs run.
pub enum Repairs<'a> {
    Here(&'a Policy, &'a LiveExecutor),
    Service(RepairService),
}

impl<'a> Repairs<'a> {
    /// The service, if one uses the same Placement.
    pub async fn find(options: &Audit, policy: &'a Policy, own: &'a LiveExecutor) -> Self {
        let service = if options.repair { RepairService::find(Some(own), options.only_here()).await } else { None };
        service.map_or(Self::Here(policy, own), Self::Service)
    }

    /// How the repair ended; `None` if the service has not ended it.
    pub async fn release(&self, finding: &Finding) -> Option<End> {
        let Finding { consumer, server, .. } = finding;
        let task = Task::Release(ReleaseTask { consumer: consumer.clone(), server: server.clone() });
        match self {
            Self::Here(policy, executor) => Some(End::of(&drive(policy, &task, *executor, &mut ()).await.end)),
            Self::Service(service) => match service.run(&task, None).await {
                Ok(view) => repair_service::end(&view),
                Err(error) => {
                    complain(&error);
                    None
                }
            },
        }
    }
}
