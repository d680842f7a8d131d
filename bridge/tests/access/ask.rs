//! How these tests ask: with a token file, and with bodies.

use serde_json::json;

use super::client::{self, Reply};
use super::site::{Place, Site};

pub(crate) const TOKEN: &str = "correct-horse-battery-staple";
pub(crate) fn token_file(place: &Place, text: &str) -> String {
    let path = place.join("token");
    std::fs::write(&path, text).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
    }
    path.display().to_string()
}

pub(crate) fn site(extra: &[&str]) -> Site {
    let place = Place::new();
    let token = token_file(&place, &format!("{TOKEN}\n"));
    let mut args = vec!["--token-file", &token, "--proxy", "d=http://127.0.0.1:9"];
    args.extend(extra);
    Site::start(place, &args)
}

/// A request with a body.
pub(crate) fn send(
    site: &Site,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Reply {
    client::send(site.address, method, path, headers, body)
}

pub(crate) use super::client::{JSON, MARK};

pub(crate) fn sign_in(site: &Site, headers: &[(&str, &str)]) -> Reply {
    let mut all = vec![JSON, MARK];
    all.extend(headers);
    send(
        site,
        "POST",
        "/api/session",
        &all,
        &json!({"token": TOKEN}).to_string(),
    )
}

/// The pair that a browser sends back.
pub(crate) fn cookie(reply: &Reply) -> String {
    reply
        .header("set-cookie")
        .expect("no cookie")
        .split(';')
        .next()
        .unwrap()
        .to_string()
}
