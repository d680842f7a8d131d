//! [`FetchTransport`]: requests and streams by `fetch`. Dropping a future or a body aborts the request.

use std::time::Duration;

use futures_util::future::LocalBoxFuture;
use futures_util::stream::{self, LocalBoxStream};
use futures_util::{FutureExt as _, StreamExt as _};
use gloo_net::http::{Headers, RequestBuilder, Response as FetchResponse};
use js_sys::Uint8Array;
use runboard_core::net::{
    Head, Request, Response, Socket, StreamResponse, Transport, TransportError,
};
use wasm_bindgen::JsCast as _;
use web_sys::{AbortController, ReadableStreamDefaultReader};

use super::socket;

/// Bytes of a body that are handed on at once.
const PART: u32 = 131_072;

/// Requests by the browser's `fetch`.
#[derive(Clone, Copy, Debug)]
pub struct FetchTransport;

/// Aborts its request when dropped.
struct Aborter(Option<AbortController>);

impl Aborter {
    fn new() -> Aborter {
        Aborter(AbortController::new().ok())
    }
}

impl Drop for Aborter {
    fn drop(&mut self) {
        if let Some(controller) = &self.0 {
            controller.abort();
        }
    }
}

/// A body being read. Dropping it cancels the stream and aborts the request.
struct Body {
    reader: Option<ReadableStreamDefaultReader>,
    /// What came last, and how much of it was handed on. Browsers give what has gathered while they waited: megabytes at once.
    came: Uint8Array,
    taken: u32,
    _aborter: Aborter,
}

impl Body {
    async fn next(&mut self) -> Option<Result<Vec<u8>, TransportError>> {
        if self.taken < self.came.length() {
            return Some(Ok(self.part()));
        }
        let reader = self.reader.as_ref()?;
        let step = match wasm_bindgen_futures::JsFuture::from(reader.read()).await {
            Ok(step) => step,
            Err(_) => {
                self.reader = None;
                return Some(Err(TransportError::Unreachable(
                    "the connection broke".into(),
                )));
            }
        };
        let done = js_sys::Reflect::get(&step, &"done".into()).is_ok_and(|done| done.is_truthy());
        if done {
            self.reader = None;
            return None;
        }
        let value = js_sys::Reflect::get(&step, &"value".into()).ok()?;
        (self.came, self.taken) = (value.dyn_into().unwrap_or_default(), 0);
        Some(Ok(self.part()))
    }

    fn part(&mut self) -> Vec<u8> {
        let end = self.came.length().min(self.taken + PART);
        let part = self.came.subarray(self.taken, end).to_vec();
        self.taken = end;
        part
    }
}

fn head(response: &FetchResponse) -> Head {
    let header = |name: &str| response.headers().get(name);
    let date = header("date").and_then(|text| {
        let ms = js_sys::Date::parse(&text);
        ms.is_finite()
            .then_some(runboard_core::model::Timestamp((ms * 1000.0) as i64))
    });
    Head {
        status: response.status(),
        content_type: header("content-type")
            .unwrap_or_default()
            .to_ascii_lowercase(),
        retry_after: header("retry-after"),
        date,
        // Of a packed body it is the packed one's.
        length: match header("content-encoding") {
            None => header("content-length").and_then(|text| text.parse().ok()),
            Some(_) => None,
        },
    }
}

async fn open(request: Request, aborter: &Aborter) -> Result<FetchResponse, TransportError> {
    let headers = Headers::new();
    for (name, value) in &request.headers {
        headers.set(name, value);
    }
    let signal = aborter.0.as_ref().map(AbortController::signal);
    let method = gloo_net::http::Method::from_bytes(request.method.as_bytes()).unwrap_or_default();
    let builder = RequestBuilder::new(&request.url)
        .method(method)
        .headers(headers)
        .cache(web_sys::RequestCache::NoStore)
        .abort_signal(signal.as_ref());
    let built = match request.body {
        Some(body) => builder.body(Uint8Array::from(body.as_slice())),
        None => builder.build(),
    };
    // Browsers tell scripts nothing but "failed", each in words of its own.
    let failed = |_| TransportError::Unreachable(nobody(&request.url).into());
    built.map_err(failed)?.send().await.map_err(failed)
}

/// Why a request may have had no answer.
fn nobody(url: &str) -> &'static str {
    let elsewhere = web_sys::window().is_some_and(|window| {
        let location = window.location();
        let (Ok(here), Ok(origin)) = (location.href(), location.origin()) else {
            return false;
        };
        web_sys::Url::new_with_base(url, &here).is_ok_and(|url| url.origin() != origin)
    });
    if elsewhere {
        "nothing answers, or it lets no page of another origin ask (CORS, or this page's CSP): give it to the bridge, or put both behind one reverse proxy"
    } else {
        "nothing answers"
    }
}

fn body(response: &FetchResponse, aborter: Aborter) -> Body {
    let reader = response.body().and_then(|stream| {
        stream
            .get_reader()
            .dyn_into::<ReadableStreamDefaultReader>()
            .ok()
    });
    Body {
        reader,
        came: Uint8Array::default(),
        taken: 0,
        _aborter: aborter,
    }
}

fn chunks(body: Body) -> LocalBoxStream<'static, Result<Vec<u8>, TransportError>> {
    stream::unfold(body, |mut body| async move {
        body.next().await.map(|chunk| (chunk, body))
    })
    .boxed_local()
}

impl Transport for FetchTransport {
    fn send(
        &self,
        request: Request,
        max_bytes: usize,
    ) -> LocalBoxFuture<'static, Result<Response, TransportError>> {
        async move {
            let aborter = Aborter::new();
            let response = open(request, &aborter).await?;
            let head = head(&response);
            let mut chunks = body(&response, aborter);
            let mut bytes = Vec::new();
            while let Some(chunk) = chunks.next().await {
                bytes.extend_from_slice(&chunk?);
                if bytes.len() > max_bytes {
                    return Err(TransportError::TooLarge { limit: max_bytes });
                }
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
            let aborter = Aborter::new();
            let response = open(request, &aborter).await?;
            let head = head(&response);
            Ok(StreamResponse {
                head,
                body: chunks(body(&response, aborter)),
            })
        }
        .boxed_local()
    }

    fn socket(
        &self,
        url: &str,
        protocols: &[&str],
        tick: Duration,
    ) -> LocalBoxFuture<'static, Result<Socket, TransportError>> {
        socket::open(url, protocols, tick).boxed_local()
    }
}
