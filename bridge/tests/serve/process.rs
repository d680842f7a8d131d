//! The program itself: what it says when it cannot start, and how it goes.

use std::net::TcpListener;

use super::site::{Place, Site, refused};

#[test]
fn what_is_wrong_is_said_in_one_line() {
    let place = Place::new();
    let dist = place.join("dist").display().to_string();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for (name, text) in [
        ("broken.json", "{\"sources\": [\n{]}"),
        ("empty.json", "{}"),
        (
            "odd.json",
            "{\"sources\": [{\"url\": \"javascript:alert(1)\"}]}",
        ),
    ] {
        std::fs::write(place.join(name), text).unwrap();
    }
    let file = |name: &str| place.join(name).display().to_string();
    for (args, words) in [
        (
            vec!["--listen", &address, "--dist", &dist],
            "is in use by another program",
        ),
        (
            vec!["--listen", "0.0.0.0:0", "--dist", &dist],
            "is not a loopback address",
        ),
        (
            vec!["--listen", "127.0.0.1:0", "--dist", "/nowhere"],
            "holds no built app",
        ),
        (
            vec![
                "--listen",
                "127.0.0.1:0",
                "--dist",
                &dist,
                "--config",
                &file("broken.json"),
            ],
            "broken.json:2:2: ",
        ),
        (
            vec![
                "--listen",
                "127.0.0.1:0",
                "--dist",
                &dist,
                "--config",
                &file("none.json"),
            ],
            "cannot be read",
        ),
        (
            vec![
                "--listen",
                "127.0.0.1:0",
                "--dist",
                &dist,
                "--config",
                &file("empty.json"),
            ],
            "\"sources\" is missing",
        ),
        (
            vec![
                "--listen",
                "127.0.0.1:0",
                "--dist",
                &dist,
                "--config",
                &file("odd.json"),
            ],
            "neither http(s) nor relative",
        ),
        (
            vec![
                "--listen",
                "127.0.0.1:0",
                "--dist",
                &dist,
                "--history",
                "a=x",
                "--history",
                "a=y",
            ],
            "two sources of that name",
        ),
    ] {
        let said = refused(&place, &args);
        assert!(
            said.starts_with("runboard-bridge: ")
                && said.contains(words)
                && said.trim_end().lines().count() == 1,
            "{args:?}: {said}"
        );
    }
    for name in ["local=x", "runs=x", "a/b=x", "x", "=x", "..=x"] {
        assert!(
            refused(&place, &["--history", name]).contains("--history"),
            "{name}"
        );
    }
}

#[cfg(unix)]
#[test]
fn it_goes_when_it_is_told_to_even_while_streams_are_open() {
    for signal in ["-INT", "-TERM"] {
        let mut site = Site::start(Place::new(), &[]);
        let mut stream = site.stream("topic=runs");
        stream.until_named("live");
        let sent = std::process::Command::new("kill")
            .args([signal, &site.child.id().to_string()])
            .status()
            .unwrap();
        assert!(sent.success());
        assert!(site.child.wait().unwrap().success(), "{signal}");
        while stream.read() {}
    }
}
