//! Random requests, with few names so that they often collide: 3 consumers, 4 providers (one does not exist), 5
//! resource classes (one does not exist).

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// One request, without the names and generations that are known only when it is sent.
#[derive(Clone, Debug)]
pub enum Step {
    Show(Who, u16),
    Put(Who, Says, u16),
    Post(Vec<(Who, Says)>, u16),
    /// Moves all allocations of one consumer to another, in one POST.
    Move {
        from: usize,
        to: usize,
        generation: Generation,
        version: u16,
    },
    Delete(Who),
    ProviderAllocations(usize, u16),
    ProviderUsages(usize),
    ProjectUsages {
        project: usize,
        user: Option<usize>,
        of_type: Option<&'static str>,
        version: u16,
    },
    Inventory {
        provider: usize,
        class: usize,
        total: u64,
        max_unit: u64,
        stale: bool,
        version: u16,
    },
    DropInventory(usize, usize),
    DropInventories(usize),
    DropProvider(usize),
}

/// A consumer, and the spelling of its uuid.
#[derive(Clone, Copy, Debug)]
pub struct Who {
    pub number: usize,
    pub spelling: Spelling,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spelling {
    Plain,
    Upper,
    NoDashes,
    Malformed,
}

/// The part of a write for one consumer.
#[derive(Clone, Debug)]
pub struct Says {
    pub holds: Vec<(usize, Vec<(usize, u64)>)>,
    pub project: usize,
    pub user: usize,
    pub of_type: &'static str,
    pub generation: Generation,
    pub spoiled: Option<Spoiled>,
}

/// Which consumer generation is sent.
#[derive(Clone, Copy, Debug)]
pub enum Generation {
    Right,
    Stale(i64),
    Null,
    AsFloat,
}

/// A fault in the form of a write.
#[derive(Clone, Copy, Debug)]
pub enum Spoiled {
    NoProject,
    EmptyProject,
    LongUser,
    NumberForUser,
    NoGeneration,
    TextForGeneration,
    BoolForGeneration,
    NoAllocations,
    ListForAllocations,
    ExtraKey,
    MalformedProvider,
    NoResources,
    EmptyResources,
    LowerCaseClass,
    ZeroAmount,
    HalfAmount,
    TextForAmount,
    EmptyMappings,
    MalformedMappings,
    LowerCaseType,
    NoType,
}

pub fn sequence() -> impl Strategy<Value = Vec<Step>> {
    vec(step(), 1..12)
}

fn step() -> impl Strategy<Value = Step> {
    let put = (who(), says(), version()).prop_map(|(who, says, version)| Step::Put(who, says, version));
    let post = (vec((who(), says()), 1..4), version()).prop_map(|(entries, version)| Step::Post(entries, version));
    // Mostly of existing classes, and smaller than the allocations.
    let place = prop_oneof![1 => (0..4_usize, 0..5_usize), 4 => select(vec![(0, 0), (0, 0), (0, 1), (1, 0), (1, 2), (2, 0), (2, 3)])];
    let inventory = (place, select(vec![1, 1, 8]), select(vec![2, 50, 50]), weighted(1, 9), version());
    let change = (0..3_usize, 0..3_usize, generation(), select(vec![28, 34, 38]));
    prop_oneof![
        8 => put,
        8 => post,
        6 => change.prop_map(|(from, to, generation, version)| Step::Move { from, to, generation, version }),
        2 => who().prop_map(Step::Delete),
        2 => (who(), version()).prop_map(|(who, version)| Step::Show(who, version)),
        1 => (0..4_usize, version()).prop_map(|(provider, version)| Step::ProviderAllocations(provider, version)),
        1 => (0..4_usize).prop_map(Step::ProviderUsages),
        1 => project_usages(),
        5 => inventory.prop_map(|((provider, class), total, max_unit, stale, version)| Step::Inventory {
            provider, class, total, max_unit, stale, version
        }),
        1 => (0..4_usize, 0..5_usize).prop_map(|(provider, class)| Step::DropInventory(provider, class)),
        1 => prop_oneof![
            (0..4_usize).prop_map(Step::DropInventories),
            (0..4_usize).prop_map(Step::DropProvider),
        ],
    ]
}

fn project_usages() -> impl Strategy<Value = Step> {
    let of_type = select(vec![None, Some("all"), Some("unknown"), Some("INSTANCE"), Some("lower")]);
    (0..2_usize, proptest::option::of(0..2_usize), of_type, version()).prop_map(|(project, user, of_type, version)| {
        let of_type = of_type.filter(|_| version >= 38);
        Step::ProjectUsages { project, user, of_type, version }
    })
}

fn who() -> impl Strategy<Value = Who> {
    let spelling = prop_oneof![
        40 => Just(Spelling::Plain), 2 => Just(Spelling::Upper), 1 => Just(Spelling::NoDashes), 1 => Just(Spelling::Malformed)
    ];
    (0..3_usize, spelling).prop_map(|(number, spelling)| Who { number, spelling })
}

fn version() -> impl Strategy<Value = u16> {
    prop_oneof![6 => Just(28), 3 => Just(34), 4 => Just(38), 1 => select(vec![0, 8, 11, 12, 13, 14, 22, 23, 27, 39])]
}

fn says() -> impl Strategy<Value = Says> {
    let holds = prop_oneof![1 => Just(Vec::new()), 4 => vec(held(), 1..3).prop_map(by_provider)];
    let of_type = select(vec!["INSTANCE", "MIGRATION"]);
    (holds, 0..2_usize, 0..2_usize, of_type, generation(), spoiled()).prop_map(
        |(holds, project, user, of_type, generation, spoiled)| Says {
            holds,
            project,
            user,
            of_type,
            generation,
            spoiled,
        },
    )
}

/// Mostly an amount that fits an existing inventory, otherwise one at a limit of the inventory, or none.
fn held() -> impl Strategy<Value = (usize, usize, u64)> {
    let fitting = prop_oneof![
        3 => (select(vec![0, 1, 2]), Just(0), 1..4_u64),
        2 => (Just(0), Just(1), select(vec![10, 20, 30, 50])),
        1 => (Just(1), Just(2), select(vec![1, 15, 30])),
        1 => (Just(2), Just(3), 1..3_u64),
    ];
    let any = select(vec![1, 2, 4, 5, 8, 25, 60, 3_000_000_000]);
    prop_oneof![8 => fitting, 1 => (0..4_usize, 0..5_usize, any)]
}

fn by_provider(held: Vec<(usize, usize, u64)>) -> Vec<(usize, Vec<(usize, u64)>)> {
    let mut providers: Vec<(usize, Vec<(usize, u64)>)> = Vec::new();
    for (provider, class, amount) in held {
        match providers.iter_mut().find(|(known, _)| *known == provider) {
            Some((_, resources)) => resources.push((class, amount)),
            None => providers.push((provider, vec![(class, amount)])),
        }
    }
    providers
}

fn generation() -> impl Strategy<Value = Generation> {
    prop_oneof![
        15 => Just(Generation::Right),
        1 => (-1..3_i64).prop_map(Generation::Stale),
        1 => Just(Generation::Null),
        1 => Just(Generation::AsFloat),
    ]
}

fn spoiled() -> impl Strategy<Value = Option<Spoiled>> {
    use Spoiled::*;
    let one = select(vec![
        NoProject,
        EmptyProject,
        LongUser,
        NumberForUser,
        NoGeneration,
        TextForGeneration,
        BoolForGeneration,
        NoAllocations,
        ListForAllocations,
        ExtraKey,
        MalformedProvider,
        NoResources,
        EmptyResources,
        LowerCaseClass,
        ZeroAmount,
        HalfAmount,
        TextForAmount,
        EmptyMappings,
        MalformedMappings,
        LowerCaseType,
        NoType,
    ]);
    prop_oneof![20 => Just(None), 1 => one.prop_map(Some)]
}

fn weighted(yes: u32, no: u32) -> impl Strategy<Value = bool> {
    prop_oneof![no => Just(false), yes => Just(true)]
}
