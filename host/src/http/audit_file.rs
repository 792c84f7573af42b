//! The file of audit events (`log.audit`): each event of the log target `swaparoo::audit` is a line, whatever the log's filter.

use std::fmt::{self, Debug};
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use crate::cadf;

/// The file. It is opened for each event, so that it can be moved away at any time.
#[derive(Debug)]
struct AuditFile(PathBuf);

/// Writes the events to this file.
///
/// # Errors
/// The file cannot be written.
pub(super) fn layer<S>(file: &Path) -> io::Result<impl Layer<S> + use<S>>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    open(file)?;
    Ok(AuditFile(file.to_owned()).with_filter(Targets::new().with_target(cadf::TARGET, LevelFilter::INFO)))
}

impl<S: Subscriber> Layer<S> for AuditFile {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut message = Message::default();
        event.record(&mut message);
        message.0.push('\n');
        // One call, so that lines of several processes are not mixed.
        let written = open(&self.0).and_then(|mut file| file.write_all(message.0.as_bytes()));
        if let Err(error) = written {
            // Not an event of the log, because this is the log.
            let _ = writeln!(io::stderr(), "an audit event was not written to {}: {error}", self.0.display());
        }
    }
}

fn open(file: &Path) -> io::Result<File> {
    OpenOptions::new().append(true).create(true).mode(0o600).open(file)
}

#[derive(Default)]
struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == "message" {
            let _ = fmt::write(&mut self.0, format_args!("{value:?}"));
        }
    }
}
