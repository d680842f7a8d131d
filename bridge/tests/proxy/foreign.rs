//! Secrets for servers: sent to them, shown to nobody else, and never a way to send more than one header.

use super::ask::{bridge, get};
use super::site::{self, Place, Site};
use super::upstream::Upstream;

fn refused(args: &[&str]) -> String {
    let place = Place::new();
    let dist = place.join("dist").display().to_string();
    let front = ["--listen", "127.0.0.1:0", "--dist", &dist];
    site::refused(&place, &[&front, args].concat())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_read_from_its_file_each_time() {
    let (server, other) = (Upstream::start().await, Upstream::start().await);
    let place = Place::new();
    let file = place.join("secret");
    std::fs::write(&file, "Bearer one\n").unwrap();
    let header = format!("d=Authorization:{}", file.display());
    let site = Site::start(
        place,
        &[
            "--proxy",
            &server.named("d"),
            "--proxy",
            &other.named("e"),
            "--upstream-header",
            &header,
        ],
    );
    let sent = |seen: &serde_json::Value| {
        seen["headers"]["authorization"]
            .as_str()
            .map(str::to_string)
    };
    assert_eq!(
        sent(&get(&site, "/proxy/d/x").await.json().await).as_deref(),
        Some("Bearer one")
    );
    assert_eq!(sent(&get(&site, "/proxy/e/x").await.json().await), None);
    std::fs::write(&file, "Bearer two").unwrap();
    assert_eq!(
        sent(&get(&site, "/proxy/d/x").await.json().await).as_deref(),
        Some("Bearer two")
    );

    server.seen();
    for text in [
        "Bearer three\r\nX-Evil: 1",
        "Bearer three\nX-Evil: 1\n",
        "Bearer three\0",
    ] {
        std::fs::write(&file, text).unwrap();
        let answer = get(&site, "/proxy/d/x").await;
        assert_eq!(answer.status, 502);
        let detail = answer.detail().await;
        assert!(
            detail.contains("the secret for d (authorization) cannot be used"),
            "{detail}"
        );
        assert!(
            !detail.contains("three") && !detail.contains(&file.display().to_string()),
            "{detail}"
        );
    }
    assert!(server.seen().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_down_is_called_by_its_name() {
    let place = Place::new();
    let file = place.join("secret");
    std::fs::write(&file, "canary").unwrap();
    let server = Upstream::start().await;
    let (named, address) = (server.named("d"), server.address.to_string());
    drop(server);
    let header = format!("d=X-Key:{}", file.display());
    let site = Site::start(place, &["--proxy", &named, "--upstream-header", &header]);
    let answer = get(&site, "/proxy/d/x?token=1").await;
    assert_eq!(answer.status, 502);
    let detail = answer.detail().await;
    assert!(detail.starts_with("d cannot be reached: "), "{detail}");
    assert!(
        !detail.contains("canary") && !detail.contains(&address) && !detail.contains("token"),
        "{detail}"
    );
}

#[test]
fn what_is_wrong_is_said_at_the_start() {
    let place = Place::new();
    let file = |name: &str, text: &str| {
        std::fs::write(place.join(name), text).unwrap();
        format!("d=X-Key:{}", place.join(name).display())
    };
    let (injected, good) = (
        file("injected", "canary\r\nX-Evil: 1"),
        file("good", "canary"),
    );
    let d = "d=http://127.0.0.1:9";
    for (args, words) in [
        (vec!["--proxy", d, "--proxy", d], "two of that name"),
        (vec!["--proxy", d, "--dagster", d], "two of that name"),
        (vec!["--dagster", d, "--flyte", d], "two of that name"),
        (
            vec!["--dagster", "local=http://127.0.0.1:9"],
            "two sources of that name",
        ),
        (
            vec!["--flyte", "local=http://127.0.0.1:9"],
            "two sources of that name",
        ),
        (vec!["--proxy", "d=ftp://x"], "http(s)://"),
        (vec!["--proxy", "d=http://u:p@x"], "--upstream-header"),
        (vec!["--proxy", "../x=http://x"], "is no name"),
        (
            vec!["--upstream-header", &good],
            "there is no --proxy, --dagster or --flyte d=URL",
        ),
        (
            vec!["--proxy", d, "--upstream-header", &injected],
            "one line without control characters",
        ),
        (
            vec!["--proxy", d, "--upstream-header", "d=X-Key:/nowhere/x"],
            "cannot be read",
        ),
        (
            vec!["--proxy", d, "--upstream-header", "d=Host:/nowhere/x"],
            "connection's own",
        ),
        (
            vec!["--proxy", d, "--upstream-header", "d=A\r\nB:/nowhere/x"],
            "no name of a header",
        ),
    ] {
        let said = refused(&args);
        assert!(
            said.contains(words) && !said.contains("canary"),
            "{args:?}: {said}"
        );
    }
    drop(bridge(&["--proxy", d, "--upstream-header", &good]));
}
