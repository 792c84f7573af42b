//! The record reader: any content is refused with a one-line error, or it is a record that stays the same when it is
//! written and read again.
#![no_main]
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs, reason = "a fuzz target reports a fault by a panic")]

use std::path::Path;

use swaparoo::record::Record;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let file = Path::new("record.json");
    match Record::parse(file, bytes) {
        Err(error) => assert!(error.to_string().contains("record.json")),
        Ok(record) => {
            let written = serde_json::to_vec(&record).expect("what was read can be written");
            let again = Record::parse(file, &written).expect("what was written can be read");
            assert_eq!(again, record);
        }
    }
});
