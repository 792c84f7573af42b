//! All that can happen from one point on: every fate of every effect, so many things at a time. Depth first, in portions,
//! so that who asked can show how far it has come, or stop it.

use std::collections::BTreeMap;
use std::rc::Rc;

use serde::Serialize;
use swaparoo::contract::{Effect, Exchange, Step};
use swaparoo::rehearsal::{Cloud, Happening};
use swaparoo::words;
use tsify::Tsify;

use crate::change::Change;
use crate::course::{Counts, EndView};
use crate::opening::Opening;
use crate::play::Player;
use crate::rules::{Game, Rules};
use crate::wrong::wrongs;

/// No path is longer.
const LONGEST: usize = 300;

/// What was found in one portion.
#[derive(Debug, Clone, Default, Serialize, Tsify)]
pub struct Portion {
    /// Paths that came to an end, in all.
    pub histories: usize,
    /// Calls of the rules, in all.
    pub calls: usize,
    /// Whether there is nothing left.
    pub done: bool,
    /// The ends in this portion.
    pub leaves: Vec<Leaf>,
}

/// The end of one path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Tsify)]
pub struct Leaf {
    /// `right`, `leak`, `loss` or `broken`.
    pub verdict: &'static str,
    /// The outcome's or failure's name.
    pub end: String,
    /// What happened on the way, beside plain answers.
    pub path: Vec<Turn>,
}

/// Something that happened on a path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Tsify)]
pub struct Turn {
    /// The effect's kind, and how often it was asked by then: the place of a change.
    pub effect: &'static str,
    /// From 1.
    pub nth: usize,
    /// The place in the history.
    pub index: usize,
    /// The happening's code.
    pub what: String,
    /// For people.
    pub words: String,
}

/// A path as far as it has come. Paths share what they have in common.
struct Path {
    turn: Turn,
    before: Option<Rc<Path>>,
}

/// A place from which to go on.
struct Node {
    /// What happened last; none at the point where everything begins.
    exchange: Option<Exchange>,
    /// How many exchanges were before.
    depth: usize,
    /// What is left of the step at hand.
    pending: Rc<[Effect]>,
    at: usize,
    cloud: Cloud,
    counts: Counts,
    path: Option<Rc<Path>>,
    rare: usize,
    waited: bool,
}

/// An exploration on its way.
pub struct Explorer {
    opening: Opening,
    game: Game,
    history: Vec<Exchange>,
    most: usize,
    stack: Vec<Node>,
    histories: usize,
    calls: usize,
}

impl Explorer {
    /// From the exchange at `from` on, with at most `most` things beside plain answers on a path.
    ///
    /// # Errors
    /// The rules cannot be asked, or end before that exchange.
    pub fn new(opening: &Opening, rules: &Rules, changes: &[Change], from: usize, most: usize) -> Result<Self, String> {
        let mut game = Game::new(rules, &opening.task)?;
        let mut player = Player::new(opening, changes);
        let (pending, at) = loop {
            let Step::Perform(perform) = game.step()? else {
                return Err(format!("the task has ended before exchange {from}: there is no future to explore"));
            };
            let ahead = from.saturating_sub(player.history.len());
            let begun = perform.effects.get(..ahead).unwrap_or(&perform.effects);
            for effect in begun {
                player.answer(effect, 0);
            }
            let depth = player.history.len() - begun.len();
            player.history.iter().skip(depth).try_for_each(|exchange| game.push(exchange))?;
            if begun.len() < perform.effects.len() {
                break (Rc::from(perform.effects), ahead);
            }
        };
        let Player { cloud, counts, history, .. } = player;
        let depth = history.len();
        let root = Node { exchange: None, depth, pending, at, cloud, counts, path: None, rare: 0, waited: false };
        let opening = opening.clone();
        Ok(Self { opening, game, history, most, stack: vec![root], histories: 0, calls: 0 })
    }

