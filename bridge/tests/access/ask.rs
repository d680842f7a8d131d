//! How these tests ask: with a token file, and with bodies.

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::json;

use super::client::{PATIENCE, Reply};
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

/// A request with a body, which the other client cannot send.
pub(crate) fn send(
    site: &Site,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Reply {
    let mut socket = TcpStream::connect(site.address).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut text = format!(
        "{method} {path} HTTP/1.1\r\nConnection: close\r\nContent-Length: {}\r\n",
        body.len()
    );
    if !headers
        .iter()
        .any(|(name, _)| name.eq_ignore_ascii_case("host"))
    {
        text.push_str(&format!("Host: {}\r\n", site.address));
    }
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    socket
        .write_all(format!("{text}\r\n{body}").as_bytes())
        .unwrap();
    let mut all = Vec::new();
    // A body that nobody reads makes the end of the connection a hard one, behind the whole answer.
    let _ = socket.read_to_end(&mut all);
    let end = all.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let head = String::from_utf8(all[..end].to_vec()).unwrap();
    let mut lines = head.lines();
    let status = lines
        .next()
        .unwrap()
        .split(' ')
        .nth(1)
        .unwrap()
        .parse()
        .unwrap();
    let headers = lines
        .map(|line| line.split_once(": ").unwrap())
        .map(|(name, value)| (name.to_lowercase(), value.to_string()));
    Reply {
        status,
        headers: headers.collect(),
        body: all[end + 4..].to_vec(),
    }
}

pub(crate) const JSON: (&str, &str) = ("Content-Type", "application/json");
pub(crate) const MARK: (&str, &str) = ("X-Runboard", "1");

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
