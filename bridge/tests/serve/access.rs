//! Who may ask, what may be asked for, and what every answer says to browsers.

use serde_json::json;

use super::site::{Place, Site};

fn site() -> Site {
    let place = Place::new();
    std::fs::write(place.join("dist/app-0123456789abcdef.js"), "x").unwrap();
    std::fs::write(place.join("dist/app-0123456789abcdef_bg.wasm"), "wasm").unwrap();
    std::fs::write(place.join("dist/app-0123456789abcdef_bg.wasm.br"), "small").unwrap();
    std::fs::write(place.join("dist/version.json"), "{}").unwrap();
    std::fs::write(place.join("dist/.hidden"), "x").unwrap();
    std::fs::write(place.join("secret"), "x").unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(place.join("secret"), place.join("dist/link.txt")).unwrap();
    Site::start(place, &[])
}

#[test]
fn only_our_own_pages_may_ask() {
    let site = site();
    let port = site.address.port();
    let (own, wrong) = (
        format!("localhost:{port}"),
        format!("127.0.0.1:{}", port.wrapping_add(1)),
    );
    let (origin, other) = (
        format!("http://localhost:{port}"),
        format!("http://127.0.0.1:{port}"),
    );
    for (headers, status) in [
        (vec![("Host", own.as_str())], 200),
        (vec![("Host", "evil.example")], 403),
        (vec![("Host", wrong.as_str())], 403),
        (vec![("Host", "localhost")], 403),
        (
            vec![("Host", own.as_str()), ("Origin", origin.as_str())],
            200,
        ),
        (
            vec![("Host", own.as_str()), ("Origin", other.as_str())],
            403,
        ),
        (vec![("Origin", "https://evil.example")], 403),
        (vec![("Origin", "null")], 403),
        (vec![("Sec-Fetch-Site", "same-origin")], 200),
        (vec![("Sec-Fetch-Site", "none")], 200),
        (vec![("Sec-Fetch-Site", "same-site")], 403),
        (vec![("Sec-Fetch-Site", "cross-site")], 403),
    ] {
        for path in ["/api/v1/info", "/api/v1/local/runs", "/api/v1/runs/x"] {
            let expected = if path.ends_with('x') && status == 200 {
                404
            } else {
                status
            };
            assert_eq!(
                site.ask("GET", path, &headers).status,
                expected,
                "{path} {headers:?}"
            );
        }
    }
    // The app itself may be linked from elsewhere, but not by another name for this machine.
    assert_eq!(
        site.ask("GET", "/", &[("Sec-Fetch-Site", "cross-site")])
            .status,
        200
    );
    assert_eq!(
        site.ask("GET", "/", &[("Host", "evil.example")]).status,
        403
    );
}

#[test]
fn a_place_names_the_methods_that_it_has() {
    let site = site();
    for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"] {
        for (path, allow) in [
            ("/api/v1/runs", "GET, HEAD"),
            ("/api/v1/runs/x", "GET, HEAD, DELETE"),
            ("/api/v1/runs/x/resume", "GET, HEAD, POST"),
            ("/api/v1/local/runs/x/terminate", "POST"),
            ("/", "GET, HEAD"),
        ] {
            let reply = site.ask(method, path, &[]);
            // What would be a change is refused for another reason.
            let expected = if allow.contains(method) {
                (403, None)
            } else {
                (405, Some(allow))
            };
            assert_eq!(
                (reply.status, reply.header("allow")),
                expected,
                "{method} {path}"
            );
        }
    }
    assert_eq!(site.get("/api/v1/runs/x/reexecute").status, 405);
}

#[test]
fn nothing_outside_is_served() {
    let site = site();
    for path in [
        "/../secret",
        "/..%2fsecret",
        "/%2e%2e/secret",
        "/%2e%2e%2fsecret",
        "/a/../../secret",
        "/link.txt",
        "/.hidden",
        "//secret",
        "/%00",
        "/dist/",
        "/a%5c..%5csecret",
        "/api/v1/../../secret",
        "/api/v2/runs",
        "/api/v1/nobody/info",
        "/api/v1/local/local/info",
        "/api/v1/runs/a/b/c",
        "/api/v1",
        "/nothing",
        "/healthz/x",
    ] {
        let reply = site.get(path);
        assert_eq!(
            (reply.status, reply.header("content-type")),
            (404, Some("application/problem+json")),
            "{path}"
        );
        assert!(reply.json()["detail"].is_string());
    }
}

#[test]
fn every_answer_carries_the_headers() {
    let site = site();
    let policy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; \
                  manifest-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    for (path, status) in [
        ("/", 200),
        ("/app-0123456789abcdef.js", 200),
        ("/config.json", 200),
        ("/api/v1/info", 200),
        ("/nothing", 404),
        ("/healthz", 200),
    ] {
        let reply = site.get(path);
        assert_eq!(reply.status, status);
        for (name, value) in [
            ("content-security-policy", policy),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(reply.header(name), Some(value), "{path} {name}");
        }
        assert!(
            reply
                .header("permissions-policy")
                .is_some_and(|value| value.contains("camera=()"))
        );
    }
}

