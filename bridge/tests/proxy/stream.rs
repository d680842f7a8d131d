//! Bodies pass as they come, in both directions; whoever cuts one is noticed on the other side.

use axum::body::{Body, Bytes};

use super::ask::{ask, bridge};
use super::client::PATIENCE;
use super::upstream::Upstream;

#[tokio::test(flavor = "multi_thread")]
async fn the_first_event_is_there_before_the_last_is_sent() {
    let server = Upstream::start().await;
    let site = bridge(&["--proxy", &server.named("d")]);
    let mut answer = ask(
        &site,
        "GET",
        "/proxy/d/stream",
        &[("accept", "text/event-stream"), ("last-event-id", "7")],
        "",
    )
    .await;
    assert_eq!(answer.header("content-type"), Some("text/event-stream"));
    assert_eq!(server.seen()[0]["headers"]["last-event-id"], "7");
    for number in 0..100 {
        let event = Bytes::from(format!("id: {number}\ndata: x\n\n"));
        server.pieces.send(Ok(event.clone())).await.unwrap();
        assert_eq!(answer.next().await.unwrap().unwrap(), event);
    }
    server
        .pieces
        .send(Err(std::io::Error::other("cut")))
        .await
        .unwrap();
    assert!(answer.next().await.unwrap().is_err(), "a cut is no end");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_of_connect_passes_byte_by_byte() {
    let mut server = Upstream::start().await;
    let site = bridge(&["--proxy", &server.named("f")]);
    let request = Bytes::from_static(b"\0\0\0\0\x02{}");
    let headers = [
        ("content-type", "application/connect+json"),
        ("connect-protocol-version", "1"),
    ];
    let mut answer = ask(
        &site,
        "POST",
        "/proxy/f/flyteidl2.workflow.RunService/WatchRuns",
        &headers,
        request,
    )
    .await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("content-type")),
        (200, Some("application/connect+json"))
    );
    assert_eq!(
        server.seen()[0]["headers"]["content-type"],
        "application/connect+json"
    );
    for piece in [&b"\0\0\0"[..], b"\0\x02{", b"}\x02\0\0\0\x02{}"] {
        server
            .pieces
            .send(Ok(Bytes::from_static(piece)))
            .await
            .unwrap();
        assert_eq!(answer.next().await.unwrap().unwrap(), piece);
    }
    // The page leaves; the server learns of it although it sends nothing.
    drop(answer);
    tokio::time::timeout(PATIENCE, server.abandoned.recv())
        .await
        .expect("the server was not told")
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_leaves_before_the_first_byte_is_noticed() {
    // A server that has nothing to say does not even send headers.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let named = format!("f=http://{}", listener.local_addr().unwrap());
    let site = bridge(&["--proxy", &named]);
    let path = "/proxy/f/flyteidl2.workflow.RunService/WatchRuns";
    let waiting = ask(&site, "POST", path, &[], "{}");
    let mut server = tokio::select! {
        _ = waiting => panic!("there was an answer"),
        accepted = listener.accept() => accepted.unwrap().0,
    };
    let mut all = Vec::new();
    let read = tokio::io::AsyncReadExt::read_to_end(&mut server, &mut all);
    let _ = tokio::time::timeout(PATIENCE, read)
        .await
        .expect("the connection stays");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_goes_up_as_it_comes() {
    let mut server = Upstream::start().await;
    let site = bridge(&["--proxy", &server.named("d"), "--allow-actions"]);
    let (pieces, to_send) = tokio::sync::mpsc::channel::<Result<Bytes, std::io::Error>>(1);
    let stream = futures_util::stream::unfold(to_send, |mut pieces| async {
        pieces.recv().await.map(|piece| (piece, pieces))
    });
    let upload = ask(
        &site,
        "POST",
        "/proxy/d/upload",
        &[("x-runboard", "1")],
        Body::from_stream(stream),
    );
    let feed = async {
        for _ in 0..10 {
            pieces.send(Ok(Bytes::from_static(b"12345"))).await.unwrap();
            let arrived = tokio::time::timeout(PATIENCE, server.arrived.recv())
                .await
                .expect("it waits for the end");
            assert_eq!(arrived, Some(5));
        }
        drop(pieces);
    };
    let (answer, ()) = tokio::join!(upload, feed);
    assert_eq!(answer.text().await, "50");
}

#[tokio::test(flavor = "multi_thread")]
async fn large_bodies_need_no_room() {
    const SIZE: usize = 256 << 20;
    let server = Upstream::start().await;
    let site = bridge(&["--proxy", &server.named("d"), "--allow-actions"]);
    let mut answer = ask(&site, "GET", &format!("/proxy/d/big?{SIZE}"), &[], "").await;
    let mut total = 0;
    while let Some(piece) = answer.next().await {
        total += piece.unwrap().len();
    }
    assert_eq!(total, SIZE);
    let piece = Bytes::from(vec![b'x'; 65536]);
    let pieces = (0..SIZE / piece.len()).map(move |_| Ok::<_, std::io::Error>(piece.clone()));
    let body = Body::from_stream(futures_util::stream::iter(pieces));
    let answer = ask(
        &site,
        "POST",
        "/proxy/d/upload",
        &[("x-runboard", "1")],
        body,
    )
    .await;
    assert_eq!(answer.text().await, SIZE.to_string());
    #[cfg(target_os = "linux")]
    {
        let status = std::fs::read_to_string(format!("/proc/{}/status", site.child.id())).unwrap();
        let peak = status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:"))
            .unwrap();
        let peak: usize = peak.trim().trim_end_matches(" kB").parse().unwrap();
        assert!(peak < SIZE / 1024 / 4, "the bridge held {peak} kB");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_dies_within_an_answer_is_noticed() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let named = format!("d=http://{}", listener.local_addr().unwrap());
    let site = bridge(&["--proxy", &named]);
    for head in [
        "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
        "Content-Length: 100\r\n\r\nabc",
    ] {
        let server = async {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut piece = [0; 4096];
            assert!(socket.read(&mut piece).await.unwrap() > 0);
            socket
                .write_all(format!("HTTP/1.1 200 OK\r\n{head}").as_bytes())
                .await
                .unwrap();
            socket
        };
        let (mut answer, socket) = tokio::join!(ask(&site, "GET", "/proxy/d/x", &[], ""), server);
        assert_eq!(answer.next().await.unwrap().unwrap(), "abc");
        drop(socket);
        assert!(answer.next().await.unwrap().is_err(), "{head}");
    }
    // One that ends the connection without a word is no answer at all.
    let server = async { drop(listener.accept().await.unwrap()) };
    let (answer, ()) = tokio::join!(ask(&site, "GET", "/proxy/d/x", &[], ""), server);
    assert_eq!(answer.status, 502);
    assert!(
        answer
            .detail()
            .await
            .starts_with("d ended the connection without an answer")
    );
}
