//! `runs/{id}/log`: the whole log as bytes, by `Range`.

use std::fs::File;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use futures_util::stream;

use super::blocking;
use super::problem::Problem;
use super::query::Query;
use super::runs::find;
use crate::cursor;
use crate::source::{Source, Stamp, read_at};

const CHUNK: u64 = 256 * 1024;

pub(crate) async fn get(
    source: &Arc<Source>,
    id: &str,
    _: Query,
    headers: &HeaderMap,
) -> Result<Response<Body>, Problem> {
    let (source, run) = (source.clone(), id.to_string());
    let (file, len) = blocking(move || {
        let log = find(&source, &run)?.log;
        let none = || Problem::new(StatusCode::NOT_FOUND, format!("run {run} has no log"));
        let path = log.ok_or_else(none)?;
        Stamp::of(&path).ok_or_else(none)?;
        let file = File::open(&path).map_err(|_| none())?;
        let len = file.metadata().map_err(Problem::broken)?.len();
        Ok((file, len))
    })
    .await?;
    // We send no tag that a condition could name.
    let plain = !headers.contains_key(header::IF_RANGE);
    let asked = headers
        .get(header::RANGE)
        .filter(|_| plain)
        .and_then(|value| value.to_str().ok())
        .and_then(|text| range(text, len));
    let mut response = Response::new(Body::empty());
    let (from, to) = match asked {
        Some(None) => {
            let mut response = Problem::new(
                StatusCode::RANGE_NOT_SATISFIABLE,
                format!("the log has {len} bytes"),
            )
            .into_response();
            insert(
                response.headers_mut(),
                header::CONTENT_RANGE,
                format!("bytes */{len}"),
            );
            return Ok(response);
        }
        Some(Some((from, to))) => {
            *response.status_mut() = StatusCode::PARTIAL_CONTENT;
            insert(
                response.headers_mut(),
                header::CONTENT_RANGE,
                format!("bytes {from}-{}/{len}", to.saturating_sub(1)),
            );
            (from, to)
        }
        None => (0, len),
    };
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    insert(headers, header::CONTENT_LENGTH, (to - from).to_string());
    insert(
        headers,
        header::CONTENT_DISPOSITION,
        format!("inline; filename=\"{}.log.tsv\"", cursor::encode(id)),
    );
    *response.body_mut() = body(Arc::new(file), from, to);
    Ok(response)
}

fn insert(headers: &mut HeaderMap, name: header::HeaderName, value: String) {
    if let Ok(value) = HeaderValue::from_str(&value) {
        headers.insert(name, value);
    }
}

/// One byte range as `(from, to)`; `Some(None)`: it lies behind the end. Anything else than one range means the whole.
fn range(text: &str, len: u64) -> Option<Option<(u64, u64)>> {
    let (from, to) = text.strip_prefix("bytes=")?.split_once('-')?;
    let (from, to) = (from.trim(), to.trim());
    let number = |text: &str| text.parse::<u64>().ok();
    if from.is_empty() {
        let last = number(to)?;
        return Some((last > 0 && len > 0).then_some((len.saturating_sub(last), len)));
    }
    let from = number(from)?;
    let to = if to.is_empty() {
        len
    } else {
        number(to)?.saturating_add(1).min(len)
    };
    if !text.ends_with('-') && number(text.rsplit('-').next()?)? < from {
        return None;
    }
    Some((from < len).then_some((from, to)))
}

/// The bytes from one place to another, read as they are sent. A file that shrinks meanwhile breaks the answer off.
fn body(file: Arc<File>, from: u64, to: u64) -> Body {
    Body::from_stream(stream::try_unfold(from, move |at| {
        let file = file.clone();
        async move {
            if at >= to {
                return Ok(None);
            }
            let read = tokio::task::spawn_blocking(move || {
                let mut buffer = vec![0; (to - at).min(CHUNK) as usize];
                let len = read_at(&file, &mut buffer, at)?;
                if len == 0 {
                    return Err(std::io::Error::from(std::io::ErrorKind::UnexpectedEof));
                }
                buffer.truncate(len);
                Ok(buffer)
            });
            let bytes: Vec<u8> = read.await.map_err(std::io::Error::other)??;
            let next = at + bytes.len() as u64;
            Ok::<_, std::io::Error>(Some((Bytes::from(bytes), next)))
        }
    }))
}

#[cfg(test)]
mod tests {
    use super::range;

    #[test]
    fn one_range_is_read_and_everything_else_is_the_whole() {
        for (text, expected) in [
            ("bytes=0-0", Some(Some((0, 1)))),
            ("bytes=2-", Some(Some((2, 10)))),
            ("bytes=-3", Some(Some((7, 10)))),
            ("bytes=-30", Some(Some((0, 10)))),
            ("bytes=5-100", Some(Some((5, 10)))),
            ("bytes=10-", Some(None)),
            ("bytes=-0", Some(None)),
            ("bytes=5-2", None),
            ("bytes=0-1,3-4", None),
            ("lines=0-1", None),
            ("bytes=x", None),
        ] {
            assert_eq!(range(text, 10), expected, "{text}");
        }
    }
}
