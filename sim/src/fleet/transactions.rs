//! The way of a request to the database, through its COMMIT, and back.

use std::sync::Arc;

use super::database::{Draft, Failure};
use super::fault::{FleetFault, Moment};
use super::message::{Answer, Input, Request};
use super::network::Happening;
use super::statement::Statement;
use super::tables::Tables;
use super::world::World;

/// How long a runner waits for the database.
const TIMEOUT: u64 = 5_000;

/// The way of a request to the database and back.
#[derive(Debug, Clone, Copy)]
pub struct Way {
    place: usize,
    start: u32,
    request: u64,
    sent: u64,
    /// Whether it is a beat or a look at other runners: these repeat, and no task waits for them.
    regular: bool,
    is_answered: bool,
    /// The start of the database that it belongs to.
    of: u32,
}

impl World<'_> {
    fn schedule_way(&mut self, ms: u64, regular: bool, happening: Happening) {
        if regular { self.schedule.regularly(ms, happening) } else { self.schedule.after(ms, happening) }
    }

    /// A runner sends a request to the database.
    pub fn transact(&mut self, place: usize, start: u32, request: u64, what: Request, regular: bool) {
        let (now, of) = (self.schedule.now(), self.database.starts);
        let mut way = Way { place, start, request, sent: now, regular, is_answered: true, of };
        let is_write = matches!(what, Request::Write(_));
        let fault = (is_write && !regular).then(|| self.faults.at(Moment::Transaction, &mut self.random)).flatten();
        if let Some(fault) = fault {
            self.suffer(place, fault);
        }
        let is_cut = self.places.get(place).is_some_and(|of| of.no_database_until > now);
        let mut ms = self.random.between(1, self.latency);
        match fault {
            _ if is_cut => return self.no_answer(way),
            Some(FleetFault::CommitUnanswered { done: false }) => return self.no_answer(way),
            Some(FleetFault::RolledBack) => {
                let rolled_back = Answer::Failed(Failure::RolledBack);
                return self.schedule_way(ms, regular, Happening::Answers(way, rolled_back));
            }
            Some(FleetFault::CommitUnanswered { done: true }) => way.is_answered = false,
            Some(FleetFault::CommitLate { ms: late }) => {
                way.is_answered = false;
                ms += late;
            }
            _ => {}
        }
        if !way.is_answered {
            self.no_answer(way);
        }
        self.schedule_way(ms, regular, Happening::Arrives(way, what));
    }

    /// The runner gives up waiting.
    fn no_answer(&mut self, way: Way) {
        self.counts.unanswered += usize::from(!way.regular);
        let ms = (way.sent + TIMEOUT).saturating_sub(self.schedule.now());
        let input = Input::Database { request: way.request, answer: Answer::Failed(Failure::NoAnswer) };
        let happening = Happening::Input { place: way.place, start: way.start, input };
        self.schedule_way(ms, way.regular, happening);
    }

    /// A request reaches the database.
    pub fn arrive(&mut self, way: Way, what: Request) {
        let is_away = self.no_primary_until > self.schedule.now() || way.of != self.database.starts;
        if is_away {
            if way.is_answered {
                self.no_answer(way);
            }
            return;
        }
        let statements = match what {
            Request::Read => {
                let tables = self.read();
                return self.reply(way, Answer::Tables(tables));
            }
            Request::Write(statements) => statements,
        };
        self.counts.statements += statements.len();
        match self.database.begin(&statements) {
            Err(failure) => {
                self.say_transaction(way, &statements, &format!("{failure:?}"));
                self.reply(way, Answer::Failed(failure));
            }
            Ok(draft) if self.database.is_galera => {
                let ms = self.random.between(0, self.latency);
                self.say_transaction(way, &statements, "to be certified");
                self.schedule_way(ms, way.regular, Happening::Commits(way, draft));
            }
            Ok(draft) => {
                self.say_transaction(way, &statements, "committed");
                self.commit(way, draft);
            }
        }
    }

    /// What a read shows.
    fn read(&mut self) -> Arc<Tables> {
        if self.protocol.waits_for_commits || !self.database.is_galera {
            return self.database.read().clone();
        }
        let commits = self.random.below(4);
        self.database.read_behind(commits).clone()
    }

    /// A transaction reaches COMMIT.
    pub fn commit(&mut self, way: Way, draft: Draft) {
        if way.of != self.database.starts {
            if way.is_answered {
                self.no_answer(way);
            }
            return;
        }
        match self.database.commit(draft) {
            Err(failure) => {
                self.counts.not_certified += 1;
                self.say(|_| format!("database: request {} of place {} is not certified", way.request, way.place + 1));
                self.reply(way, Answer::Failed(failure));
            }
            Ok(rows) => {
                self.counts.commits += 1;
                let tables = self.database.read().clone();
                self.check.committed(&tables, &rows);
                self.follow(&rows);
                self.reply(way, Answer::Done);
            }
        }
    }

    fn reply(&mut self, way: Way, answer: Answer) {
        if way.is_answered {
            let ms = self.random.between(1, self.latency);
            self.schedule_way(ms, way.regular, Happening::Answers(way, answer));
        }
    }

    /// The database's answer reaches the runner, if nothing is between them.
    pub fn answer(&mut self, way: Way, answer: Answer) {
        let is_cut = self.places.get(way.place).is_some_and(|of| of.no_database_until > self.schedule.now());
        if is_cut {
            return self.no_answer(way);
        }
        let input = Input::Database { request: way.request, answer };
        self.happen(Happening::Input { place: way.place, start: way.start, input });
    }

    fn say_transaction(&mut self, way: Way, statements: &[Statement], how: &str) {
        self.say(|world| {
            let runner = world.places.get(way.place).and_then(|of| of.runner.as_ref());
            let runner = runner.map_or_else(|| "?".to_owned(), |runner| runner.id.to_string());
            let statements: Vec<String> = statements.iter().map(Statement::words).collect();
            format!("database: of runner {runner} (request {}): {}: {how}", way.request, statements.join("; "))
        });
    }
}
