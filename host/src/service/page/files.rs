//! The page's files, as the build put them into the program.

use http::HeaderMap;

use super::coding::Coding;

/// A file of the page.
#[derive(Debug, Clone, Copy)]
pub struct File {
    /// Its place under the root, without a slash before it.
    pub path: &'static str,
    /// What it is, as `Content-Type` says it.
    pub kind: &'static str,
    /// As it is.
    pub plain: &'static [u8],
    /// Compressed, where that makes it smaller.
    pub brotli: Option<&'static [u8]>,
    /// The same, for clients that know no brotli; browsers ask for that over TLS and on their own machine only.
    pub gzip: Option<&'static [u8]>,
    /// Another one when any of its bytes is another.
    pub tag: &'static str,
}

/// All of them.
pub const FILES: &[File] = include!(concat!(env!("OUT_DIR"), "/page.rs"));

impl File {
    /// The file at that place.
    pub fn at(path: &str) -> Option<&'static Self> {
        FILES.iter().find(|file| file.path == path)
    }

    /// Its bytes in the form that the client likes best.
    pub fn best(&self, headers: &HeaderMap) -> (Coding, &'static [u8]) {
        let forms = [(Coding::Brotli, self.brotli), (Coding::Gzip, self.gzip)];
        let forms = forms.into_iter().filter_map(|(coding, bytes)| Some((coding.wanted(headers)?, coding, bytes?)));
        // Of two that are liked alike the first one is smaller.
        let best = forms.rev().max_by_key(|(liked, ..)| *liked);
        best.map_or((Coding::Plain, self.plain), |(_, coding, bytes)| (coding, bytes))
    }

    /// What names these very bytes, quotes and all.
    pub fn etag(&self, coding: Coding) -> String {
        let form = coding.name().map(|name| format!("-{name}")).unwrap_or_default();
        format!("\"{}{form}\"", self.tag)
    }

    /// Whether its name has a hash of its content in it, so that it never changes: the build sees to that in this folder.
    pub fn is_immutable(&self) -> bool {
        self.path.starts_with("assets/")
    }

    /// Whether it is the worker that runs a policy's component and nothing else.
    pub fn runs_components(&self) -> bool {
        self.path.starts_with("assets/component-")
    }
}
