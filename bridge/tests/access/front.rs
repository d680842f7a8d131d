//! Names behind a reverse proxy.

use serde_json::{Value, json};

use super::ask::{cookie, sign_in, site};
use super::site::{Place, Site};

#[test]
fn a_reverse_proxy_has_its_own_names() {
    let site = site(&[
        "--public-url",
        "https://dash.example/runs/",
        "--public-url",
        "http://wall.example:81",
    ]);
    let mine = cookie(&sign_in(&site, &[]));
    let status = |host: &str, origin: Option<&str>, path: &str| {
        let mut headers = vec![
            ("Host", host),
            ("Cookie", mine.as_str()),
            ("Sec-Fetch-Site", "same-origin"),
        ];
        headers.extend(origin.map(|origin| ("Origin", origin)));
        site.ask("GET", path, &headers).status
    };
    let here = site.address.to_string();
    for (host, origin, expected) in [
        ("dash.example", Some("https://dash.example"), 200),
        ("dash.example", None, 200),
        ("wall.example:81", Some("http://wall.example:81"), 200),
        // nginx says its own name for us unless it is told not to.
        (here.as_str(), Some("https://dash.example"), 200),
        ("dash.example", Some("http://dash.example"), 403),
        ("dash.example", Some("https://evil.example"), 403),
        ("dash.example:8443", None, 403),
        ("wall.example", None, 403),
        ("evil.example", None, 403),
    ] {
        assert_eq!(
            status(host, origin, "/api/v1/info"),
            expected,
            "{host} {origin:?}"
        );
        assert_eq!(
            status(host, origin, "/runs/api/v1/info"),
            expected,
            "{host} {origin:?}"
        );
    }
    assert_eq!(status("dash.example", None, "/runs/"), 200);
    assert_eq!(status("dash.example", None, "/runs/proxy/d/x"), 502);
    assert_eq!(status("dash.example", None, "/runs/../api/v1/info"), 404);
    let bare = site.get("/runs");
    assert_eq!((bare.status, bare.header("location")), (307, Some("runs/")));

    // By https the cookie is for https only, whatever name the reverse proxy hands on.
    for headers in [
        vec![("Origin", "https://dash.example")],
        vec![("Origin", "https://dash.example"), ("Host", "dash.example")],
        vec![("Host", "dash.example")],
    ] {
        let reply = sign_in(&site, &headers);
        let set = reply.header("set-cookie").unwrap().to_string();
        assert!(
            set.starts_with("__Host-runboard-") && set.ends_with("; Secure"),
            "{set}"
        );
        assert_eq!(
            site.ask("GET", "/api/v1/info", &[("Cookie", &cookie(&reply))])
                .status,
            200
        );
    }
    let plain = sign_in(
        &site,
        &[
            ("Origin", "http://wall.example:81"),
            ("Host", "wall.example:81"),
        ],
    );
    assert!(cookie(&plain).starts_with("runboard-"));
}

#[test]
fn without_a_token_nobody_signs_in() {
    let site = Site::start(Place::new(), &["--public-url", "http://localhost:9000/x"]);
    let open: Value = json!({"required": false, "signed_in": true, "expires_in": null});
    assert_eq!(site.json("/api/session"), open);
    let reply = sign_in(&site, &[]);
    assert_eq!(
        (reply.status, reply.json(), reply.header("set-cookie")),
        (200, open, None)
    );
    assert_eq!(
        site.ask(
            "GET",
            "/x/api/v1/info",
            &[
                ("Host", "localhost:9000"),
                ("Origin", "http://localhost:9000")
            ]
        )
        .status,
        200
    );
}

#[test]
fn the_samples_send_what_the_bridge_sends() {
    let site = Site::start(Place::new(), &[]);
    let reply = site.get("/");
    let docs = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/deploy");
    for sample in ["nginx-files.conf", "Caddyfile"] {
        let text = std::fs::read_to_string(docs.join(sample)).unwrap();
        for name in [
            "Content-Security-Policy",
            "X-Content-Type-Options",
            "Referrer-Policy",
            "Permissions-Policy",
            "Cross-Origin-Opener-Policy",
            "Cross-Origin-Resource-Policy",
        ] {
            let value = reply.header(&name.to_lowercase()).unwrap();
            let line = format!("{name} \"{value}\"");
            assert!(text.contains(&line), "{sample}: {line}");
        }
    }
}
