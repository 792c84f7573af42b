//! Format of log fields: `message name=value ...`, each value on one line and without terminal control characters,
//! because an error's text may come from a policy, Placement, nova or a client.

use std::fmt::{self, Debug};
use std::io;

use tracing::field::{Field, Visit};
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FormatFields, MakeWriter};

use crate::printable;

/// Field formatter for the text log.
#[derive(Debug, Clone, Copy, Default)]
pub struct PrintableFields;

impl<'writer> FormatFields<'writer> for PrintableFields {
    fn format_fields<R: RecordFields>(&self, writer: Writer<'writer>, fields: R) -> fmt::Result {
        let mut line = Line { writer, is_empty: true, result: Ok(()) };
        fields.record(&mut line);
        line.result
    }
}

struct Line<'writer> {
    writer: Writer<'writer>,
    is_empty: bool,
    result: fmt::Result,
}

impl Visit for Line<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        // Fields of the `log` crate's bridge repeat data that the line already has.
        if self.result.is_err() || field.name().starts_with("log.") {
            return;
        }
        let value = format!("{value:?}");
        let (between, value) = (if self.is_empty { "" } else { " " }, printable::line(&value));
        self.is_empty = false;
        self.result = match field.name() {
            "message" => write!(self.writer, "{between}{value}"),
            name => write!(self.writer, "{between}{}={value}", name.strip_prefix("r#").unwrap_or(name)),
        };
    }
}

/// Writer for the JSON log: the same data, with control characters escaped as JSON does.
#[derive(Debug, Clone, Copy)]
pub struct PrintableJson<M>(pub M);

impl<'a, M: MakeWriter<'a>> MakeWriter<'a> for PrintableJson<M> {
    type Writer = JsonLine<M::Writer>;

    fn make_writer(&'a self) -> Self::Writer {
        JsonLine(self.0.make_writer())
    }
}

/// Writer of one line; each line is written in one call.
#[derive(Debug)]
pub struct JsonLine<W>(W);

impl<W: io::Write> io::Write for JsonLine<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        match std::str::from_utf8(line) {
            Ok(text) => self.0.write_all(printable::json(text).as_bytes())?,
            Err(_) => self.0.write_all(line)?,
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
