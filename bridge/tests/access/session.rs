//! The token once, and the cookie from then on.

use serde_json::json;

use super::ask::{JSON, MARK, TOKEN, cookie, send, sign_in, site};
use super::site::Site;

const DATA: [&str; 5] = [
    "/config.json",
    "/api/v1/info",
    "/api/v1/local/runs",
    "/api/v1/stream?topic=runs",
    "/proxy/d/x",
];

#[test]
fn without_the_token_there_is_only_the_app() {
    let site = site(&[]);
    for path in DATA {
        for headers in [
            vec![],
            vec![("Cookie", "runboard=1; x")],
            vec![("Authorization", "Basic Y29ycmVjdA==")],
            vec![("Sec-Fetch-Site", "same-origin")],
        ] {
            let reply = site.ask("GET", path, &headers);
            assert_eq!(
                (reply.status, reply.header("content-type")),
                (401, Some("application/problem+json")),
                "{path} {headers:?}"
            );
            assert_eq!(
                reply.header("www-authenticate"),
                Some("Bearer realm=\"runboard\"")
            );
            assert!(reply.json()["detail"].as_str().unwrap().contains("token"));
        }
    }
    for method in ["POST", "DELETE", "PUT"] {
        assert_eq!(
            send(&site, method, "/api/v1/runs/x", &[MARK], "").status,
            401,
            "{method}"
        );
        assert_eq!(
            send(&site, method, "/proxy/d/x", &[MARK], "").status,
            401,
            "{method}"
        );
    }
    assert_eq!(site.get("/").status, 200);
    assert_eq!(site.json("/healthz"), json!({"status": "ok"}));
    assert_eq!(
        site.json("/api/session"),
        json!({"required": true, "signed_in": false, "expires_in": null})
    );
}

#[test]
fn the_token_is_given_once() {
    let mut site = site(&[]);
    let reply = sign_in(&site, &[]);
    assert_eq!(
        (reply.status, &reply.json()["signed_in"]),
        (200, &json!(true))
    );
    let set = reply.header("set-cookie").unwrap().to_string();
    assert!(
        set.ends_with("; Path=/; HttpOnly; SameSite=Strict; Max-Age=2592000"),
        "{set}"
    );
    assert!(!set.contains(TOKEN));
    let mine = cookie(&reply);
    let with = |site: &Site, path: &str| {
        site.ask("GET", path, &[("Cookie", &format!("a=b; {mine}; c=d"))])
    };
    for (path, status) in [
        ("/config.json", 200),
        ("/api/v1/info", 200),
        ("/api/v1/local/runs", 200),
        ("/proxy/d/x", 502),
    ] {
        let reply = with(&site, path);
        assert_eq!(
            (reply.status, reply.header("set-cookie")),
            (status, None),
            "{path}"
        );
    }
    assert!(with(&site, "/healthz").json()["streams"].is_number());
    assert_eq!(with(&site, "/api/session").json()["signed_in"], true);
    // Another bridge with the same token, at another port, does not know it by this name; the same one, started anew, does.
    let port = site.address.port();
    site.restart();
    let again = mine.replace(
        &format!("runboard-{port}="),
        &format!("runboard-{}=", site.address.port()),
    );
    let expected = if again == mine { 200 } else { 401 };
    assert_eq!(
        site.ask("GET", "/api/v1/info", &[("Cookie", &mine)]).status,
        expected
    );
    assert_eq!(
        site.ask("GET", "/api/v1/info", &[("Cookie", &again)])
            .status,
        200
    );
    // Whoever changes it has none.
    let mut changed = again.clone();
    let last = if changed.pop() == Some('0') { '1' } else { '0' };
    changed.push(last);
    assert_eq!(
        site.ask("GET", "/api/v1/info", &[("Cookie", &changed)])
            .status,
        401
    );

    // Signing out ends the session, not only the browser's copy.
    let out = send(
        &site,
        "DELETE",
        "/api/session",
        &[MARK, ("Cookie", &again)],
        "",
    );
    assert_eq!((out.status, &out.json()["signed_in"]), (200, &json!(false)));
    let cleared: Vec<_> = out
        .headers
        .iter()
        .filter(|(name, _)| name == "set-cookie")
        .collect();
    assert!(
        cleared.len() == 2
            && cleared
                .iter()
                .all(|(_, value)| value.contains("=; ") && value.contains("Max-Age=0"))
    );
    assert_eq!(
        site.ask("GET", "/api/v1/info", &[("Cookie", &again)])
            .status,
        401
    );
}

