//! A small HTTP client that shows every byte.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use runboard_core::net::sse::{SseItem, SseParser};
use serde_json::Value;

/// Nothing in these tests takes so long unless it hangs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A whole answer.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(found, _)| found == name)
            .map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&self.body)))
    }
}

/// An answer whose body is still coming.
pub(crate) struct Body {
    socket: TcpStream,
    raw: Vec<u8>,
    chunked: bool,
    left: Option<usize>,
}

/// Sends one request and reads the head of its answer.
pub(crate) fn open(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
) -> (u16, Vec<(String, String)>, Body) {
    open_with(address, method, path, headers, "")
}

fn open_with(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> (u16, Vec<(String, String)>, Body) {
    let mut socket = TcpStream::connect(address).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut text = format!("{method} {path} HTTP/1.1\r\n");
    if !headers
        .iter()
        .any(|(name, _)| name.eq_ignore_ascii_case("host"))
    {
        text.push_str(&format!("Host: {address}\r\n"));
    }
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str("Connection: close\r\n\r\n");
    text.push_str(body);
    socket.write_all(text.as_bytes()).unwrap();
    let mut raw = Vec::new();
    let end = loop {
        if let Some(end) = raw.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
        let mut piece = [0; 4096];
        let len = socket.read(&mut piece).unwrap();
        assert!(
            len > 0,
            "{method} {path}: the connection ended within the head: {}",
            String::from_utf8_lossy(&raw)
        );
        raw.extend_from_slice(&piece[..len]);
    };
    let head = String::from_utf8(raw[..end].to_vec()).unwrap();
    raw.drain(..end + 4);
    let mut lines = head.lines();
    let status = lines
        .next()
        .unwrap()
        .split(' ')
        .nth(1)
        .unwrap()
        .parse()
        .unwrap();
    let headers: Vec<(String, String)> = lines
        .map(|line| line.split_once(": ").unwrap())
        .map(|(name, value)| (name.to_lowercase(), value.to_string()))
        .collect();
    let of = |name: &str| {
        headers
            .iter()
            .find(|(found, _)| found == name)
            .map(|(_, value)| value.as_str())
    };
    let none = method == "HEAD" || status == 304;
    let left = if none {
        Some(0)
    } else {
        of("content-length").map(|len| len.parse().unwrap())
    };
    let body = Body {
        socket,
        raw,
        chunked: !none && of("transfer-encoding") == Some("chunked"),
        left,
    };
    (status, headers, body)
}

pub(crate) const JSON: (&str, &str) = ("Content-Type", "application/json");
pub(crate) const MARK: (&str, &str) = ("X-Runboard", "1");

/// Sends a request with a body and reads the whole answer.
pub(crate) fn send(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Reply {
    let len = body.len().to_string();
    let mut all = vec![("Content-Length", len.as_str())];
    all.extend(headers);
    let (status, headers, body) = open_with(address, method, path, &all, body);
    Reply {
        status,
        headers,
        body: body.whole(),
    }
}

impl Body {
    /// The next bytes; empty at the end.
    pub(crate) fn next(&mut self) -> Vec<u8> {
        if !self.chunked {
            if self.raw.is_empty() && self.left != Some(0) {
                self.fill();
            }
            let piece = std::mem::take(&mut self.raw);
            if let Some(left) = &mut self.left {
                *left -= piece.len();
            }
            return piece;
        }
        let end = loop {
            if let Some(end) = self.raw.windows(2).position(|two| two == b"\r\n") {
                break end;
            }
            if !self.fill() {
                return Vec::new();
            }
        };
        let len =
            usize::from_str_radix(std::str::from_utf8(&self.raw[..end]).unwrap(), 16).unwrap();
        while self.raw.len() < end + 2 + len + 2 {
            if !self.fill() {
                return Vec::new();
            }
        }
        let chunk = self.raw[end + 2..end + 2 + len].to_vec();
        self.raw.drain(..end + 2 + len + 2);
        chunk
    }

    fn fill(&mut self) -> bool {
        let mut piece = [0; 65536];
        match self.socket.read(&mut piece) {
            Ok(len) => {
                self.raw.extend_from_slice(&piece[..len]);
                len > 0
            }
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => false,
            Err(error) => panic!("nothing came for {PATIENCE:?}: {error}"),
        }
    }

    pub(crate) fn whole(mut self) -> Vec<u8> {
        let mut all = Vec::new();
        loop {
            let piece = self.next();
            if piece.is_empty() {
                return all;
            }
            all.extend_from_slice(&piece);
        }
    }
}

/// One event of a stream.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) name: String,
    pub(crate) data: Value,
    pub(crate) id: String,
}

/// A stream that is being read.
pub(crate) struct Stream {
    body: Body,
    parser: SseParser,
    ready: std::collections::VecDeque<Event>,
    pub(crate) beats: usize,
    /// Give up after so many bytes, as a broken connection does.
    pub(crate) cut: Option<usize>,
}

impl Stream {
    pub(crate) fn new(body: Body) -> Stream {
        Stream {
            body,
            parser: SseParser::new(1 << 24),
            ready: std::collections::VecDeque::new(),
            beats: 0,
            cut: None,
        }
    }

    /// The next event; `None`: the stream ended or was cut.
    pub(crate) fn next(&mut self) -> Option<Event> {
        let begun = Instant::now();
        loop {
            // Beats go on for ever, so the socket's own patience does not end a wait for an event that never comes.
            assert!(begun.elapsed() < PATIENCE, "no event for {PATIENCE:?}");
            if let Some(event) = self.ready.pop_front() {
                return Some(event);
            }
            if !self.read() {
                return None;
            }
        }
    }

    /// Reads some bytes, and counts the beats among them.
    pub(crate) fn read(&mut self) -> bool {
        if self.cut == Some(0) {
            return false;
        }
        let mut bytes = self.body.next();
        if let Some(cut) = &mut self.cut {
            bytes.truncate(*cut);
            *cut -= bytes.len();
        }
        let (ready, beats) = (&mut self.ready, &mut self.beats);
        self.parser.push(&bytes, &mut |item| match item {
            SseItem::Event {
                event,
                data,
                last_event_id,
            } => {
                ready.push_back(Event {
                    name: event.into(),
                    data: serde_json::from_str(data).unwrap(),
                    id: last_event_id.into(),
                });
            }
            SseItem::Comment => *beats += 1,
            SseItem::Oversized { bytes } => panic!("an event of {bytes} bytes"),
        });
        !bytes.is_empty()
    }

    /// Reads on until an event is the one that is waited for, and gives all up to it.
    pub(crate) fn until(&mut self, wanted: impl Fn(&Event) -> bool) -> Vec<Event> {
        let mut seen = Vec::new();
        while let Some(event) = self.next() {
            let found = wanted(&event);
            seen.push(event);
            if found {
                return seen;
            }
        }
        panic!("the stream ended before what was waited for: {seen:?}");
    }

    pub(crate) fn until_named(&mut self, name: &str) -> Vec<Event> {
        self.until(|event| event.name == name)
    }
}
