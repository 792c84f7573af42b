//! The recorded run: the requests, the replies and the end of a record, without running rules.

use crate::answer_plan::AnswerPlan;
use crate::change::possible_events;
use crate::effect_counts::EffectCounts;
use crate::opened_task::OpenedTask;
use crate::play::{LONGEST, judged};
use crate::run_view::{EndView, ExchangeView, RunView};
use crate::snapshot::{Snapshot, providers};

/// Makes the run. `still_open`: the task had not ended when it was read.
#[must_use]
pub fn recorded(opened: &OpenedTask, still_open: bool) -> RunView {
    let mut world = AnswerPlan::new(opened, &[]).world();
    let mut counts = EffectCounts::default();
    let mut snapshots = vec![Snapshot::of(&world.cloud, &world.known)];
    let mut exchanges = Vec::with_capacity(opened.recorded.len());
    for exchange in &opened.recorded {
        let nth = counts.ask(&exchange.effect);
        // Rules are not played beyond this, so nothing can be changed there.
        let changeable = exchanges.len() < LONGEST;
        let possible_events = if changeable { possible_events(&exchange.effect, &world.cloud) } else { Vec::new() };
        world.see(exchange);
        exchanges.push(ExchangeView { recorded: true, possible_events, ..ExchangeView::of(exchange.clone(), 0, nth) });
        snapshots.push(Snapshot::of(&world.cloud, &world.known));
    }
    let not_recorded = || if still_open { EndView::open() } else { EndView::not_recorded() };
    let (end, outcome) = opened.end.clone().unwrap_or_else(|| (not_recorded(), None));
    RunView {
        task: opened.task.clone(),
        steps: Vec::new(),
        verdict: judged(opened, &world, &end, outcome.as_ref(), &snapshots),
        providers: providers(&world.cloud),
        recorded: Some(exchanges.len()),
        exchanges,
        snapshots,
        end,
        leaves_record_at: None,
        unused: Vec::new(),
    }
}