#[test]
fn programs_send_the_token_itself() {
    let site = site(&[]);
    let bearer = format!("Bearer {TOKEN}");
    assert_eq!(
        site.ask("GET", "/api/v1/info", &[("Authorization", &bearer)])
            .status,
        200
    );
    assert_eq!(
        site.ask(
            "GET",
            "/api/v1/info",
            &[("Authorization", &bearer.replace("Bearer", "bearer"))]
        )
        .status,
        200
    );
    // A page of another site does not get in by a token that something before us adds.
    for (name, value) in [
        ("Sec-Fetch-Site", "cross-site"),
        ("Origin", "http://evil.example"),
        ("Host", "evil.example"),
    ] {
        assert_eq!(
            site.ask(
                "GET",
                "/api/v1/info",
                &[("Authorization", &bearer), (name, value)]
            )
            .status,
            403,
            "{name}"
        );
    }
}

#[test]
fn guessing_comes_to_an_end() {
    let site = site(&[]);
    let wrong = |token: &str| {
        site.ask(
            "GET",
            "/api/v1/info",
            &[("Authorization", &format!("Bearer {token}"))],
        )
    };
    let guess = |token: &str| {
        send(
            &site,
            "POST",
            "/api/session",
            &[JSON, MARK],
            &json!({"token": token}).to_string(),
        )
    };
    let mine = cookie(&sign_in(&site, &[]));
    let statuses: Vec<u16> = (0..6)
        .map(|n| {
            if n % 2 == 0 {
                guess("wrong").status
            } else {
                wrong("wrong").status
            }
        })
        .collect();
    assert_eq!(statuses, [401, 401, 401, 401, 401, 429]);
    let reply = guess("still wrong");
    assert_eq!(reply.status, 429);
    let wait: u64 = reply.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=11).contains(&wait));
    assert!(
        reply.json()["detail"]
            .as_str()
            .unwrap()
            .contains("try again in")
    );
    // All users behind a reverse proxy come from one address: nobody's guesses shut out who knows the token.
    assert_eq!(guess(TOKEN).status, 200);
    assert_eq!(wrong(TOKEN).status, 200);
    assert_eq!(
        site.ask("GET", "/api/v1/info", &[("Cookie", &mine)]).status,
        200
    );
}

#[test]
fn only_our_own_page_signs_in() {
    let site = site(&[]);
    let token = json!({"token": TOKEN}).to_string();
    let own = format!("http://{}", site.address);
    for (headers, body, status) in [
        (vec![JSON], token.as_str(), 403),
        (vec![JSON, ("X-Runboard", "2")], &token, 403),
        (
            vec![JSON, MARK, ("Origin", "http://evil.example")],
            &token,
            403,
        ),
        (vec![JSON, MARK, ("Origin", "null")], &token, 403),
        (
            vec![JSON, MARK, ("Sec-Fetch-Site", "cross-site")],
            &token,
            403,
        ),
        (vec![JSON, MARK, ("Host", "evil.example")], &token, 403),
        (vec![("Content-Type", "text/plain"), MARK], &token, 415),
        (
            vec![("Content-Type", "application/x-www-form-urlencoded"), MARK],
            &token,
            415,
        ),
        (vec![JSON, MARK], "{}", 400),
        (vec![JSON, MARK], "{\"token\": 1}", 400),
        (vec![JSON, MARK], "not json", 400),
        (vec![JSON, MARK, ("Origin", own.as_str())], &token, 200),
    ] {
        let reply = send(&site, "POST", "/api/session", &headers, body);
        assert_eq!(
            (reply.status, reply.header("set-cookie").is_some()),
            (status, status == 200),
            "{headers:?} {body}"
        );
        assert_eq!(
            reply.header("content-type") == Some("application/problem+json"),
            status != 200
        );
    }
    let large = json!({"token": "x".repeat(5000)}).to_string();
    assert_eq!(
        send(&site, "POST", "/api/session", &[JSON, MARK], &large).status,
        413
    );
    assert_eq!(send(&site, "DELETE", "/api/session", &[], "").status, 403);
    let reply = send(&site, "PUT", "/api/session", &[MARK], "");
    assert_eq!(
        (reply.status, reply.header("allow")),
        (405, Some("GET, HEAD, POST, DELETE"))
    );
}

#[test]
fn a_cookie_opens_no_socket_for_a_page_that_hides_its_origin() {
    let site = site(&[]);
    let mine = cookie(&sign_in(&site, &[]));
    let (own, bearer) = (
        format!("http://{}", site.address),
        format!("Bearer {TOKEN}"),
    );
    let upgrade = [
        ("Upgrade", "websocket"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Protocol", "graphql-ws"),
    ];
    let status = |headers: &[(&str, &str)]| {
        let mut all = upgrade.to_vec();
        all.extend(headers);
        site.ask("GET", "/proxy/d/graphql", &all).status
    };
    let cookie = ("Cookie", mine.as_str());
    assert_eq!(status(&[]), 401);
    assert_eq!(status(&[cookie]), 403);
    assert_eq!(status(&[cookie, ("Origin", "http://evil.example")]), 403);
    // Nobody is there behind the proxy.
    assert_eq!(status(&[cookie, ("Origin", &own)]), 502);
    assert_eq!(status(&[("Authorization", &bearer)]), 502);
}
