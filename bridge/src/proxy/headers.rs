//! Which headers pass. Of a request only those that are known: servers behind proxies believe headers that say who asks
//! (`X-Forwarded-User`, `X-Amzn-Oidc-Data`), and a page could send any. Of an answer all but those that speak for our origin.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

/// What browsers and clients of Connect, gRPC-web, GraphQL and the Runs API say about a request itself.
const ASKED: [&str; 26] = [
    "accept",
    "accept-encoding",
    "accept-language",
    "cache-control",
    "connect-accept-encoding",
    "connect-content-encoding",
    "connect-protocol-version",
    "connect-timeout-ms",
    "content-encoding",
    "content-language",
    "content-type",
    "grpc-accept-encoding",
    "grpc-encoding",
    "grpc-timeout",
    "idempotency-key",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "last-event-id",
    "pragma",
    "range",
    "user-agent",
    "x-grpc-web",
    "x-user-agent",
];

/// What holds for one connection only, and what would speak for the bridge's origin, not for one answer in it.
const NOT_ANSWERED: [&str; 23] = [
    "alt-svc",
    "clear-site-data",
    "connection",
    "content-security-policy",
    "content-security-policy-report-only",
    "keep-alive",
    "location",
    "nel",
    "origin-agent-cluster",
    "proxy-authenticate",
    "proxy-connection",
    "public-key-pins",
    "refresh",
    "report-to",
    "reporting-endpoints",
    "service-worker-allowed",
    "set-cookie",
    "set-cookie2",
    "sourcemap",
    "strict-transport-security",
    "transfer-encoding",
    "upgrade",
    // A browser would ask its user for a password of this origin.
    "www-authenticate",
];

/// Leave to read for other origins, and orders to the server before us (`X-Accel-Redirect`: send another file).
const NEVER: [&str; 4] = ["access-control-", "x-accel-", "x-sendfile", "x-lighttpd-"];

/// What of a request goes on to the server.
pub(crate) fn asked(from: &HeaderMap) -> HeaderMap {
    let named = named_by_connection(from);
    let passes = |name: &HeaderName| ASKED.contains(&name.as_str()) && !named.contains(name);
    pick(from, passes)
}

/// What of an answer goes on to the browser.
pub(crate) fn answered(from: &HeaderMap) -> HeaderMap {
    let named = named_by_connection(from);
    let refused = |name: &str| {
        NOT_ANSWERED.contains(&name) || NEVER.iter().any(|begin| name.starts_with(begin))
    };
    let mut to = pick(from, |name| {
        !refused(name.as_str()) && !named.contains(name)
    });
    // nginx before us hands on what it gets, without collecting it first.
    to.insert("x-accel-buffering", HeaderValue::from_static("no"));
    to
}

fn pick(from: &HeaderMap, passes: impl Fn(&HeaderName) -> bool) -> HeaderMap {
    let mut to = HeaderMap::new();
    for (name, value) in from.iter().filter(|(name, _)| passes(name)) {
        to.append(name.clone(), value.clone());
    }
    to
}

/// Headers that one side declares to be of this connection only.
fn named_by_connection(headers: &HeaderMap) -> Vec<HeaderName> {
    let lines = headers.get_all(header::CONNECTION).iter();
    lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(list: &[(&str, &str)]) -> HeaderMap {
        let pairs = list.iter().map(|(name, value)| {
            let name: HeaderName = name.parse().unwrap();
            (name, value.parse().unwrap())
        });
        pairs.collect()
    }

    #[test]
    fn nothing_about_who_asks_goes_on() {
        let asked = asked(&map(&[
            ("accept", "a"),
            ("range", "bytes=1-"),
            ("x-grpc-web", "1"),
            ("connection", "keep-alive, X-Grpc-Web"),
            ("cookie", "c"),
            ("authorization", "Bearer x"),
            ("proxy-authorization", "x"),
            ("host", "h"),
            ("origin", "o"),
            ("referer", "r"),
            ("forwarded", "for=x"),
            ("x-forwarded-for", "x"),
            ("x-forwarded-user", "root"),
            ("x-amzn-oidc-data", "root"),
            ("x-http-method-override", "DELETE"),
            ("x-runboard", "1"),
            ("te", "trailers"),
            ("transfer-encoding", "chunked"),
        ]));
        assert_eq!(asked, map(&[("accept", "a"), ("range", "bytes=1-")]));
    }

    #[test]
    fn nothing_that_speaks_for_the_origin_comes_back() {
        let answered = answered(&map(&[
            ("content-type", "text/html"),
            ("server-timing", "db;dur=1"),
            ("x-dagster-call-counts", "{}"),
            ("set-cookie", "a=b"),
            ("clear-site-data", "*"),
            ("content-security-policy", "default-src *"),
            ("access-control-allow-origin", "*"),
            ("x-accel-redirect", "/etc/passwd"),
            ("x-sendfile", "/etc/passwd"),
            ("service-worker-allowed", "/"),
            ("www-authenticate", "Basic"),
            ("location", "http://evil.example/"),
            ("connection", "close, X-Hop"),
            ("x-hop", "1"),
            ("transfer-encoding", "chunked"),
        ]));
        let kept = map(&[
            ("content-type", "text/html"),
            ("server-timing", "db;dur=1"),
            ("x-dagster-call-counts", "{}"),
            ("x-accel-buffering", "no"),
        ]);
        assert_eq!(answered, kept);
    }
}
