//! A client that reads answers while they come.

use axum::body::{Body, Bytes, HttpBody, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

use super::client::PATIENCE;
use super::site::{Place, Site};

/// A bridge with these arguments, over an empty folder.
pub(crate) fn bridge(args: &[&str]) -> Site {
    Site::start(Place::new(), args)
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Body,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The next piece of the body, `None` at its end, an error when it was cut.
    pub(crate) async fn next(&mut self) -> Option<Result<Bytes, axum::Error>> {
        loop {
            let body = &mut self.body;
            let frame =
                std::future::poll_fn(|context| std::pin::Pin::new(&mut *body).poll_frame(context));
            let frame = tokio::time::timeout(PATIENCE, frame)
                .await
                .expect("nothing came");
            match frame? {
                Ok(frame) => match frame.into_data() {
                    Ok(data) => return Some(Ok(data)),
                    Err(_) => continue,
                },
                Err(error) => return Some(Err(error)),
            }
        }
    }

    pub(crate) async fn text(self) -> String {
        let all = tokio::time::timeout(PATIENCE, to_bytes(self.body, usize::MAX));
        String::from_utf8(all.await.expect("no end came").unwrap().to_vec()).unwrap()
    }

    pub(crate) async fn json(self) -> Value {
        let text = self.text().await;
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    /// The words of a refusal.
    pub(crate) async fn detail(self) -> String {
        assert_eq!(
            self.header("content-type"),
            Some("application/problem+json"),
            "{}",
            self.status
        );
        self.json().await["detail"].as_str().unwrap().to_string()
    }
}

pub(crate) async fn ask(
    site: &Site,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: impl Into<Body>,
) -> Answer {
    let mut request = Request::builder()
        .method(method)
        .uri(format!("http://{}{path}", site.address));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let client = Client::builder(TokioExecutor::new()).build_http();
    let answer = client.request(request.body(body.into()).unwrap());
    let answer = tokio::time::timeout(PATIENCE, answer)
        .await
        .expect("no answer came")
        .unwrap();
    let (parts, body) = answer.into_parts();
    Answer {
        status: parts.status,
        headers: parts.headers,
        body: Body::new(body),
    }
}

pub(crate) async fn get(site: &Site, path: &str) -> Answer {
    ask(site, "GET", path, &[], Body::empty()).await
}

pub(crate) async fn post(site: &Site, path: &str, body: &str) -> Answer {
    ask(
        site,
        "POST",
        path,
        &[("content-type", "application/json")],
        body.to_string(),
    )
    .await
}
