//! The proxy that the environment sets for a URL (`http_proxy`, `https_proxy`, `all_proxy`, `no_proxy`), for messages: it
//! may be what does not answer, or what answers. The HTTP client obeys the same variables by itself.

use http::Uri;
use hyper_util::client::proxy::matcher::Matcher;

/// The proxy for this URL in words, after the URL in a message; empty if there is none.
pub fn through_proxy(url: &str) -> String {
    words(url, &Matcher::from_env(), |name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}

fn words(url: &str, matcher: &Matcher, is_set: impl Fn(&str) -> bool) -> String {
    let Some(proxy) = url.parse::<Uri>().ok().and_then(|url| matcher.intercept(&url)) else { return String::new() };
    let own = if url.starts_with("https:") { ["https_proxy", "HTTPS_PROXY"] } else { ["http_proxy", "HTTP_PROXY"] };
    let name = own.into_iter().chain(["all_proxy", "ALL_PROXY"]).find(|name| is_set(name)).unwrap_or("the environment");
    // Without the user and the password.
    let authority = proxy.uri().authority().map_or("", |authority| authority.as_str());
    let shown = authority.rsplit_once('@').map_or(authority, |(_, place)| place);
    format!(" (through the proxy {shown} that {name} sets; no_proxy does not exclude this address)")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(url: &str, set: &str, words: &str) {
        let proxy = "http://u:p@squid:3128";
        let builder = Matcher::builder().no("inside.example.org,10.0.0.0/8");
        let matcher = match set {
            "http_proxy" => builder.http(proxy),
            "HTTPS_PROXY" => builder.https(proxy),
            _ => builder.all(proxy),
        };
        assert_eq!(self::words(url, &matcher.build(), |name| name == set), words, "{url} {set}");
    }

    #[test]
    fn the_proxy_of_the_environment_is_named_without_its_password() {
        let named =
            |name| format!(" (through the proxy squid:3128 that {name} sets; no_proxy does not exclude this address)");
        check("http://placement/", "http_proxy", &named("http_proxy"));
        check("https://placement/", "HTTPS_PROXY", &named("HTTPS_PROXY"));
        check("https://placement:8778/placement", "all_proxy", &named("all_proxy"));
        check("https://placement/", "http_proxy", "");
        check("http://placement.inside.example.org/", "http_proxy", "");
        check("http://10.1.2.3:8778/", "all_proxy", "");
    }
}
