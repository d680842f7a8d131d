//! A file that the user opened or dropped on the page, as something to ask for bytes: slice by slice, and only what is asked for.

use futures_util::FutureExt as _;
use futures_util::future::{self, LocalBoxFuture};
use futures_util::stream::{self, StreamExt as _};
use js_sys::Uint8Array;
use runboard_core::net::{Head, Request, Response, StreamResponse, Transport, TransportError};
use wasm_bindgen_futures::JsFuture;

use super::pick::Picked;

/// Bytes of one slice: what is read of it takes a few milliseconds.
const SLICE: f64 = 131_072.0;

/// The file. Without a handle, what is written behind its end after it was opened is not seen, and once it has changed browsers refuse to read it.
pub struct DiskFile(pub Picked);

/// `bytes=FROM-TO` as places, the second one behind the last byte.
fn range(request: &Request, size: f64) -> Option<(f64, f64)> {
    let (_, value) = request.headers.iter().find(|(name, _)| *name == "Range")?;
    let (from, to) = value.strip_prefix("bytes=")?.split_once('-')?;
    // Whole numbers: reading others would bring kilobytes of tables along.
    let number = |text: &str| text.parse::<u64>().ok().map(|number| number as f64);
    let to = number(to).map_or(size, |to| size.min(to + 1.0));
    Some((number(from)?, to))
}

async fn slice(file: &web_sys::File, from: f64, to: f64) -> Result<Vec<u8>, TransportError> {
    let changed = || {
        TransportError::Unreachable(
            "the file has changed since it was opened: open it again".into(),
        )
    };
    let part = file
        .slice_with_f64_and_f64(from, to)
        .map_err(|_| changed())?;
    let bytes = JsFuture::from(part.array_buffer())
        .await
        .map_err(|_| changed())?;
    Ok(Uint8Array::new(&bytes).to_vec())
}

impl Transport for DiskFile {
    fn send(
        &self,
        _: Request,
        _: usize,
    ) -> LocalBoxFuture<'static, Result<Response, TransportError>> {
        let words = "a file is no server";
        future::ready(Err(TransportError::Unreachable(words.into()))).boxed_local()
    }

    fn stream(
        &self,
        request: Request,
    ) -> LocalBoxFuture<'static, Result<StreamResponse, TransportError>> {
        let picked = self.0.clone();
        async move { Ok(answer(picked.now().await, &request)) }.boxed_local()
    }
}

fn answer(file: web_sys::File, request: &Request) -> StreamResponse {
    let size = file.size();
    let asked = range(request, size);
    let (status, from, to) = match asked {
        Some((from, _)) if from >= size => (416, size, size),
        Some((from, to)) => (206, from, to),
        None => (200, 0.0, size),
    };
    let body = stream::unfold(from, move |at| {
        let file = file.clone();
        async move {
            let end = to.min(at + SLICE);
            (at < to).then_some(())?;
            Some((slice(&file, at, end).await, end))
        }
    });
    StreamResponse {
        head: Head {
            status,
            length: Some((to - from) as u64),
            ..Head::default()
        },
        body: body.boxed_local(),
    }
}
