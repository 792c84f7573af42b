//! Records of the model itself, as they are and tampered with.

use super::{Conformity, conform};
use crate::check::{Action, Line, Transcript, scenes};
use crate::contract::{Effect, Exchange, GetAllocations, Pause, Paused, Reply, ServerAnswer, ServerState, Task};
use crate::fixture::{MIGRATION, SERVER};
use crate::{EffectFault, SimCloud, SimEvent};
use swaparoo_placement::Fault;

fn start() -> (Task, SimCloud) {
    let scene = scenes().unwrap().into_iter().find(|scene| scene.name == "give-back").unwrap();
    let task = scene.start.actors[0].mover().unwrap().task().unwrap().clone();
    (task, scene.start.cloud)
}

fn get(consumer: &str) -> Effect {
    Effect::GetAllocations(GetAllocations { consumer: consumer.into() })
}

fn ask() -> Effect {
    Effect::FindServer(crate::contract::FindServer { server: SERVER.into() })
}

fn give_back() -> Effect {
    crate::fixture::give_back(&start().1)
}

/// The history of these effects with these events.
fn history(effects: impl IntoIterator<Item = (Effect, EffectFault)>) -> Vec<Exchange> {
    let mut cloud = start().1;
    effects
        .into_iter()
        .map(|(effect, fault)| {
            let reply = SimEvent::Fault(fault).meet(&mut cloud, &effect);
            Exchange::new(effect, reply)
        })
        .collect()
}

fn conformity(history: &[Exchange]) -> Conformity {
    conform(&start().0, history)
}

const PLAIN: EffectFault = EffectFault::Answered;

fn plain() -> Vec<Exchange> {
    history([get(MIGRATION), get(SERVER), ask(), give_back(), get(SERVER)].map(|effect| (effect, PLAIN)))
}

#[test]
fn a_record_of_the_model_is_a_path_of_it() {
    assert_eq!(conformity(&plain()), Conformity { explained: Vec::new(), departure: None });
}

#[test]
fn a_lost_write_may_be_done_or_not() {
    let before = [(get(MIGRATION), PLAIN), (get(SERVER), PLAIN), (ask(), PLAIN)];
    for (lost, event) in [
        (Fault::LostAfterWrite, "done, and the answer lost"),
        (Fault::LostBeforeWrite, "lost: not done, and no answer"),
    ] {
        let rest = [(give_back(), EffectFault::Placement(lost)), (get(MIGRATION), PLAIN), (get(SERVER), PLAIN)];
        let found = conformity(&history(before.clone().into_iter().chain(rest)));
        assert_eq!(found.departure, None);
        let [explained] = &found.explained[..] else { panic!("{found:?}") };
        assert_eq!((explained.index, explained.what.as_str()), (3, event));
    }
}

#[test]
fn a_stale_read_is_explained_until_a_pause() {
    let written = [get(MIGRATION), get(SERVER), ask(), give_back()].map(|effect| (effect, PLAIN));
    let stale = (get(MIGRATION), EffectFault::Stale);
    let found = conformity(&history(written.clone().into_iter().chain([stale.clone()])));
    assert_eq!((found.departure, found.explained.len()), (None, 1));
    // The same answer after a pause is not possible.
    let mut history = history(written.into_iter().chain([stale]));
    let pause = Exchange::new(Effect::Pause(Pause { up_to_ms: 5_000 }), Reply::Paused(Paused { ms: 900 }));
    history.insert(4, pause);
    let departure = conformity(&history).departure.expect("a departure");
    assert_eq!(departure.index, 5);
}

#[test]
fn a_changed_amount_is_not_possible() {
    let mut history = plain();
    let Reply::Holding(holding) = &mut history[4].reply else { panic!("{history:?}") };
    holding.allocations[0].resources[0].amount += 1;
    let departure = conformity(&history).departure.expect("a departure");
    assert_eq!((departure.index, &departure.exchange), (4, &history[4]));
    let normal = &departure.possible[0];
    assert_eq!((normal.event.as_str(), &normal.reply), ("answered normally", &plain()[4].reply));
}

#[test]
fn a_write_that_placement_must_refuse_was_not_done() {
    let mut history = plain();
    let Effect::PostAllocations(post) = &mut history[3].effect else { panic!("{history:?}") };
    post.consumers.iter_mut().for_each(|entry| entry.generation = Some(7));
    assert_eq!(conformity(&history).departure.expect("a departure").index, 3);
}

#[test]
fn a_server_does_not_exist_again() {
    let says = |state| Exchange::new(ask(), Reply::Server(ServerAnswer { state, details: None }));
    use ServerState::{Deleting, Gone, Present, Unknown};
    assert_eq!(conformity(&[Present, Deleting, Unknown, Gone].map(says)).departure, None);
    assert_eq!(conformity(&[Present, Gone, Present].map(says)).departure.expect("a departure").index, 2);
}

#[test]
fn what_a_search_plays_is_a_path() {
    let (task, _) = start();
    let effects = [get(MIGRATION), get(SERVER), ask(), give_back(), get(SERVER), get(MIGRATION)];
    let mut careless = |_: &Task, history: &[Exchange]| {
        let next = effects.get(history.len()).unwrap_or(&effects[4]).clone();
        crate::contract::Step::Perform(crate::contract::Perform { effects: vec![next], reasons: Vec::new() })
    };
    let scene = scenes().unwrap().into_iter().find(|scene| scene.name == "give-back").unwrap();
    let faults = [EffectFault::Late, EffectFault::BadGateway, EffectFault::ServerError, EffectFault::DoneAndForgotten];
    for fault in faults {
        let answered = |event| Action::Effect { actor: 0, event };
        let way: Vec<Action> =
            [PLAIN, PLAIN, PLAIN, fault, PLAIN, PLAIN].map(|of| answered(SimEvent::Fault(of))).into();
        let played = Transcript::of_way(&mut careless, &scene, &way);
        let history: Vec<Exchange> = played.lines.iter().filter_map(exchange).collect();
        assert_eq!(history.len(), 6);
        assert_eq!(conform(&task, &history).departure, None, "{fault:?}");
    }
}

fn exchange(line: &Line) -> Option<Exchange> {
    match line {
        Line::Exchange { effect, reply, .. } => Some(Exchange::new(effect.clone(), reply.clone())),
        _ => None,
    }
}
