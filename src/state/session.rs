//! Who may ask: signing in with the bridge's token, once, and signing out (docs/access.md). The token is sent and forgotten.

use crate::state::reactive::RwSignal;
use std::time::Duration;

use leptos::prelude::*;
use runboard_core::net::{Clock as _, Request, Response, Transport as _};
use runboard_core::store::json::JsonText;
use serde_json::Value;

use super::task::{self, Task};
use crate::browser::clock::BrowserClock;
use crate::browser::transport::FetchTransport;
use crate::browser::{page, storage};

const URL: &str = "./api/session";
/// Says that this browser has signed in here. Without it nothing is asked: most servers have no such place.
const MARK: &str = "runboard.signed-in";
/// Asking renews the cookie, also of a page that shows nothing but proxied sources.
const RENEW: Duration = Duration::from_secs(86_400);
/// More than any answer about a session.
const MAX: usize = 64 << 10;

/// How this browser stands with the server of the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    /// Nobody needs to sign in, as far as is known.
    #[default]
    Open,
    SignedIn,
    SignedOut,
}

/// The session, as signals.
#[derive(Clone, Copy)]
pub struct Session {
    pub standing: RwSignal<Standing>,
    /// Counts sign-ins: whoever was refused asks again at once.
    pub renewed: RwSignal<u64>,
    /// Why signing in did not work.
    pub wrong: RwSignal<Option<String>>,
    pub is_busy: RwSignal<bool>,
}

impl Session {
    pub(super) fn start() -> Session {
        let session = Session {
            standing: RwSignal::new(Standing::Open),
            renewed: RwSignal::new(0),
            wrong: RwSignal::new(None),
            is_busy: RwSignal::new(false),
        };
        if storage::read(MARK).is_some() {
            let renewing = Task::spawn(async move {
                loop {
                    session.ask().await;
                    BrowserClock.sleep(RENEW).await;
                }
            });
            StoredValue::new_local(renewing);
        }
        session
    }

    /// Something was refused for want of a session: asks whether that is so.
    pub fn doubt(self) {
        if self.standing.get_untracked() != Standing::SignedOut {
            task::spawn(self.ask());
        }
    }

    async fn ask(self) {
        let answer = FetchTransport.send(Request::get(URL), MAX).await;
        if let Ok(answer) = answer {
            self.take(&answer);
        }
    }

    /// Reads `{"required", "signed_in"}`; anything else is the answer of a server that has no sessions, and says nothing.
    fn take(self, answer: &Response) {
        let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let says = |name: &str| body.get(name).and_then(Value::as_bool);
        let standing = match (answer.head.status, says("required"), says("signed_in")) {
            (200, Some(true), Some(true)) => Standing::SignedIn,
            (200, Some(true), Some(false)) => Standing::SignedOut,
            (200, Some(false), _) => Standing::Open,
            _ => return,
        };
        if self.standing.get_untracked() != standing {
            self.standing.set(standing);
        }
    }

    /// Sends the token, once.
    pub fn sign_in(self, token: &str) {
        let mut request = Request::get(URL)
            .header("X-Runboard", "1")
            .header("Content-Type", "application/json");
        request.method = "POST";
        let mut body = JsonText::new();
        body.open('{').text_field("token", Some(token)).close('}');
        request.body = Some(body.finish().into_bytes());
        self.wrong.set(None);
        self.is_busy.set(true);
        task::spawn(async move {
            let answer = FetchTransport.send(request, MAX).await;
            self.is_busy.set(false);
            match answer {
                Ok(answer) if answer.head.status == 200 => {
                    self.take(&answer);
                    // Refused storage costs only the button that signs out.
                    storage::write(MARK, "1");
                    self.renewed.update(|count| *count += 1);
                }
                Ok(answer) => self.wrong.set(Some(words(&answer))),
                Err(error) => self.wrong.set(Some(error.to_string())),
            }
        });
    }

    /// Ends the session, and with the page's memory everything that was read under it.
    pub fn sign_out(self) {
        let mut request = Request::get(URL).header("X-Runboard", "1");
        request.method = "DELETE";
        self.is_busy.set(true);
        task::spawn(async move {
            let answer = FetchTransport.send(request, MAX).await;
            self.is_busy.set(false);
            match answer {
                Ok(answer) if answer.head.status == 200 => page::reload(),
                Ok(answer) => self.wrong.set(Some(words(&answer))),
                Err(error) => self.wrong.set(Some(error.to_string())),
            }
        });
    }
}

/// Why it was refused, in the server's words.
fn words(answer: &Response) -> String {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let detail = body.get("detail").and_then(Value::as_str);
    match (detail, &answer.head.retry_after) {
        (Some(detail), _) => detail.into(),
        (None, Some(wait)) => format!("too many tries: wait {wait} s"),
        (None, None) => format!("the server answered {}", answer.head.status),
    }
}
