//! Whether the address can be had, and whether the bridge answers there.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpListener, TcpStream};
use std::time::Duration;

use crate::fail::{Done, Fail};

pub(crate) fn address(port: u16) -> SocketAddr {
    SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::LOCALHOST, port))
}

/// Fails in one line when somebody else has the port, before anything long begins.
pub(crate) fn check(port: u16) -> Done {
    match TcpListener::bind(address(port)) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AddrInUse => Err(taken(port)),
        Err(error) => Err(Fail::new(
            format!("port {port} cannot be used: {error}"),
            "choose another with `cargo xtask serve --port N`",
        )),
    }
}

pub(crate) fn taken(port: u16) -> Fail {
    let free = (1..=50)
        .filter_map(|step| port.checked_add(step))
        .find(|port| TcpListener::bind(address(*port)).is_ok());
    let other = free.map_or_else(|| String::from("N"), |port| port.to_string());
    Fail::new(
        format!("port {port} is in use"),
        format!("cargo xtask serve --port {other}"),
    )
}

/// Whether `GET /healthz` is answered with 200.
pub(crate) fn healthy(port: u16) -> bool {
    ask(port).is_some_and(|answer| answer.starts_with("HTTP/1.1 200"))
}

fn ask(port: u16) -> Option<String> {
    let wait = Duration::from_secs(2);
    let mut stream = TcpStream::connect_timeout(&address(port), wait).ok()?;
    stream.set_read_timeout(Some(wait)).ok()?;
    stream.set_write_timeout(Some(wait)).ok()?;
    let request = format!(
        "GET /healthz HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n",
        address(port)
    );
    stream.write_all(request.as_bytes()).ok()?;
    let mut head = [0; 12];
    stream.read_exact(&mut head).ok()?;
    Some(String::from_utf8_lossy(&head).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_in_use_is_said_with_a_free_one() {
        let holder = TcpListener::bind(address(0)).unwrap();
        let port = holder.local_addr().unwrap().port();
        let error = check(port).unwrap_err().to_string();
        assert!(
            error.starts_with(&format!(
                "port {port} is in use -> cargo xtask serve --port "
            )),
            "{error}"
        );
        drop(holder);
        check(port).unwrap();
    }

    #[test]
    fn only_an_answer_with_200_is_healthy() {
        for (answer, good) in [
            ("HTTP/1.1 200 OK\r\n\r\n", true),
            ("HTTP/1.1 503 Busy\r\n\r\n", false),
            ("", false),
        ] {
            let server = TcpListener::bind(address(0)).unwrap();
            let port = server.local_addr().unwrap().port();
            let thread = std::thread::spawn(move || {
                let (mut stream, _) = server.accept().unwrap();
                let _ = stream.read(&mut [0; 512]);
                stream.write_all(answer.as_bytes()).unwrap();
            });
            assert_eq!(healthy(port), good, "{answer}");
            thread.join().unwrap();
        }
    }
}
