//! An HTTP client that does not change the bytes that it sends and receives.

/// For plain HTTP. The host enables compression and TLS in reqwest, for all crates in the same build. This client
/// disables them, so that every byte is the server's and the machine's certificates are not read.
pub fn plain_http() -> reqwest::ClientBuilder {
    reqwest::Client::builder().no_gzip().no_brotli().no_zstd().no_deflate().tls_certs_only([])
}

/// The same, without more settings.
pub(crate) fn plain_client() -> reqwest::Client {
    plain_http().build().unwrap_or_default()
}
