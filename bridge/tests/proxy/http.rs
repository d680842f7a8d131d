//! What passes and what is refused, by HTTP.

use axum::body::Body;
use serde_json::json;

use super::ask::{ask, bridge, get, post};
use super::upstream::Upstream;

#[tokio::test(flavor = "multi_thread")]
async fn a_request_goes_on_without_what_is_not_the_servers_business() {
    let server = Upstream::start().await;
    let site = bridge(&["--proxy", &server.named("d")]);
    let headers = [
        ("accept", "text/html"),
        ("range", "bytes=0-"),
        ("connect-protocol-version", "1"),
        ("cookie", "runboard-1=secret"),
        ("authorization", "Bearer secret"),
        ("referer", "http://x/"),
        ("x-forwarded-user", "root"),
        ("x-amzn-oidc-data", "root"),
        ("te", "trailers"),
        ("connection", "te"),
        ("sec-fetch-site", "same-origin"),
    ];
    let answer = ask(
        &site,
        "GET",
        "/proxy/d/logs/a%2Fb?x=%20y",
        &headers,
        Body::empty(),
    )
    .await;
    assert_eq!(answer.status, 200);
    for (name, value) in [
        ("content-type", Some("text/html")),
        ("content-security-policy", Some("sandbox")),
        ("x-content-type-options", Some("nosniff")),
        ("cross-origin-resource-policy", Some("same-origin")),
        ("server-timing", Some("db;dur=1")),
        ("x-dagster-call-counts", Some("{}")),
        ("set-cookie", None),
        ("www-authenticate", None),
        ("clear-site-data", None),
        ("access-control-allow-origin", None),
    ] {
        assert_eq!(answer.header(name), value, "{name}");
    }
    let seen = answer.json().await;
    assert_eq!(
        (&seen["method"], &seen["uri"]),
        (&json!("GET"), &json!("/logs/a%2Fb?x=%20y"))
    );
    let host = server.address.to_string();
    let kept = json!({"accept": "text/html", "range": "bytes=0-", "connect-protocol-version": "1", "host": host});
    assert_eq!(seen["headers"], kept);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_servers_own_path_stands_before_and_nothing_leads_out_of_it() {
    let server = Upstream::start().await;
    let site = bridge(&["--proxy", &format!("{}/dg/", server.named("d"))]);
    let seen = get(&site, "/proxy/d/server_info").await.json().await;
    assert_eq!(seen["uri"], "/dg/server_info");
    assert_eq!(get(&site, "/proxy/d/").await.json().await["uri"], "/dg/");
    server.seen();
    for path in [
        "../x",
        "a/../../x",
        "%2e%2e/x",
        "..%2fx",
        "..%5cx",
        "%252e%252e/x",
        "..;/x",
        "/evil.example/x",
        "a//x",
        "a%0d%0aX-Evil:%201",
        "a%00",
        "%zz",
    ] {
        // Written by hand: a client's own reading must not help.
        let reply = site.ask("GET", &format!("/proxy/d/{path}"), &[]);
        assert_eq!(
            (reply.status, reply.header("content-security-policy")),
            (400, Some("sandbox")),
            "{path}"
        );
        assert!(
            reply.json()["detail"]
                .as_str()
                .unwrap()
                .starts_with("d: the path "),
            "{path}"
        );
    }
    for path in [
        "/proxy/e/x",
        "/proxy//x",
        "/proxy/d",
        "/proxy/http://evil.example/",
        "/proxy/evil.example/x",
        "/proxy/",
    ] {
        let answer = get(&site, path).await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(answer.detail().await.contains("proxied server"), "{path}");
    }
    assert_eq!(server.seen(), Vec::<serde_json::Value>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn only_pages_of_this_origin_may_ask() {
    let server = Upstream::start().await;
    let site = bridge(&["--proxy", &server.named("d"), "--allow-actions"]);
    for (headers, words) in [
        (vec![("host", "evil.example")], "evil.example"),
        (
            vec![("origin", "http://evil.example")],
            "http://evil.example",
        ),
        (vec![("origin", "null")], "null"),
        (vec![("sec-fetch-site", "cross-site")], "other sites"),
        (vec![("sec-fetch-site", "same-site")], "other sites"),
    ] {
        for method in ["GET", "POST"] {
            let mut headers = headers.clone();
            headers.push(("x-runboard", "1"));
            let answer = ask(&site, method, "/proxy/d/graphql", &headers, Body::empty()).await;
            assert_eq!(answer.status, 403, "{headers:?}");
            assert!(answer.detail().await.contains(words), "{headers:?}");
        }
    }
    assert!(server.seen().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_pass_only_where_they_are_allowed_and_asked_for() {
    let server = Upstream::start().await;
    let named = server.named("d");
    let (reads, acts) = (
        bridge(&["--proxy", &named]),
        bridge(&["--proxy", &named, "--allow-actions"]),
    );
    let abort = "/proxy/d/flyteidl2.workflow.RunService/AbortRun";
    for (method, path, what) in [
        (
            "POST",
            abort,
            "flyteidl2.workflow.RunService/AbortRun is refused",
        ),
        ("POST", "/proxy/d/x.Other/Get", "x.Other/Get is refused"),
        ("POST", "/proxy/d/anything", "POST /anything is refused"),
        ("POST", "/proxy/d/%67raphql", "POST /%67raphql is refused"),
        ("PUT", "/proxy/d/x", "PUT /x is refused"),
        ("DELETE", "/proxy/d/runs/1", "DELETE /runs/1 is refused"),
    ] {
        let marked = [("x-runboard", "1"), ("content-type", "application/json")];
        let answer = ask(&reads, method, path, &marked, "{}").await;
        assert_eq!(answer.status, 403, "{path}");
        let detail = answer.detail().await;
        assert!(
            detail.starts_with("d: ")
                && detail.contains(what)
                && detail.contains("--allow-actions"),
            "{detail}"
        );
        let answer = ask(&acts, method, path, &marked[1..], "{}").await;
        assert_eq!(answer.status, 403, "{path}");
        let detail = answer.detail().await;
        assert!(
            detail.contains(what) && detail.contains("X-Runboard: 1"),
            "{detail}"
        );
        assert!(server.seen().is_empty(), "{path}");
        let answer = ask(&acts, method, path, &marked, "{\"a\": 1}").await;
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(server.seen()[0]["body"], "{\"a\": 1}");
    }
    let answer = ask(&acts, "OPTIONS", "/proxy/d/x", &[("x-runboard", "1")], "").await;
    assert_eq!(answer.status, 405);
    for path in [
        "flyteidl2.workflow.RunService/ListRuns",
        "flyteidl2.project.ProjectService/ListProjects",
    ] {
        let answer = post(&reads, &format!("/proxy/d/{path}"), "{\"request\": {}}").await;
        assert_eq!(answer.json().await["body"], "{\"request\": {}}");
        let answer = get(
            &reads,
            &format!("/proxy/d/{path}?connect=v1&encoding=json&message=%7B%7D"),
        )
        .await;
        assert_eq!(answer.status, 200);
    }
    let escaped = abort.replace("flyteidl2.", "flyteidl2%2e");
    for path in [
        format!("{abort}?connect=v1&encoding=json&message=%7B%7D"),
        format!("{abort}?%63onnect=v1&%6dessage=%7B%7D"),
        format!("{escaped}?connect=v1&message=%7B%7D"),
    ] {
        let answer = get(&acts, &path).await;
        assert_eq!(answer.status, 403, "{path}");
        assert!(
            answer
                .detail()
                .await
                .contains("AbortRun is refused: a GET changes nothing here")
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn redirects_stay_on_the_server_or_are_refused() {
    let server = Upstream::start().await;
    let site = bridge(&["--proxy", &server.named("d")]);
    let here = format!("http://{}/a/b?c", server.address);
    for (to, place) in [("/x", "./x"), (here.as_str(), "./a/b?c")] {
        let answer = get(&site, &format!("/proxy/d/redirect?{to}")).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("location")),
            (302, Some(place)),
            "{to}"
        );
    }
    for to in [
        "http://evil.example/",
        "//evil.example/",
        "https://login.example/?next=/",
        "http://127.0.0.1:1/",
        "javascript:alert(1)",
        "/../x",
    ] {
        let answer = get(&site, &format!("/proxy/d/redirect?{to}")).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("location")),
            (502, None),
            "{to}"
        );
        assert!(
            answer
                .detail()
                .await
                .starts_with("d sends its visitors elsewhere"),
            "{to}"
        );
    }
}