    /// Goes on until so many more paths have come to an end.
    ///
    /// # Errors
    /// Values cannot be carried over.
    pub fn run(&mut self, histories: usize) -> Result<Portion, String> {
        let until = self.histories + histories;
        let mut leaves = Vec::new();
        while self.histories < until {
            let Some(node) = self.stack.pop() else { break };
            if let Some(leaf) = self.go(node)? {
                self.histories += 1;
                leaves.push(leaf);
            }
        }
        let done = self.stack.is_empty();
        Ok(Portion { histories: self.histories, calls: self.calls, done, leaves })
    }

    fn go(&mut self, mut node: Node) -> Result<Option<Leaf>, String> {
        self.history.truncate(node.depth);
        self.game.truncate(node.depth);
        if let Some(exchange) = node.exchange.take() {
            self.game.push(&exchange)?;
            self.history.push(exchange);
        }
        if node.at == node.pending.len() {
            self.calls += 1;
            match self.game.step() {
                Err(why) => return Ok(Some(leaf(&node, "broken", why))),
                Ok(Step::Perform(perform)) if self.history.len() + perform.effects.len() <= LONGEST => {
                    (node.pending, node.at) = (Rc::from(perform.effects), 0);
                }
                Ok(Step::Perform(_)) => return Ok(Some(leaf(&node, "broken", format!("no end in {LONGEST}")))),
                Ok(step) => return Ok(EndView::of(&step, &self.history).map(|end| self.ended(&node, end))),
            }
        }
        self.branch(&node);
        Ok(None)
    }

    fn branch(&mut self, node: &Node) {
        let Some(effect) = node.pending.get(node.at) else { return };
        let mut counts = node.counts.clone();
        let nth = counts.ask(effect);
        // The last one is looked at first: the plain answer, so that the first path is the one at hand.
        for happening in Happening::of(effect, &node.cloud, node.rare < self.most, !node.waited).into_iter().rev() {
            let mut cloud = node.cloud.clone();
            let reply = happening.meet(&mut cloud, effect);
            let exchange = Exchange { effect: effect.clone(), reply };
            self.stack.push(Node {
                exchange: Some(exchange),
                depth: self.history.len(),
                pending: Rc::clone(&node.pending),
                at: node.at + 1,
                cloud,
                counts: counts.clone(),
                path: self.longer(node, effect, nth, happening),
                rare: node.rare + usize::from(happening.is_rare()),
                waited: node.waited || matches!(effect, Effect::Pause(_)),
            });
        }
    }

    fn longer(&self, node: &Node, effect: &Effect, nth: usize, happening: Happening) -> Option<Rc<Path>> {
        if happening == Happening::Fate(swaparoo::rehearsal::Fate::Answered) {
            return node.path.clone();
        }
        let (what, words) = (happening.code(), words::happening(happening));
        let turn = Turn { effect: effect.name(), nth, index: self.history.len(), what, words };
        Some(Rc::new(Path { turn, before: node.path.clone() }))
    }

    fn ended(&self, node: &Node, (end, outcome): (EndView, Option<swaparoo::contract::Outcome>)) -> Leaf {
        let wrongs = wrongs(&node.cloud, &self.opening.task, outcome.as_ref(), self.opening.due.as_ref());
        let verdict = if wrongs.iter().any(|wrong| wrong.kind == "loss") {
            "loss"
        } else if wrongs.is_empty() {
            "right"
        } else {
            "leak"
        };
        leaf(node, verdict, end.name)
    }
}

fn leaf(node: &Node, verdict: &'static str, end: String) -> Leaf {
    let mut path = Vec::new();
    let mut next = node.path.as_ref();
    while let Some(there) = next {
        path.push(there.turn.clone());
        next = there.before.as_ref();
    }
    path.reverse();
    Leaf { verdict, end, path }
}

/// How often each verdict was come to.
#[must_use]
pub fn tally(leaves: &[Leaf]) -> BTreeMap<&'static str, usize> {
    let mut tally = BTreeMap::new();
    for leaf in leaves {
        *tally.entry(leaf.verdict).or_default() += 1;
    }
    tally
}
