//! One row: the start, the faults, and the result under each policy.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use swaparoo::contract::ServerState;
use swaparoo_placement::Method;
use swaparoo_real_placement::Act;

use super::fixture::Fixture;

/// A consumer at the beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InitialState {
    /// Placement does not know it.
    Unknown,
    /// A consumer record without allocations.
    Orphan,
    /// 2 VCPU of the node.
    Holding,
    /// 3 VCPU of the other node.
    Claiming,
}

/// The task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskKind {
    /// A move to a target that is new.
    Swap,
    /// A move to a target that should exist.
    Back,
    /// A move of the source to itself.
    ToItself,
    /// `replace`, on the node where the server has allocations.
    Replace,
    /// `replace`, on the other node.
    ReplaceElsewhere,
    /// `replace` without a node, and nova cannot be asked.
    ReplaceUnnamed,
    /// The same; nova answers with the node where the server has allocations.
    ReplaceFound,
    /// The same; nova answers that the compute node does not exist.
    ReplaceNotFound,
    /// `revert`: the migration record is the source.
    Revert,
}

/// Which writes get a provider conflict, on separate Placements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conflicts {
    Never,
    /// The first POST.
    Once,
    Always,
}

/// A change to the fixture before the task begins, mostly to its proxy.
pub type Preparation = Arc<dyn Fn(Arc<Fixture>) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// A row.
#[derive(Clone)]
pub struct Row {
    pub name: &'static str,
    pub kind: TaskKind,
    pub source: InitialState,
    pub target: InitialState,
    /// nova's answers, in order; the last one is repeated.
    pub server: &'static [ServerState],
    pub conflicts: Conflicts,
    /// The token of the task's requests.
    pub token: &'static str,
    pub preparations: Vec<Preparation>,
    /// The results under standard, seed and nova-34, in the form of [`Fixture::play`].
    pub ends: [&'static str; 3],
}

/// A row with the same result under all three.
pub fn same(end: &'static str) -> [&'static str; 3] {
    [end; 3]
}

impl Row {
    pub fn new(
        name: &'static str,
        kind: TaskKind,
        source: InitialState,
        target: InitialState,
        ends: [&'static str; 3],
    ) -> Self {
        let (server, conflicts) = (&[ServerState::Present], Conflicts::Never);
        Self { name, kind, source, target, server, conflicts, token: "admin", preparations: Vec::new(), ends }
    }

    pub fn server(mut self, says: &'static [ServerState]) -> Self {
        self.server = says;
        self
    }

    pub fn conflicts(mut self, conflicts: Conflicts) -> Self {
        self.conflicts = conflicts;
        self
    }

    pub fn token(mut self, token: &'static str) -> Self {
        self.token = token;
        self
    }

    /// Applies a fault to the `nth` request of a method.
    pub fn on(self, method: Method, nth: usize, act: Act) -> Self {
        self.prepare(move |fixture| {
            fixture.proxy.on(method, nth, act.clone());
            async {}
        })
    }

    /// Applies a fault to the first request of a method that is only about the target.
    pub fn on_target(self, method: Method, act: Act) -> Self {
        self.prepare(move |fixture| {
            fixture.proxy.on_path(method, &format!("/allocations/{}", fixture.target), 1, act.clone());
            async {}
        })
    }

    /// Makes a change just before the `nth` request of a method is passed on.
    pub fn before<F, Fut>(self, method: Method, nth: usize, happens: F) -> Self
    where
        F: Fn(Arc<Fixture>) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        self.prepare(move |fixture| {
            fixture.proxy.on(method, nth, first(&fixture, happens.clone()));
            async {}
        })
    }

    /// Makes a change just before the first request of a method that is only about the target.
    pub fn before_targets<F, Fut>(self, method: Method, happens: F) -> Self
    where
        F: Fn(Arc<Fixture>) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        self.prepare(move |fixture| {
            let path = format!("/allocations/{}", fixture.target);
            fixture.proxy.on_path(method, &path, 1, first(&fixture, happens.clone()));
            async {}
        })
    }

    /// Changes the fixture before the task begins.
    pub fn prepare<F, Fut>(mut self, prepare: F) -> Self
    where
        F: Fn(Arc<Fixture>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        self.preparations.push(Arc::new(move |fixture| Box::pin(prepare(fixture))));
        self
    }
}

/// A weak reference, since the fixture owns the proxy and the proxy keeps this closure.
fn first<F, Fut>(fixture: &Arc<Fixture>, happens: F) -> Act
where
    F: Fn(Arc<Fixture>) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = ()> + Send + 'static,
{
    let on = Arc::downgrade(fixture);
    Act::first(move || {
        let happening = on.upgrade().map(&happens);
        async move {
            if let Some(happening) = happening {
                happening.await;
            }
        }
    })
}

/// Plays all rows under all policies in parallel, and reports every difference.
pub async fn check(rows: &[Row]) {
    let mut plays = tokio::task::JoinSet::new();
    for row in rows {
        for (policy, expected) in ["standard", "seed", "nova-34"].into_iter().zip(row.ends) {
            let row = row.clone();
            plays.spawn(async move {
                let found = Fixture::play(&row, policy).await;
                (found != expected)
                    .then(|| format!("{} under {policy}: expected {expected:?}, found {found:?}", row.name))
            });
        }
    }
    let mut wrong: Vec<String> = plays.join_all().await.into_iter().flatten().collect();
    wrong.sort();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
