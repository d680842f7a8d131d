//! The stream of the Runs API: SSE bytes into updates, one connection long.

use std::collections::VecDeque;

use futures_util::StreamExt;
use futures_util::stream::{self, LocalBoxStream};

use super::{decode_run, described, event};
use crate::backend::{BackendError, Positioned, Update};
use crate::net::StreamResponse;
use crate::net::sse::{SseItem, SseParser};

/// The largest event that is read; log batches are cut far below it by the bridge.
const MAX_EVENT: usize = 16 << 20;

/// The largest error body that is read for its words.
const MAX_PROBLEM: usize = 64 << 10;

/// Checks the head and gives the updates of this connection. Several may come of one chunk; each is handed on by itself.
pub(super) async fn open(
    answer: StreamResponse,
) -> Result<LocalBoxStream<'static, Result<Positioned, BackendError>>, BackendError> {
    let StreamResponse { head, mut body } = answer;
    if head.status == 204 {
        return Err(BackendError::Unsupported(
            "the source asks not to be followed (204)".into(),
        ));
    }
    if head.status != 200 {
        let mut bytes = Vec::new();
        while let Some(Ok(chunk)) = body.next().await {
            bytes.extend_from_slice(&chunk);
            if bytes.len() > MAX_PROBLEM {
                break;
            }
        }
        return Err(BackendError::from_status(
            &head,
            decode_run::problem(&bytes),
        ));
    }
    if head.content_type.split(';').next().map(str::trim) != Some("text/event-stream") {
        return Err(BackendError::NotThisApi(format!(
            "the stream is {}, not text/event-stream",
            described(&head.content_type)
        )));
    }
    let state = (body, SseParser::new(MAX_EVENT), VecDeque::new());
    Ok(stream::unfold(
        state,
        |(mut body, mut parser, mut ready): (_, SseParser, VecDeque<Positioned>)| async move {
            loop {
                if let Some(update) = ready.pop_front() {
                    return Some((Ok(update), (body, parser, ready)));
                }
                match StreamExt::next(&mut body).await? {
                    Ok(chunk) => take(&mut parser, &chunk, &mut ready),
                    Err(error) => {
                        return Some((Err(BackendError::from(error)), (body, parser, ready)));
                    }
                }
            }
        },
    )
    .boxed_local())
}

/// Feeds a chunk. A chunk that completes no event is a sign of life all the same.
fn take(parser: &mut SseParser, chunk: &[u8], ready: &mut VecDeque<Positioned>) {
    parser.push(chunk, &mut |item| match item {
        SseItem::Event {
            event,
            data,
            last_event_id,
        } => ready.extend(event::event(event, data, Some(last_event_id))),
        SseItem::Comment => {}
        SseItem::Oversized { bytes } => {
            let text = format!("an event of {bytes} bytes was too large and was left out");
            ready.push_back(Positioned {
                update: Update::Problem(text),
                cursor: None,
            });
        }
    });
    if ready.is_empty() {
        ready.push_back(Positioned {
            update: Update::Beat,
            cursor: None,
        });
    }
}
