//! What passes between the two ends of a websocket, until one of them ends.

use std::time::Duration;

use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use tokio::sync::{mpsc, watch};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Bytes, Message};

use super::socket::Socket;
use super::socket_rules::{Verdict, judge};

/// Time for the other side to say good-bye as well.
const GOODBYE: Duration = Duration::from_secs(2);
/// What fits into the reason of a close frame.
const REASON: usize = 120;

/// Carries messages until one side ends, and tells the other why.
pub(super) async fn tunnel(
    name: &str,
    browser: Socket,
    server: Socket,
    mut shutdown: watch::Receiver<bool>,
) {
    let (mut to_browser, mut from_browser) = browser.split();
    let (mut to_server, mut from_server) = server.split();
    // What the bridge itself answers goes between what the server answers.
    let (own, mut owned) = mpsc::channel(16);
    let last = tokio::select! {
        last = up(name, &mut from_browser, &mut to_server, own) => last,
        last = down(name, &mut from_server, &mut to_browser, &mut owned) => last,
        _ = shutdown.wait_for(|stop| *stop) => Last::both(CloseCode::Away, "the bridge stops"),
    };
    // Either may be gone already.
    let ends = async {
        let _ = to_server.send(Message::Close(last.to_server)).await;
        let _ = to_browser.send(Message::Close(last.to_browser)).await;
        while from_browser
            .next()
            .await
            .is_some_and(|message| message.is_ok())
        {}
    };
    let _ = tokio::time::timeout(GOODBYE, ends).await;
}

/// The close frames that end a tunnel.
struct Last {
    to_browser: Option<CloseFrame>,
    to_server: Option<CloseFrame>,
}

impl Last {
    fn both(code: CloseCode, reason: &str) -> Last {
        let end = reason
            .char_indices()
            .map(|(at, _)| at)
            .take_while(|at| *at <= REASON)
            .last();
        let short = match reason.len() > REASON {
            true => reason.get(..end.unwrap_or(0)).unwrap_or_default(),
            false => reason,
        };
        let frame = CloseFrame {
            code,
            reason: short.into(),
        };
        Last {
            to_browser: Some(frame.clone()),
            to_server: Some(frame),
        }
    }

    /// What one side said in the end, for the other.
    fn said(frame: Option<CloseFrame>) -> Last {
        Last {
            to_browser: frame.clone(),
            to_server: frame,
        }
    }
}

async fn up(
    name: &str,
    from: &mut SplitStream<Socket>,
    to: &mut SplitSink<Socket, Message>,
    own: mpsc::Sender<String>,
) -> Last {
    loop {
        let text = match from.next().await {
            Some(Ok(Message::Text(text))) => text,
            // The protocols are JSON; a server that takes it in another dress would not be judged.
            Some(Ok(Message::Binary(_))) => {
                return Last::both(CloseCode::Unsupported, "binary messages are refused");
            }
            Some(Ok(Message::Close(frame))) => return Last::said(frame),
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => continue,
            Some(Err(error)) => return Last::both(CloseCode::Policy, &error.to_string()),
            None => return Last::both(CloseCode::Away, "the page is gone"),
        };
        let sent = match judge(name, text.as_str()) {
            Verdict::Pass(text) => to.send(Message::text(text)).await.is_ok(),
            Verdict::Answer(text) => own.send(text).await.is_ok(),
            Verdict::Close(why) => return Last::both(CloseCode::Policy, &why),
        };
        if !sent {
            return Last::both(CloseCode::Error, &format!("{name} ended the connection"));
        }
    }
}

async fn down(
    name: &str,
    from: &mut SplitStream<Socket>,
    to: &mut SplitSink<Socket, Message>,
    own: &mut mpsc::Receiver<String>,
) -> Last {
    loop {
        let message = tokio::select! {
            Some(text) = own.recv() => Message::text(text),
            message = from.next() => match message {
                Some(Ok(message @ (Message::Text(_) | Message::Binary(_)))) => message,
                Some(Ok(Message::Close(frame))) => return Last::said(frame),
                // Answered on this side; the browser has its own.
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => Message::Ping(Bytes::new()),
                Some(Err(_)) | None => return Last::both(CloseCode::Error, &format!("{name} ended the connection")),
            },
        };
        if to.send(message).await.is_err() {
            return Last::both(CloseCode::Away, "the page is gone");
        }
    }
}
