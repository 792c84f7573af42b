//! The page's files, which the build embeds into the program.

use http::HeaderMap;

use super::coding::Coding;

/// A file of the page.
#[derive(Debug, Clone, Copy)]
pub struct File {
    /// The path without a leading slash.
    pub path: &'static str,
    /// The value of `Content-Type`.
    pub kind: &'static str,
    /// The uncompressed bytes.
    pub plain: &'static [u8],
    /// Brotli, if that is smaller.
    pub brotli: Option<&'static [u8]>,
    /// Gzip, for clients without brotli: browsers accept brotli only over TLS and from their own machine.
    pub gzip: Option<&'static [u8]>,
    /// A hash of the content.
    pub tag: &'static str,
}

/// All files of the page.
pub const FILES: &[File] = include!(concat!(env!("OUT_DIR"), "/page.rs"));

impl File {
    /// Looks up a file by path.
    pub fn at(path: &str) -> Option<&'static Self> {
        FILES.iter().find(|file| file.path == path)
    }

    /// The bytes in the coding that the client prefers.
    pub fn best(&self, headers: &HeaderMap) -> (Coding, &'static [u8]) {
        let forms = [(Coding::Brotli, self.brotli), (Coding::Gzip, self.gzip)];
        let forms = forms.into_iter().filter_map(|(coding, bytes)| Some((coding.wanted(headers)?, coding, bytes?)));
        // With equal weights brotli wins, because it is smaller.
        let best = forms.rev().max_by_key(|(liked, ..)| *liked);
        best.map_or((Coding::Plain, self.plain), |(_, coding, bytes)| (coding, bytes))
    }

    /// The entity tag of these bytes, including its quotes.
    pub fn etag(&self, coding: Coding) -> String {
        let form = coding.name().map(|name| format!("-{name}")).unwrap_or_default();
        format!("\"{}{form}\"", self.tag)
    }

    /// Whether the file's name contains a hash of its content, so that it never changes. The build names all files in
    /// this folder so.
    pub fn is_immutable(&self) -> bool {
        self.path.starts_with("assets/")
    }

    /// Whether it is the worker script that only runs a policy's component.
    pub fn runs_components(&self) -> bool {
        self.path.starts_with("assets/component-")
    }
}
