//! A websocket over a plain socket that waits for each frame: as much of RFC 6455 as the tests need.

use std::cell::RefCell;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::rc::Rc;
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use futures_util::stream;
use runboard_core::net::{Frame, Socket, TransportError};

struct Reading {
    socket: Rc<RefCell<TcpStream>>,
    bytes: Vec<u8>,
    tick: Duration,
    ticked: Instant,
}

fn gone(why: impl std::fmt::Display) -> TransportError {
    TransportError::Unreachable(why.to_string())
}

/// Opens one.
pub(crate) fn open(
    url: &str,
    protocols: &[&str],
    tick: Duration,
) -> Result<Socket, TransportError> {
    let rest = url.strip_prefix("http://").unwrap();
    let (host, path) = rest.split_at(rest.find('/').unwrap());
    let mut socket = TcpStream::connect(host).map_err(gone)?;
    let head = format!(
        "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nOrigin: http://{host}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: {}\r\n\r\n",
        protocols.join(", ")
    );
    socket.write_all(head.as_bytes()).map_err(gone)?;
    socket
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        if socket.read(&mut byte).map_err(gone)? == 0 {
            return Err(gone("closed before its head"));
        }
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    if !head.starts_with("HTTP/1.1 101") {
        return Err(gone(head));
    }
    let protocol = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("sec-websocket-protocol")
            .then(|| value.trim().to_string())
    });
    socket
        .set_read_timeout(Some(Duration::from_millis(100)))
        .unwrap();
    let socket = Rc::new(RefCell::new(socket));
    let reading = Reading {
        socket: socket.clone(),
        bytes: Vec::new(),
        tick,
        ticked: Instant::now(),
    };
    Ok(Socket {
        protocol: protocol.unwrap_or_default(),
        send: Box::new(move |text| {
            let _ = socket.borrow_mut().write_all(&written(1, text.as_bytes()));
        }),
        frames: stream::unfold(Some(reading), |reading| async move {
            let mut reading = reading?;
            match reading.next() {
                Ok(Some(frame)) => Some((Ok(frame), Some(reading))),
                Ok(None) => None,
                Err(error) => Some((Err(gone(error)), None)),
            }
        })
        .boxed_local(),
    })
}

/// A frame as a client sends it.
fn written(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut out = vec![0x80 | kind];
    match body.len() {
        len @ 0..126 => out.push(0x80 | len as u8),
        len => {
            out.push(0x80 | 126);
            out.extend((len as u16).to_be_bytes());
        }
    }
    let mask = [1, 2, 3, 4];
    out.extend(mask);
    out.extend(
        body.iter()
            .zip(mask.iter().cycle())
            .map(|(byte, mask)| byte ^ mask),
    );
    out
}

/// The kind and the body of a whole frame at the beginning, and its length.
fn whole(bytes: &[u8]) -> Option<(u8, Vec<u8>, usize)> {
    let (kind, short) = (bytes.first()? & 15, usize::from(bytes.get(1)? & 127));
    let (len, head) = match short {
        126 => (
            usize::from(u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?)),
            4,
        ),
        127 => (
            u64::from_be_bytes(bytes.get(2..10)?.try_into().ok()?) as usize,
            10,
        ),
        len => (len, 2),
    };
    let body = bytes.get(head..head + len)?;
    Some((kind, body.to_vec(), head + len))
}

impl Reading {
    fn next(&mut self) -> std::io::Result<Option<Frame>> {
        loop {
            if self.ticked.elapsed() >= self.tick {
                self.ticked = Instant::now();
                return Ok(Some(Frame::Tick));
            }
            if let Some((kind, body, len)) = whole(&self.bytes) {
                self.bytes.drain(..len);
                match kind {
                    1 => return Ok(Some(Frame::Text(String::from_utf8(body).unwrap()))),
                    8 => return Ok(None),
                    9 => self.socket.borrow_mut().write_all(&written(10, &body))?,
                    _ => {}
                }
                continue;
            }
            let mut piece = [0; 65536];
            let got = self.socket.borrow_mut().read(&mut piece);
            match got {
                Ok(0) => return Ok(None),
                Ok(count) => self.bytes.extend_from_slice(&piece[..count]),
                Err(error)
                    if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                Err(error) => return Err(error),
            }
        }
    }
}
