//! What is needed before others are let in at all.

use super::ask::{TOKEN, token_file};
use super::client;
use super::site::{Place, Site, refused};

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
        let said = refused(&place, &args);
        assert!(said.contains(words), "{args:?}: {said}");
    }
    for (text, words) in [
        ("short", "16 to 1024 characters"),
        ("", "16 to 1024"),
        ("two words in one file", "one word"),
        ("line-one-long-enough\nline-two", "one word"),
    ] {
        let said = refused(
            &place,
            &["--listen", "0.0.0.0:0", "--token-file", &with(text)],
        );
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
        let said = refused(&place, &["--listen", "0.0.0.0:0", "--token-file", &file]);
        assert!(
            said.contains("open to every user of this machine"),
            "{said}"
        );
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    let site = Site::start(place, &["--listen", "0.0.0.0:0", "--token-file", &file]);
    let (address, port) = (site.address, site.address.port());
    let status = |host: &str, path: &str| client::open(address, "GET", path, &[("Host", host)]).0;
    assert_eq!(status(&format!("10.1.2.3:{port}"), "/"), 200);
    assert_eq!(status(&format!("10.1.2.3:{port}"), "/api/v1/info"), 401);
    assert_eq!(status(&format!("server.example:{port}"), "/"), 403);
}
