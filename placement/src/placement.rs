//! The model itself: what a program holds, asks and clones.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::allocations::{self, Draft};
use crate::errors::Refusal;
use crate::file::{self, Invalid};
use crate::routes::{self, Handler};
use crate::state::State;
use crate::{Consumer, Method, Provider, Request, Resources, Response, uuids};

/// A Placement with all that it holds. A clone shares everything until one of the two is written to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Placement {
    state: Arc<State>,
}

impl Placement {
    /// Answers one request. Requests are answered one after another: nothing gets in between, see [`Placement::begin`].
    pub fn handle(&mut self, request: &Request) -> Response {
        let answer = routes::find(request).and_then(|(handler, call)| match handler {
            Handler::Read(read) => read(&self.state, &call),
            Handler::Write(write) => write(Arc::make_mut(&mut self.state), &call),
        });
        answer.unwrap_or_else(|refusal| refuse(refusal, request))
    }

    /// The first half of a PUT or POST of allocations: consumers are checked and missing ones are made, as the real
    /// service does in a transaction of its own. Other requests may be answered before [`Placement::commit`].
    ///
    /// # Errors
    /// The answer, if the request ends here: a refusal, or the whole answer of any other request.
    pub fn begin(&mut self, request: &Request) -> Result<Draft, Response> {
        if !routes::is_allocation_write(request) {
            return Err(self.handle(request));
        }
        let state = Arc::make_mut(&mut self.state);
        let draft = routes::find(request).and_then(|(_, call)| match request.method {
            Method::Put => allocations::begin_put(state, &call),
            _ => allocations::begin_post(state, &call),
        });
        draft.map_err(|refusal| refuse(refusal, request))
    }

    /// The second half: everything is written, or nothing.
    ///
    /// A consumer that is given allocations must still have the generation it had at [`Placement::begin`]. One that is
    /// emptied is only looked up now: what it lost meanwhile is not missed, so two moves that empty one source can both
    /// succeed, and both targets then hold the same resources. The real service has this hole too.
    ///
    /// A record that was dropped and made again with the same generation since `begin` passes for the old one here.
    pub fn commit(&mut self, draft: Draft) -> Response {
        let version = draft.version;
        allocations::commit(Arc::make_mut(&mut self.state), draft)
            .unwrap_or_else(|refusal| refusal.into_response(Some(version), &request_id("commit")))
    }

    /// Every provider, by uuid.
    #[must_use]
    pub fn providers(&self) -> &BTreeMap<String, Provider> {
        &self.state.providers
    }

    /// Every consumer record, by uuid; orphans are among them.
    #[must_use]
    pub fn consumers(&self) -> &BTreeMap<String, Consumer> {
        &self.state.consumers
    }

    /// Who holds what: consumer, provider, resource class, amount. Only consumers that hold something.
    #[must_use]
    pub fn holdings(&self) -> BTreeMap<&str, &BTreeMap<String, Resources>> {
        let holders = self.state.consumers.iter().filter(|(_, consumer)| !consumer.allocations.is_empty());
        holders.map(|(uuid, consumer)| (uuid.as_str(), &consumer.allocations)).collect()
    }

    /// How much of a class of one provider is held, by all consumers together.
    #[must_use]
    pub fn used(&self, provider: &str, class: &str) -> u64 {
        self.state.used(provider, class, |_| true).unwrap_or(0)
    }

    /// Makes a custom resource class known, or does nothing if it is.
    ///
    /// # Errors
    /// If the name does not begin with `CUSTOM_`, or the class is malformed.
    pub fn add_resource_class(&mut self, name: &str) -> Result<(), Invalid> {
        self.change(|state| state.resource_classes.insert(name.to_owned()))
    }

    /// Sets a provider as it is given, in the place of one with that uuid.
    ///
    /// # Errors
    /// If Placement could not hold such a provider; nothing is changed then.
    pub fn add_provider(&mut self, uuid: &str, provider: Provider) -> Result<(), Invalid> {
        self.change(|state| state.providers.insert(uuid.to_owned(), provider))
    }

    /// Sets a consumer as it is given, in the place of one with that uuid. No generation of a provider goes up, and
    /// capacity is not checked: what stands in Placement's database may exceed an inventory that was made smaller.
    ///
    /// # Errors
    /// If Placement could not hold such a consumer; nothing is changed then.
    pub fn add_consumer(&mut self, uuid: &str, consumer: Consumer) -> Result<(), Invalid> {
        self.change(|state| state.consumers.insert(uuid.to_owned(), consumer))
    }

    fn change<T>(&mut self, change: impl FnOnce(&mut State) -> T) -> Result<(), Invalid> {
        let mut state = State::clone(&self.state);
        change(&mut state);
        *self = Self::checked(state)?;
        Ok(())
    }

    pub(crate) fn checked(state: State) -> Result<Self, Invalid> {
        file::check(&state)?;
        Ok(Self { state: Arc::new(state) })
    }

    pub(crate) fn state(&self) -> &State {
        &self.state
    }
}

fn refuse(refusal: Refusal, request: &Request) -> Response {
    let seed = format!("{} {} {:?}", request.method, request.path, request.body);
    refusal.into_response(Some(request.microversion), &request_id(&seed))
}

/// The same id for the same request: an explored state must not depend on how often something was asked.
pub(crate) fn request_id(seed: &str) -> String {
    format!("req-{}", uuids::derived(seed))
}
