//! A model of Placement in memory, with its state in a file: to try the program out without a Placement service.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use swaparoo_placement::{Method, Placement as Model, Request};

use super::HttpOutcome;
use super::state::{self, StateError};

/// A model and the file of its state.
#[derive(Debug, Clone)]
pub struct Embedded {
    model: Arc<Mutex<Model>>,
    file: Option<PathBuf>,
}

impl Embedded {
    /// A model without a file; its state is lost at the end.
    #[must_use]
    pub fn new(model: Model) -> Self {
        Self { model: Arc::new(Mutex::new(model)), file: None }
    }

    /// Opens the model whose state is in `file`.
    ///
    /// # Errors
    /// The file cannot be read, or does not contain a state.
    pub fn open(file: &Path) -> Result<Self, StateError> {
        let model = state::read(file)?;
        Ok(Self { model: Arc::new(Mutex::new(model)), file: Some(file.to_owned()) })
    }

    /// The model's answer. If the state cannot be stored after a write, the write is not done.
    pub fn send(&self, request: &Request) -> HttpOutcome {
        let mut model = self.model.lock().unwrap_or_else(PoisonError::into_inner);
        let file = self.file.as_ref().filter(|_| request.method != Method::Get);
        let before = file.map(|_| model.clone());
        let response = model.handle(request);
        if let (Some(file), Some(before)) = (file, before)
            && let Err(error) = state::write(file, &model)
        {
            *model = before;
            return HttpOutcome::Unsent(
                error.source().map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}")),
            );
        }
        let body = if response.body.is_null() { Vec::new() } else { response.body.to_string().into_bytes() };
        HttpOutcome::Response { status: response.status, body }
    }
}
