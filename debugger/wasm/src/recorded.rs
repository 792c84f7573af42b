//! The recorded course: the requests, the replies and the end of a record, without running rules.

use crate::change::offers;
use crate::course::{Counts, Course, EndView, ExchangeView};
use crate::moment::{Moment, providers};
use crate::opening::Opening;
use crate::plan::Plan;
use crate::play::{LONGEST, judged};

/// Makes the course. `still_open`: the task had not ended when it was read.
#[must_use]
pub fn recorded(opening: &Opening, still_open: bool) -> Course {
    let mut world = Plan::new(opening, &[]).world();
    let mut counts = Counts::default();
    let mut moments = vec![Moment::of(&world.cloud, &world.known)];
    let mut exchanges = Vec::with_capacity(opening.recorded.len());
    for exchange in &opening.recorded {
        let nth = counts.ask(&exchange.effect);
        // Rules are not played beyond this, so nothing can be changed there.
        let changeable = exchanges.len() < LONGEST;
        let offers = if changeable { offers(&exchange.effect, &world.cloud) } else { Vec::new() };
        world.see(exchange);
        exchanges.push(ExchangeView { recorded: true, offers, ..ExchangeView::of(exchange.clone(), 0, nth) });
        moments.push(Moment::of(&world.cloud, &world.known));
    }
    let untold = || if still_open { EndView::open() } else { EndView::untold() };
    let (end, outcome) = opening.end.clone().unwrap_or_else(|| (untold(), None));
    Course {
        task: opening.task.clone(),
        steps: Vec::new(),
        verdict: judged(opening, &world, &end, outcome.as_ref(), &moments),
        providers: providers(&world.cloud),
        recorded: Some(exchanges.len()),
        exchanges,
        moments,
        end,
        leaves_record_at: None,
        unused: Vec::new(),
    }
}
