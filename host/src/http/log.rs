//! The service's log on standard error, and its traces.

use std::io::{self, IsTerminal};
use std::path::PathBuf;

use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

use super::audit_file;
use super::config::{LogConfig, LogFormat, TracesConfig};
use super::log_fields::{PrintableFields, PrintableJson};
use super::traces;

/// The directive for the log of the verifier of certificates: it repeats at each connection what the error of a request
/// says.
pub const QUIET_VERIFIER: &str = "rustls_platform_verifier=off";

/// The exporter that must be flushed before the process ends.
#[derive(Debug)]
#[must_use = "spans that are not flushed at the end are lost"]
pub struct Telemetry {
    traces: Option<SdkTracerProvider>,
}

/// The log or the traces could not be started.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The process already has a log.
    #[error("the log cannot be started: {0}")]
    LogConfig(#[from] tracing_subscriber::util::TryInitError),
    /// The file of audit events cannot be written.
    #[error("the file of audit events {file} (log.audit) cannot be written")]
    AuditFile {
        /// Its path.
        file: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// The exporter could not be created.
    #[error("traces cannot be sent: {0}")]
    TracesConfig(#[from] opentelemetry_otlp::ExporterBuildError),
}

impl Telemetry {
    /// Starts the log for the whole process; `RUST_LOG` takes precedence over the configured filter.
    ///
    /// # Errors
    /// The process already has a log, the file of audit events cannot be written, or the trace exporter cannot be created.
    pub fn start(log: &LogConfig, traces: &TracesConfig) -> Result<Self, LogError> {
        let traces = traces.otlp.as_ref().map(traces::provider).transpose()?;
        let filter = EnvFilter::try_from_default_env();
        let filter = filter.unwrap_or_else(|_| EnvFilter::new(format!("{QUIET_VERIFIER},{}", log.filter)));
        let unwritable = |file: &PathBuf, source| LogError::AuditFile { file: file.clone(), source };
        let audit = log
            .audit
            .as_ref()
            .map(|file| audit_file::layer(file).map_err(|error| unwritable(file, error)))
            .transpose()?;
        tracing_subscriber::registry()
            .with(lines(log.format, io::stderr).with_filter(filter))
            .with(audit)
            .with(traces.as_ref().map(traces::layer))
            .try_init()?;
        Ok(Self { traces })
    }

    /// Sends the finished spans, for at most a few seconds.
    pub async fn flush(self) {
        let Some(traces) = self.traces else { return };
        let ended = tokio::task::spawn_blocking(move || traces::end(&traces)).await;
        if let Err(error) = ended {
            tracing::warn!(%error, "the last spans were not sent");
        }
    }
}

fn lines<S, W>(format: LogFormat, to: W) -> Box<dyn Layer<S> + Send + Sync>
where
    S: tracing::Subscriber + for<'a> LookupSpan<'a>,
    W: for<'a> tracing_subscriber::fmt::MakeWriter<'a> + Send + Sync + 'static,
{
    let layer = tracing_subscriber::fmt::layer();
    match format {
        LogFormat::Text => {
            let lines = layer.fmt_fields(PrintableFields).with_writer(to);
            lines.with_target(false).with_ansi(io::stderr().is_terminal()).boxed()
        }
        LogFormat::Json => {
            layer.with_writer(PrintableJson(to)).json().flatten_event(true).with_span_list(false).boxed()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    fn logged(format: LogFormat) -> String {
        written(format, || {
            let _request = tracing::info_span!("request", id = "req-1").entered();
            tracing::warn!(status = 409, "answered");
        })
    }

    fn written(format: LogFormat, work: impl FnOnce()) -> String {
        let kept = Arc::new(Mutex::new(Vec::new()));
        let to = kept.clone();
        let writer = move || Kept(to.clone());
        let subscriber = tracing_subscriber::registry().with(lines(format, writer));
        tracing::subscriber::with_default(subscriber, work);
        String::from_utf8(kept.lock().unwrap().clone()).unwrap()
    }

    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn text_lines() {
        let line = logged(LogFormat::Text);
        assert!(line.ends_with(" WARN request{id=\"req-1\"}: answered status=409\n"), "{line:?}");
    }

    #[test]
    fn json_lines() {
        let line: serde_json::Value = serde_json::from_str(&logged(LogFormat::Json)).unwrap();
        assert_eq!(
            (&line["level"], &line["message"], &line["status"]),
            (&"WARN".into(), &"answered".into(), &409.into())
        );
        assert_eq!(line["span"]["id"], "req-1");
    }

    /// Logs foreign text as an error, in the message and as a span's field.
    fn of_others(format: LogFormat) -> String {
        let text = "no\u{1b}]0;title\u{7}\r\n2026 ERROR forged \u{9b}2J\u{202e}\u{2028}";
        written(format, || {
            let _task = tracing::info_span!("task", policy = %text).entered();
            tracing::error!(error = %text, "Placement says {text}");
        })
    }

    #[test]
    fn text_of_others_stays_in_its_line() {
        let line = of_others(LogFormat::Text);
        let unprintable = |c: char| c.is_control() || matches!(c, '\u{202e}' | '\u{2028}');
        assert_eq!(line.strip_suffix('\n').unwrap().find(unprintable), None, "{line:?}");
        assert_eq!(
            line.matches("no\\u{1b}]0;title\\u{7}\\r\\n2026 ERROR forged \\u{9b}2J\\u{202e}").count(),
            3,
            "{line}"
        );
    }

    #[test]
    fn text_of_others_is_the_same_data_for_machines() {
        let line = of_others(LogFormat::Json);
        let unprintable = |c: char| c.is_control() || matches!(c, '\u{202e}' | '\u{2028}');
        assert_eq!(line.strip_suffix('\n').unwrap().find(unprintable), None, "{line:?}");
        let line: serde_json::Value = serde_json::from_str(&line).unwrap();
        let text = "no\u{1b}]0;title\u{7}\r\n2026 ERROR forged \u{9b}2J\u{202e}\u{2028}";
        assert_eq!((&line["error"], &line["span"]["policy"]), (&text.into(), &text.into()));
    }
}
