//! Who may ask: pages of this very origin, and programs that are no browser.
//!
//! A page elsewhere can make a browser send requests here. Its name for us stands in `Host` (DNS rebinding), its own in `Origin`, and the
//! browser's judgement in `Sec-Fetch-Site`.

use axum::http::{HeaderMap, StatusCode, header};

use crate::api::problem::Problem;

/// Refuses what does not come from our own pages. `api`: data are asked for, not the app's files, which may be linked from anywhere.
pub(crate) fn check(headers: &HeaderMap, port: u16, api: bool) -> Result<(), Problem> {
    let denied = |detail: String| Err(Problem::new(StatusCode::FORBIDDEN, detail));
    let text = |name: &str| {
        headers
            .get(name)
            .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    let host = text(header::HOST.as_str()).unwrap_or_default();
    if headers.get_all(header::HOST).iter().count() != 1 || !is_ours(&host, port) {
        return denied(format!(
            "this bridge answers to localhost:{port} and 127.0.0.1:{port}, not to the name {host:?}"
        ));
    }
    if let Some(origin) = text(header::ORIGIN.as_str())
        && !origin
            .strip_prefix("http://")
            .is_some_and(|name| name.eq_ignore_ascii_case(&host))
    {
        return denied(format!("pages of {origin:?} may not ask here"));
    }
    match text("sec-fetch-site").as_deref() {
        Some("cross-site" | "same-site") if api => {
            denied("pages of other sites may not ask here".into())
        }
        _ => Ok(()),
    }
}

/// Whether `Host` names this machine to itself, with our port.
fn is_ours(host: &str, port: u16) -> bool {
    let (name, given) = match host.rsplit_once(':') {
        Some((name, digits)) if !host.ends_with(']') => match digits.parse::<u16>() {
            Ok(given) if digits.bytes().all(|byte| byte.is_ascii_digit()) => (name, given),
            _ => return false,
        },
        _ => (host, 80),
    };
    given == port
        && (name.eq_ignore_ascii_case("localhost") || matches!(name, "127.0.0.1" | "[::1]"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_names_with_our_own_port_count() {
        for (host, ours) in [
            ("127.0.0.1:8080", true),
            ("localhost:8080", true),
            ("LOCALHOST:8080", true),
            ("[::1]:8080", true),
            ("localhost", false),
            ("localhost:80", false),
            ("127.0.0.1:8081", false),
            ("127.0.0.1.evil.example:8080", false),
            ("evil.example:8080", false),
            ("localhost.:8080", false),
            ("[::1]", false),
            ("localhost:+8080", false),
            ("", false),
            (":8080", false),
        ] {
            assert_eq!(is_ours(host, 8080), ours, "{host}");
        }
        assert!(is_ours("localhost", 80) && is_ours("[::1]", 80));
    }
}
