//! Who calls: keys in headers, origins of browsers, and what a key's role allows.

use axum::http::{HeaderMap, header};
use guerdon_core::{Guerdon, service::Authenticated};
use guerdon_model::{Error, api_key::KeyKind};

/// The headers that carry the two halves of a key.
fn header_names(kind: KeyKind) -> (&'static str, &'static str) {
    match kind {
        KeyKind::Server => ("x-app-id", "x-app-token"),
        KeyKind::Client => ("x-client-application-id", "x-client-token"),
        KeyKind::Management => ("x-management-id", "x-management-token"),
    }
}

/// The key that the request's headers prove.
pub(crate) async fn authenticate(
    guerdon: &Guerdon,
    kind: KeyKind,
    headers: &HeaderMap,
) -> Result<Authenticated, Error> {
    let (id, token) = header_names(kind);
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let (Some(id), Some(token)) = (text(id), text(token)) else { return Err(Error::Unauthorized) };
    let authenticated = guerdon.authenticate(kind, id, token).await?;
    if kind == KeyKind::Client {
        let config = guerdon.snapshots.latest(&authenticated.project).await?;
        let trusted = config.project.as_ref().map(|project| project.client_trusted_domains.as_slice());
        let origin = text(header::ORIGIN.as_str());
        if !origin.is_some_and(|origin| is_trusted(origin, trusted.unwrap_or_default())) {
            return Err(Error::Unauthorized);
        }
    }
    Ok(authenticated)
}

/// Whether a project trusts pages from `origin`: `*`, the whole origin, or its host.
fn is_trusted(origin: &str, trusted: &[String]) -> bool {
    let host = |text: &str| {
        let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
        rest.trim_end_matches('/').to_ascii_lowercase()
    };
    let origin_host = host(origin);
    trusted.iter().any(|domain| {
        domain == "*"
            || match domain.contains("://") {
                true => domain.trim_end_matches('/').eq_ignore_ascii_case(origin.trim_end_matches('/')),
                false => host(domain) == origin_host,
            }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_trusted_whole_by_host_or_by_a_star() {
        for (origin, domain, expected) in [
            ("https://shop.example", "*", true),
            ("https://shop.example", "shop.example", true),
            ("shop.example", "shop.example", true),
            ("https://SHOP.example", "https://shop.example/", true),
            ("http://shop.example", "https://shop.example", false),
            ("https://shop.example:8443", "shop.example", false),
            ("https://evil.example", "shop.example", false),
            ("https://shop.example.evil.example", "shop.example", false),
            ("https://evilshop.example", "shop.example", false),
        ] {
            assert_eq!(is_trusted(origin, &[domain.to_owned()]), expected, "{origin} and {domain}");
        }
        assert!(!is_trusted("https://shop.example", &[]));
    }
}
