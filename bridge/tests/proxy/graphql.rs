//! GraphQL by POST and by GET: what reads passes.

use axum::body::Body;
use serde_json::{Value, json};

use super::ask::{ask, bridge, get, post};
use super::upstream::Upstream;

#[tokio::test(flavor = "multi_thread")]
async fn queries_pass() {
    let server = Upstream::start().await;
    let site = bridge(&["--proxy", &format!("{}/dg", server.named("d"))]);
    let query = json!({"query": "query Q($a: Int) { runs(a: $a) { id } }", "variables": {"a": 1}, "operationName": "Q"});
    let answer = post(&site, "/proxy/d/graphql", &query.to_string()).await;
    let seen = answer.json().await;
    let body: Value = serde_json::from_str(seen["body"].as_str().unwrap()).unwrap();
    assert_eq!((&body, &seen["uri"]), (&query, &json!("/dg/graphql")));
    let batch = json!([{"query": "{ a }"}, {"query": "subscription { b }"}]).to_string();
    assert_eq!(post(&site, "/proxy/d/graphql", &batch).await.status, 200);
    let answer = get(&site, "/proxy/d/graphql?query=%7Bversion%7D").await;
    assert_eq!(
        answer.json().await["uri"],
        "/dg/graphql?query=%7Bversion%7D"
    );
    assert_eq!(
        get(&site, "/proxy/d/runs?job=mutation_caller").await.status,
        200
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn mutations_are_refused_by_their_name() {
    let server = Upstream::start().await;
    let named = server.named("d");
    let (reads, acts) = (
        bridge(&["--proxy", &named]),
        bridge(&["--proxy", &named, "--allow-actions"]),
    );
    let delete = json!({"query": "mutation { deleteRun(runId: 1) { id } }"}).to_string();
    for body in [
        delete.clone(),
        json!({"query": "query Q { a } mutation M { deleteRun { id } }", "operationName": "Q"})
            .to_string(),
        json!([{"query": "{ a }"}, {"query": "mutation { deleteRun { id } }"}]).to_string(),
        json!({"query": "query { a } # x\r\n mutation { deleteRun { id } }"}).to_string(),
    ] {
        for site in [&reads, &acts] {
            let answer = post(site, "/proxy/d/graphql", &body).await;
            assert_eq!(answer.status, 403, "{body}");
            let detail = answer.detail().await;
            assert!(
                detail.starts_with("d: mutation deleteRun is refused"),
                "{detail}"
            );
        }
    }
    let marked = [("x-runboard", "1"), ("content-type", "application/json")];
    assert_eq!(
        ask(&reads, "POST", "/proxy/d/graphql", &marked, delete.clone())
            .await
            .status,
        403
    );
    assert!(server.seen().is_empty());
    assert_eq!(
        ask(&acts, "POST", "/proxy/d/graphql", &marked, delete.clone())
            .await
            .status,
        200
    );
    assert_eq!(server.seen()[0]["body"], delete);

    // Dagster takes mutations by GET; nobody here does, whatever is allowed.
    for path in [
        "/proxy/d/graphql?query=mutation%7BdeleteRun%7Bid%7D%7D",
        "/proxy/d/graphql/?query=mutation%7BdeleteRun%7Bid%7D%7D",
        "/proxy/d/%67raphql?query=%6dutation%7BdeleteRun%7Bid%7D%7D",
        "/proxy/d/api?query=mutation%7BdeleteRun%7Bid%7D%7D",
        "/proxy/d/GraphQL?variables=%7B%7D&query=mutation+M%7BdeleteRun%7Bid%7D%7D",
    ] {
        for site in [&reads, &acts] {
            for method in ["GET", "HEAD"] {
                let answer = ask(site, method, path, &marked[..1], Body::empty()).await;
                assert_eq!(answer.status, 403, "{path}");
            }
            let detail = get(site, path).await.detail().await;
            assert!(
                detail.starts_with("d: mutation deleteRun is refused: a GET changes nothing"),
                "{detail}"
            );
        }
    }
    assert!(server.seen().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_could_read_otherwise_is_refused() {
    let server = Upstream::start().await;
    let site = bridge(&["--proxy", &server.named("d")]);
    let good = "{\"query\": \"{ a }\"}";
    for (path, kind, body, status, words) in [
        (
            "graphql?query=mutation%7Bx%7D",
            "application/json",
            good,
            403,
            "none in the URL",
        ),
        (
            "graphql",
            "application/graphql",
            "mutation { x }",
            415,
            "application/json",
        ),
        ("graphql", "text/plain", good, 415, "application/json"),
        (
            "graphql",
            "application/x-www-form-urlencoded",
            "query=mutation{x}",
            415,
            "application/json",
        ),
        (
            "graphql",
            "application/json; charset=utf-16",
            good,
            415,
            "application/json",
        ),
        (
            "graphql",
            "application/json",
            "{\"query\": \"{ a }\", \"query\": \"mutation { x }\"}",
            403,
            "duplicate field",
        ),
        (
            "graphql",
            "application/json",
            "{\"extensions\": {\"persistedQuery\": {}}, \"query\": \"{ a }\"}",
            403,
            "persisted query",
        ),
        (
            "graphql",
            "application/json",
            "{\"id\": \"stored\"}",
            403,
            "unknown field",
        ),
        (
            "graphql",
            "application/json",
            "{\"query\": \"{ a\"}",
            403,
            "cannot be read",
        ),
        (
            "graphql",
            "application/json",
            "not json",
            403,
            "no GraphQL request",
        ),
    ] {
        let answer = ask(
            &site,
            "POST",
            &format!("/proxy/d/{path}"),
            &[("content-type", kind)],
            body,
        )
        .await;
        assert_eq!(answer.status.as_u16(), status, "{body}");
        let detail = answer.detail().await;
        assert!(
            detail.starts_with("d: ") && detail.contains(words),
            "{detail}"
        );
    }
    let large = json!({"query": "{ a }", "variables": {"a": "x".repeat(1024 * 1024)}}).to_string();
    let answer = post(&site, "/proxy/d/graphql", &large).await;
    assert_eq!(answer.status, 413);
    assert!(server.seen().is_empty());
}
