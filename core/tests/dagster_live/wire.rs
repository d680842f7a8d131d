//! A Transport over a plain socket that waits for each answer, so that an adapter's future is ready at once.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::{self, LocalBoxFuture};
use runboard_core::net::retry::parse_http_date;
use runboard_core::net::{
    Head, Request, Response, Socket, StreamResponse, Transport, TransportError,
};

/// One connection for each request, and websockets.
pub(crate) struct Wire;

/// Where websockets are blocked.
pub(crate) struct NoSockets;

impl Transport for NoSockets {
    fn send(
        &self,
        request: Request,
        most: usize,
    ) -> LocalBoxFuture<'static, Result<Response, TransportError>> {
        Wire.send(request, most)
    }

    fn stream(
        &self,
        request: Request,
    ) -> LocalBoxFuture<'static, Result<StreamResponse, TransportError>> {
        Wire.stream(request)
    }
}

impl Transport for Wire {
    fn send(
        &self,
        request: Request,
        _: usize,
    ) -> LocalBoxFuture<'static, Result<Response, TransportError>> {
        let answer = ask(&request).map_err(|why| TransportError::Unreachable(why.to_string()));
        future::ready(answer).boxed_local()
    }

    fn stream(
        &self,
        _: Request,
    ) -> LocalBoxFuture<'static, Result<StreamResponse, TransportError>> {
        unreachable!("nothing streams here")
    }

    fn socket(
        &self,
        url: &str,
        protocols: &[&str],
        tick: Duration,
    ) -> LocalBoxFuture<'static, Result<Socket, TransportError>> {
        future::ready(super::socket::open(url, protocols, tick)).boxed_local()
    }
}

fn ask(request: &Request) -> std::io::Result<Response> {
    let rest = request.url.strip_prefix("http://").unwrap();
    let (host, path) = rest.split_at(rest.find('/').unwrap());
    let mut socket = TcpStream::connect(host)?;
    socket.set_read_timeout(Some(Duration::from_secs(60)))?;
    let mut head = format!(
        "{} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n",
        request.method
    );
    for (name, value) in &request.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    let body = request.body.clone().unwrap_or_default();
    head.push_str(&format!("Content-Length: {}\r\n\r\n", body.len()));
    socket.write_all(head.as_bytes())?;
    socket.write_all(&body)?;
    let mut bytes = Vec::new();
    socket.read_to_end(&mut bytes)?;
    let end = bytes
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .unwrap();
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let header = |name: &str| {
        head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name)
                .then(|| value.trim().to_string())
        })
    };
    let mut body = bytes.split_off(end + 4);
    if header("transfer-encoding").is_some_and(|coding| coding == "chunked") {
        body = joined(&body);
    }
    Ok(Response {
        head: Head {
            status: head.split(' ').nth(1).unwrap().parse().unwrap(),
            content_type: header("content-type").unwrap_or_default(),
            date: header("date").as_deref().and_then(parse_http_date),
            ..Head::default()
        },
        body,
    })
}

/// The body of a chunked answer.
fn joined(mut chunks: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    loop {
        let line = chunks.windows(2).position(|two| two == b"\r\n").unwrap();
        let size = String::from_utf8_lossy(&chunks[..line]).into_owned();
        let size = usize::from_str_radix(size.trim(), 16).unwrap();
        if size == 0 {
            return out;
        }
        out.extend_from_slice(&chunks[line + 2..line + 2 + size]);
        chunks = &chunks[line + 2 + size + 2..];
    }
}

/// Sends a GraphQL body, as a page of the bridge's own would.
pub(crate) fn post(url: &str, body: String) -> Response {
    let request = Request {
        method: "POST",
        body: Some(body.into_bytes()),
        ..Request::get(url)
    };
    let request = request
        .header("Content-Type", "application/json")
        .header("X-Runboard", "1");
    ask(&request).unwrap()
}

pub(crate) fn get(url: &str) -> Response {
    ask(&Request::get(url)).unwrap()
}
