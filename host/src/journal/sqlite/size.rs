//! The size of the journal: its used pages, without the free ones. The file itself never shrinks.

use std::sync::atomic::Ordering;

use super::Sqlite;
use crate::journal::JournalError;

const IN_USE: &str = "SELECT (page_count - freelist_count) * page_size \
    FROM pragma_page_count, pragma_freelist_count, pragma_page_size";

impl Sqlite {
    /// The approximate size: the last measurement plus the bytes written since.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Measures the size again.
    pub async fn measure(&self) -> Result<u64, JournalError> {
        let bytes: i64 = sqlx::query_scalar(IN_USE).fetch_one(&self.read).await?;
        let bytes = u64::try_from(bytes).unwrap_or_default();
        self.bytes.store(bytes, Ordering::Relaxed);
        self.tell_size();
        Ok(bytes)
    }

    /// Adds bytes that were written.
    pub(super) fn grows(&self, bytes: usize) {
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
        self.tell_size();
    }

    #[expect(clippy::cast_precision_loss, reason = "there are fewer than 2^52 of them")]
    fn tell_size(&self) {
        metrics::gauge!("swaparoo_journal_bytes").set(self.bytes() as f64);
    }
}