#[test]
fn files_have_their_type_and_their_life_time() {
    let site = site();
    let keep = "public, max-age=31536000, immutable";
    for (path, kind, life) in [
        ("/", "text/html; charset=utf-8", "no-cache"),
        ("/index.html", "text/html; charset=utf-8", "no-cache"),
        (
            "/app-0123456789abcdef.js",
            "text/javascript; charset=utf-8",
            keep,
        ),
        ("/app-0123456789abcdef_bg.wasm", "application/wasm", keep),
        ("/version.json", "application/json", "no-cache"),
        ("/config.json", "application/json", "no-cache"),
    ] {
        let reply = site.get(path);
        assert_eq!(
            (
                reply.status,
                reply.header("content-type"),
                reply.header("cache-control")
            ),
            (200, Some(kind), Some(life)),
            "{path}"
        );
        let head = site.ask("HEAD", path, &[]);
        assert_eq!(
            (head.status, head.body.len(), head.header("content-length")),
            (200, 0, reply.header("content-length")),
            "{path}"
        );
    }
    let wasm = "/app-0123456789abcdef_bg.wasm";
    let small = site.ask("GET", wasm, &[("Accept-Encoding", "gzip, br")]);
    assert_eq!(
        (
            small.header("content-encoding"),
            small.header("content-type"),
            small.body.as_slice()
        ),
        (Some("br"), Some("application/wasm"), b"small".as_slice())
    );
    let tag = site.get("/").header("etag").unwrap().to_string();
    let again = site.ask("GET", "/", &[("If-None-Match", &tag)]);
    assert_eq!(
        (again.status, again.body.len(), again.header("etag")),
        (304, 0, Some(tag.as_str()))
    );
    std::fs::write(site.place.join("dist/index.html"), "<!doctype html>another").unwrap();
    assert_eq!(site.ask("GET", "/", &[("If-None-Match", &tag)]).status, 200);
}

#[test]
fn config_names_the_sources_or_is_the_operators() {
    let place = Place::new();
    let history = format!("etl={}", place.join("none.jsonl").display());
    let site = Site::start(place, &["--history", &history]);
    let source = |name: &str| json!({"id": name, "name": name, "kind": "runs-api", "url": format!("./api/v1/{name}/")});
    assert_eq!(
        site.json("/config.json"),
        json!({"title": "Runboard", "sources": [source("local"), source("etl")]})
    );
    assert_eq!(site.json("/api/v1/etl/runs")["total"], 0);
    assert_eq!(
        site.json("/api/v1/local/info")["name"],
        site.json("/api/v1/info")["name"]
    );
    assert_eq!(
        site.eventually("/readyz", |ready| ready["status"] == "ok")["status"],
        "ok"
    );

    let dagster = ["--dagster", "d=http://127.0.0.1:9/dg"];
    for actions in [false, true] {
        let mut args = dagster.to_vec();
        args.extend(actions.then_some("--allow-actions"));
        let site = Site::start(Place::new(), &args);
        let mut expected = [
            source("local"),
            json!({"id": "d", "name": "d", "kind": "dagster", "url": "./proxy/d/"}),
        ];
        if actions {
            expected
                .iter_mut()
                .for_each(|one| one["actions"] = json!(true));
        }
        let sources = site.json("/config.json")["sources"].clone();
        assert_eq!(sources, json!(expected));
        // Nobody is there; that there is such a server is known.
        assert_eq!(site.get("/proxy/d/server_info").status, 502);
    }

    let place = Place::new();
    let text = r#"{"title": "Ours", "sources": [{"id": "d", "kind": "dagster", "url": "https://d.example:3000/graphql"}, {"id": "l", "url": "./api/v1/local/"}]}"#;
    std::fs::write(place.join("c.json"), text).unwrap();
    let path = place.join("c.json").display().to_string();
    let site = Site::start(place, &["--config", &path]);
    let reply = site.get("/config.json");
    assert_eq!(reply.body, text.as_bytes());
    let policy = site
        .get("/")
        .header("content-security-policy")
        .unwrap()
        .to_string();
    assert!(
        policy.contains("connect-src 'self' https://d.example:3000 wss://d.example:3000;"),
        "{policy}"
    );
}

#[test]
fn a_flyte_server_is_a_source() {
    let of = "f=http://127.0.0.1:9/v2?org=acme&project=p&domain=d";
    for actions in [false, true] {
        let mut args = vec!["--flyte", of];
        args.extend(actions.then_some("--allow-actions"));
        let site = Site::start(Place::new(), &args);
        let mut source = json!({"id": "f", "name": "f", "kind": "flyte", "url": "./proxy/f/", "org": "acme", "project": "p", "domain": "d"});
        if actions {
            source["actions"] = json!(true);
        }
        assert_eq!(site.json("/config.json")["sources"][1], source);
        // Nobody is there; that there is such a server is known.
        assert_eq!(site.get("/proxy/f/healthz").status, 502);
    }
}
