//! A client that changes nothing of what it sends and receives.

/// For plain HTTP. The host switches on compression and TLS in reqwest, for all in the same build; here every byte is the
/// server's, and no client reads the machine's certificates.
pub fn plain_http() -> reqwest::ClientBuilder {
    reqwest::Client::builder().no_gzip().no_brotli().no_zstd().no_deflate().tls_certs_only([])
}

/// The same without anything more to set.
pub(crate) fn plain_client() -> reqwest::Client {
    plain_http().build().unwrap_or_default()
}
