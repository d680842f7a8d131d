//! Servers that speak https: only those whose certificate is trusted.

use std::process::Stdio;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use super::ask::get;
use super::site::{Place, Site, bridge};

/// A server that answers every request alike, and its certificate.
async fn server() -> (u16, String) {
    let rcgen::CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed(["localhost".to_string()]).unwrap();
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            // A client that does not trust us ends here.
            let Ok(mut socket) = acceptor.accept(socket).await else {
                continue;
            };
            let mut request = vec![0; 4096];
            if socket.read(&mut request).await.is_ok_and(|len| len > 0) {
                socket
                    .write_all(
                        b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\nsecret",
                    )
                    .await
                    .unwrap();
                let _ = socket.shutdown().await;
            }
        }
    });
    (port, cert.pem())
}

/// A bridge that trusts the certificates in this file alone.
fn trusting(place: Place, port: u16, certificates: &str) -> Site {
    let file = place.join("roots.pem");
    std::fs::write(&file, certificates).unwrap();
    let named = format!("d=https://localhost:{port}");
    let (file, none) = (
        file.display().to_string(),
        place.join("dist").display().to_string(),
    );
    Site::start_with(
        place,
        &["--proxy", &named],
        &[("SSL_CERT_FILE", &file), ("SSL_CERT_DIR", &none)],
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_trusted_or_nothing_passes() {
    let (port, certificate) = server().await;
    let (_, other) = server().await;
    let site = trusting(Place::new(), port, &certificate);
    assert_eq!(get(&site, "/proxy/d/x").await.text().await, "secret");
    let site = trusting(Place::new(), port, &other);
    let answer = get(&site, "/proxy/d/x").await;
    assert_eq!(answer.status, 502);
    let detail = answer.detail().await;
    assert!(
        detail.starts_with("d cannot be reached: invalid peer certificate"),
        "{detail}"
    );
}

#[test]
fn without_anything_to_trust_it_does_not_start() {
    let place = Place::new();
    let file = place.join("roots.pem");
    std::fs::write(&file, "").unwrap();
    let output = bridge()
        .args([
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--proxy",
            "d=https://localhost:1",
            "--dist",
        ])
        .arg(place.join("dist"))
        .env("SSL_CERT_FILE", &file)
        .env("SSL_CERT_DIR", place.join("dist"))
        .stdout(Stdio::piped())
        .output();
    let said = String::from_utf8(output.unwrap().stderr).unwrap();
    assert!(
        said.contains("https needs certificates to trust") && said.trim_end().lines().count() == 1,
        "{said}"
    );
}
