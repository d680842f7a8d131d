//! The ports over real sockets on a runtime of one thread: HTTP/1.1, one connection for each request, bodies as they come.

use std::cell::Cell;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;
use futures_util::stream::{self, StreamExt as _};
use runboard_core::model::Timestamp;
use runboard_core::net::retry::parse_http_date;
use runboard_core::net::{
    Clock, Head, Request, Response, StreamResponse, Transport, TransportError,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

pub(crate) struct Wire;

thread_local! {
    /// Streams that are held in this test, and the most at once. The service learns only later of one that was given up.
    static HELD: Cell<(usize, usize)> = const { Cell::new((0, 0)) };
}

/// The most streams that this test has held at once.
pub(crate) fn most_streams() -> usize {
    HELD.get().1
}

struct Held;

impl Held {
    fn new() -> Held {
        let (now, most) = HELD.get();
        HELD.set((now + 1, most.max(now + 1)));
        Held
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let (now, most) = HELD.get();
        HELD.set((now - 1, most));
    }
}

impl Transport for Wire {
    fn send(
        &self,
        request: Request,
        _: usize,
    ) -> LocalBoxFuture<'static, Result<Response, TransportError>> {
        async move {
            let (head, mut body) = exchange(request).await?;
            let mut bytes = Vec::new();
            while let Some(chunk) = body.chunk().await? {
                bytes.extend(chunk);
            }
            Ok(Response { head, body: bytes })
        }
        .boxed_local()
    }

    fn stream(
        &self,
        request: Request,
    ) -> LocalBoxFuture<'static, Result<StreamResponse, TransportError>> {
        async move {
            let held = Held::new();
            let (head, body) = exchange(request).await?;
            let body = stream::unfold(Some((body, held)), |body| async move {
                let (mut body, held) = body?;
                match body.chunk().await {
                    Ok(None) => None,
                    Ok(Some(chunk)) => Some((Ok(chunk), Some((body, held)))),
                    Err(error) => Some((Err(error), None)),
                }
            });
            Ok(StreamResponse {
                head,
                body: body.boxed_local(),
            })
        }
        .boxed_local()
    }
}

enum Rest {
    Bytes(usize),
    Chunks,
    UntilClosed,
    Nothing,
}

struct Body {
    socket: TcpStream,
    held: Vec<u8>,
    rest: Rest,
}

fn lost(why: impl std::fmt::Display) -> TransportError {
    TransportError::Unreachable(why.to_string())
}

impl Body {
    /// Reads more from the socket; false: it was closed.
    async fn more(&mut self) -> Result<bool, TransportError> {
        let mut bytes = vec![0; 64 << 10];
        let count = self.socket.read(&mut bytes).await.map_err(lost)?;
        self.held.extend(&bytes[..count]);
        Ok(count > 0)
    }

    async fn chunk(&mut self) -> Result<Option<Vec<u8>>, TransportError> {
        loop {
            match self.rest {
                Rest::Nothing | Rest::Bytes(0) => return Ok(None),
                Rest::Bytes(left) if !self.held.is_empty() => {
                    let part: Vec<u8> = self.held.drain(..left.min(self.held.len())).collect();
                    self.rest = Rest::Bytes(left - part.len());
                    return Ok(Some(part));
                }
                Rest::UntilClosed if !self.held.is_empty() => {
                    return Ok(Some(std::mem::take(&mut self.held)));
                }
                Rest::Chunks => {
                    let line = self.held.windows(2).position(|two| two == b"\r\n");
                    if let Some(line) = line {
                        let size = String::from_utf8_lossy(&self.held[..line]).into_owned();
                        let size = usize::from_str_radix(size.trim(), 16).map_err(lost)?;
                        if self.held.len() >= line + 2 + size + 2 {
                            let chunk = self.held[line + 2..line + 2 + size].to_vec();
                            self.held.drain(..line + 2 + size + 2);
                            if size == 0 {
                                self.rest = Rest::Nothing;
                                return Ok(None);
                            }
                            return Ok(Some(chunk));
                        }
                    }
                }
                _ => {}
            }
            if !self.more().await? {
                return match self.rest {
                    Rest::UntilClosed => Ok(None),
                    _ => Err(lost("closed in the middle")),
                };
            }
        }
    }
}

async fn exchange(request: Request) -> Result<(Head, Body), TransportError> {
    let rest = request
        .url
        .strip_prefix("http://")
        .ok_or_else(|| lost(&request.url))?;
    let (host, path) = rest.split_at(rest.find('/').unwrap());
    let mut socket = TcpStream::connect(host).await.map_err(lost)?;
    let mut head = format!(
        "{} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n",
        request.method
    );
    for (name, value) in &request.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    let bytes = request.body.unwrap_or_default();
    head.push_str(&format!("Content-Length: {}\r\n\r\n", bytes.len()));
    socket.write_all(head.as_bytes()).await.map_err(lost)?;
    socket.write_all(&bytes).await.map_err(lost)?;
    let mut body = Body {
        socket,
        held: Vec::new(),
        rest: Rest::UntilClosed,
    };
    let end = loop {
        if let Some(end) = body.held.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
        if !body.more().await? {
            return Err(lost("closed before an answer"));
        }
    };
    let head = String::from_utf8_lossy(&body.held[..end]).into_owned();
    body.held.drain(..end + 4);
    let header = |name: &str| {
        head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name)
                .then(|| value.trim().to_string())
        })
    };
    body.rest = match (header("transfer-encoding"), header("content-length")) {
        (Some(coding), _) if coding == "chunked" => Rest::Chunks,
        (_, Some(length)) => Rest::Bytes(length.parse().map_err(lost)?),
        _ => Rest::UntilClosed,
    };
    let head = Head {
        status: head.split(' ').nth(1).unwrap().parse().map_err(lost)?,
        content_type: header("content-type").unwrap_or_default(),
        retry_after: header("retry-after"),
        date: header("date").as_deref().and_then(parse_http_date),
        ..Head::default()
    };
    Ok((head, body))
}

/// The real clock, on which waits are shorter: what the adapter does every few seconds happens sooner.
pub(crate) struct Fast(pub(crate) u32);

impl Clock for Fast {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        Timestamp(since.as_micros() as i64)
    }

    fn sleep(&self, duration: Duration) -> LocalBoxFuture<'static, ()> {
        tokio::time::sleep(duration / self.0).boxed_local()
    }

    fn random(&self) -> f64 {
        0.0
    }
}
