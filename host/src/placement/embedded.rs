//! The model in memory, with its state in a file: for try-outs, and where there is no Placement.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use swaparoo_placement::{Method, Placement as Model, Request};

use super::Answer;
use super::state::{self, StateError};

/// A model and where it is kept.
#[derive(Debug, Clone)]
pub struct Embedded {
    model: Arc<Mutex<Model>>,
    file: Option<PathBuf>,
}

impl Embedded {
    /// A model that is kept nowhere.
    #[must_use]
    pub fn new(model: Model) -> Self {
        Self { model: Arc::new(Mutex::new(model)), file: None }
    }

    /// The model in `file`.
    ///
    /// # Errors
    /// It cannot be read, or is no state.
    pub fn open(file: &Path) -> Result<Self, StateError> {
        let model = state::read(file)?;
        Ok(Self { model: Arc::new(Mutex::new(model)), file: Some(file.to_owned()) })
    }

    /// The answer of the model. A write whose state cannot be kept is not done.
    pub fn send(&self, request: &Request) -> Answer {
        let mut model = self.model.lock().unwrap_or_else(PoisonError::into_inner);
        let file = self.file.as_ref().filter(|_| request.method != Method::Get);
        let before = file.map(|_| model.clone());
        let response = model.handle(request);
        if let (Some(file), Some(before)) = (file, before)
            && let Err(error) = state::write(file, &model)
        {
            *model = before;
            return Answer::Unsent(
                error.source().map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}")),
            );
        }
        let body = if response.body.is_null() { Vec::new() } else { response.body.to_string().into_bytes() };
        Answer::Response { status: response.status, body }
    }
}
