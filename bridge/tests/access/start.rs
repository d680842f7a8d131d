//! What is needed before others are let in at all.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use super::ask::{TOKEN, token_file};
use super::client;
use super::site::{Place, bridge};

/// A bridge that goes when the test ends, however it ends.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn refused(args: &[&str]) -> String {
    let place = Place::new();
    let output = bridge()
        .arg("serve")
        .arg("--dist")
        .arg(place.join("dist"))
        .args(args)
        .output()
        .unwrap();
    assert!(
        !output.status.success() && output.stdout.is_empty(),
        "{args:?}"
    );
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn others_reach_it_only_with_a_good_token() {
    let place = Place::new();
    let file = token_file(&place, TOKEN);
    let with = |text: &str| token_file(&place, text);
    for (listen, extra, words) in [
        ("0.0.0.0:0", vec![], "--token-file FILE must name"),
        ("[::]:0", vec![], "--token-file FILE must name"),
        (
            "127.0.0.1:0",
            vec!["--public-url", "https://dash.example/"],
            "--token-file FILE must name",
        ),
        (
            "127.0.0.1:0",
            vec!["--public-url", "dash.example"],
            "http(s)://HOST",
        ),
        (
            "0.0.0.0:0",
            vec!["--token-file", "/nowhere/token"],
            "cannot be read",
        ),
    ] {
        let mut args = vec!["--listen", listen];
        args.extend(extra);
        let said = refused(&args);
        assert!(said.contains(words), "{args:?}: {said}");
    }
    for (text, words) in [
        ("short", "16 to 1024 characters"),
        ("", "16 to 1024"),
        ("two words in one file", "one word"),
        ("line-one-long-enough\nline-two", "one word"),
    ] {
        let said = refused(&["--listen", "0.0.0.0:0", "--token-file", &with(text)]);
        assert!(
            said.contains(words) && said.trim_end().lines().count() == 1,
            "{said}"
        );
        assert!(text.is_empty() || !said.contains(text), "{said}");
    }
    with(TOKEN);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
        let said = refused(&["--listen", "0.0.0.0:0", "--token-file", &file]);
        assert!(
            said.contains("open to every user of this machine"),
            "{said}"
        );
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    let mut running = Running(
        bridge()
            .args([
                "serve",
                "--listen",
                "0.0.0.0:0",
                "--token-file",
                &file,
                "--dist",
            ])
            .arg(place.join("dist"))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap(),
    );
    let mut line = String::new();
    BufReader::new(running.0.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let port = line
        .trim()
        .trim_end_matches('/')
        .rsplit(':')
        .next()
        .unwrap()
        .to_string();
    let address: std::net::SocketAddr = format!("127.0.0.1:{port}").parse().unwrap();
    let status = |host: &str, path: &str| client::open(address, "GET", path, &[("Host", host)]).0;
    assert_eq!(status(&format!("10.1.2.3:{port}"), "/"), 200);
    assert_eq!(status(&format!("10.1.2.3:{port}"), "/api/v1/info"), 401);
    assert_eq!(status(&format!("server.example:{port}"), "/"), 403);
}
