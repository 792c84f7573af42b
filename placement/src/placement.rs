//! The model, as programs use it.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::allocations::{self, Draft};
use crate::errors::ErrorResponse;
use crate::file::{self, Invalid};
use crate::routes::{self, Handler};
use crate::state::ModelState;
use crate::{Consumer, Method, Provider, Request, Resources, Response, uuids};

/// A Placement with its whole state. A clone shares the state until one of the two is written to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Placement {
    state: Arc<ModelState>,
}

impl Placement {
    /// Answers one request completely before the next. For races between requests, see [`Placement::begin`].
    pub fn handle(&mut self, request: &Request) -> Response {
        let answer = routes::find(request).and_then(|(handler, call)| match handler {
            Handler::Read(read) => read(&self.state, &call),
            Handler::Write(write) => write(Arc::make_mut(&mut self.state), &call),
        });
        answer.unwrap_or_else(|refusal| refuse(refusal, request))
    }

    /// The first half of a PUT or POST of allocations: checks the consumers and creates missing ones. The real service
    /// does this in a separate transaction. Other requests may be answered before [`Placement::commit`].
    ///
    /// # Errors
    /// The answer, if the request ends here: a refusal, or the answer to any other request.
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

    /// The second half: writes everything or nothing.
    ///
    /// A consumer that gets allocations must still have the generation that it had at [`Placement::begin`]. A consumer
    /// that is emptied is read only now, and a loss in the meantime is not noticed. So two moves that empty the same
    /// source can both succeed, and then both targets hold the same resources. The real service has this race too.
    ///
    /// A record that was deleted and created again with the same generation since `begin` is taken for the old one.
    pub fn commit(&mut self, draft: Draft) -> Response {
        let version = draft.version;
        allocations::commit(Arc::make_mut(&mut self.state), draft)
            .unwrap_or_else(|refusal| refusal.into_response(Some(version), &request_id("commit")))
    }

    /// All providers by uuid.
    #[must_use]
    pub fn providers(&self) -> &BTreeMap<String, Provider> {
        &self.state.providers
    }

    /// All consumer records by uuid, including orphans.
    #[must_use]
    pub fn consumers(&self) -> &BTreeMap<String, Consumer> {
        &self.state.consumers
    }

    /// All allocations: consumer, provider, resource class, amount.
    #[must_use]
    pub fn holdings(&self) -> BTreeMap<&str, &BTreeMap<String, Resources>> {
        let holders = self.state.consumers.iter().filter(|(_, consumer)| !consumer.allocations.is_empty());
        holders.map(|(uuid, consumer)| (uuid.as_str(), &consumer.allocations)).collect()
    }

    /// The sum that all consumers hold of one class of one provider.
    #[must_use]
    pub fn used(&self, provider: &str, class: &str) -> u64 {
        self.state.used(provider, class, |_| true).unwrap_or(0)
    }

    /// Adds a custom resource class; does nothing if it exists.
    ///
    /// # Errors
    /// [`Invalid`] if the name does not begin with `CUSTOM_` or contains other characters than A-Z, 0-9 and _.
    pub fn add_resource_class(&mut self, name: &str) -> Result<(), Invalid> {
        self.change(|state| state.resource_classes.insert(name.to_owned()))
    }

    /// Adds or replaces the provider with this uuid, exactly as given.
    ///
    /// # Errors
    /// [`Invalid`] if a real Placement cannot have such a provider; nothing is changed then.
    pub fn add_provider(&mut self, uuid: &str, provider: Provider) -> Result<(), Invalid> {
        self.change(|state| state.providers.insert(uuid.to_owned(), provider))
    }

    /// Adds or replaces the consumer with this uuid, exactly as given. The generations of providers do not change, and
    /// capacity is not checked, because allocations in Placement's database may exceed an inventory that was reduced
    /// later.
    ///
    /// # Errors
    /// [`Invalid`] if a real Placement cannot have such a consumer; nothing is changed then.
    pub fn add_consumer(&mut self, uuid: &str, consumer: Consumer) -> Result<(), Invalid> {
        self.change(|state| state.consumers.insert(uuid.to_owned(), consumer))
    }

    fn change<T>(&mut self, change: impl FnOnce(&mut ModelState) -> T) -> Result<(), Invalid> {
        let mut state = ModelState::clone(&self.state);
        change(&mut state);
        *self = Self::checked(state)?;
        Ok(())
    }

    pub(crate) fn checked(state: ModelState) -> Result<Self, Invalid> {
        file::check(&state)?;
        Ok(Self { state: Arc::new(state) })
    }

    pub(crate) fn state(&self) -> &ModelState {
        &self.state
    }
}

fn refuse(refusal: ErrorResponse, request: &Request) -> Response {
    let seed = format!("{} {} {:?}", request.method, request.path, request.body);
    refusal.into_response(Some(request.microversion), &request_id(&seed))
}

/// The same id for the same request, because an explored state must not depend on the number of requests.
pub(crate) fn request_id(seed: &str) -> String {
    format!("req-{}", uuids::derived(seed))
}
