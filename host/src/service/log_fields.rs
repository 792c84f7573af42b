//! How the fields of a log line are written: `message name=value ...`, each value in one line and without characters that
//! a terminal acts on, since an error's text may be a policy's, Placement's, nova's or a client's.

use std::fmt::{self, Debug};
use std::io;

use tracing::field::{Field, Visit};
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FormatFields, MakeWriter};

use crate::printable;

/// For a log in lines of text.
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
        // What the bridge from the crate `log` adds; the line has it elsewhere.
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

/// For a log in JSON: the same data, with these characters escaped as JSON does it.
#[derive(Debug, Clone, Copy)]
pub struct PrintableJson<M>(pub M);

impl<'a, M: MakeWriter<'a>> MakeWriter<'a> for PrintableJson<M> {
    type Writer = JsonLine<M::Writer>;

    fn make_writer(&'a self) -> Self::Writer {
        JsonLine(self.0.make_writer())
    }
}

/// A line of it; it is written whole.
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
