//! Who may ask: pages of this very origin, and programs that are no browser.
//!
//! A page elsewhere can make a browser send requests here. Its name for us stands in `Host` (DNS rebinding), its own in `Origin`, and the
//! browser's judgement in `Sec-Fetch-Site`.

use axum::http::{HeaderMap, StatusCode, header};

use crate::access::names::Names;
use crate::api::problem::Problem;

/// What a browser sends to another origin only after it was allowed to, and we never allow it.
const CHANGE: &str = "x-runboard";

/// Refuses what does not come from our own pages. `data`: more is asked for than the app's files, which may be linked from anywhere.
pub(crate) fn check(headers: &HeaderMap, names: &Names, data: bool) -> Result<(), Problem> {
    let denied = |detail: String| Err(Problem::new(StatusCode::FORBIDDEN, detail));
    let host = headers
        .get(header::HOST)
        .map(|host| String::from_utf8_lossy(host.as_bytes()));
    let host = host.unwrap_or_default();
    if headers.get_all(header::HOST).iter().count() != 1 || !names.is_host(&host) {
        return denied(format!(
            "this bridge answers to {names}, not to the name {host:?}"
        ));
    }
    for origin in headers.get_all(header::ORIGIN) {
        let origin = String::from_utf8_lossy(origin.as_bytes());
        if !names.is_origin(&origin, &host) {
            return denied(format!("pages of {origin:?} may not ask here"));
        }
    }
    let mut sites = headers.get_all("sec-fetch-site").iter();
    if data && sites.any(|site| site != "same-origin" && site != "none") {
        return denied("pages of other sites may not ask here".into());
    }
    Ok(())
}

/// Refuses a change that does not say that it is one.
pub(crate) fn change(headers: &HeaderMap) -> Result<(), Problem> {
    if is_change(headers) {
        return Ok(());
    }
    Err(Problem::new(
        StatusCode::FORBIDDEN,
        "changes need the header X-Runboard: 1, which pages of other sites cannot send",
    ))
}

pub(crate) fn is_change(headers: &HeaderMap) -> bool {
    headers.get(CHANGE).is_some_and(|value| value == "1")
}
