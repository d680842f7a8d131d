//! One question to a Dagster webserver, and every shape that its answer may have.
//!
//! The webserver answers 500 with a whole body when a resolver raised, 400 with GraphQL errors for a document it does not understand, and plain
//! text for what is no GraphQL; refusals of its own are members of unions, with 200. So the body is read before the status counts.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::older::Unknown;
use super::query;
use super::turn::{Turns, give_way};
use crate::backend::lenient::{Fields, Problems};
use crate::backend::{BackendError, Missing};
use crate::model::Timestamp;
use crate::net::{Head, Request, Response, Socket, Transport, TransportError};

/// The largest answer that is read; a page of 1,000 events is about 0.3 MB, of 500 runs as much.
const MAX_ANSWER: usize = 64 << 20;
/// So many fields may be unknown to an older server before a question is given up.
const MAX_UNKNOWN: usize = 24;
/// So much of a text that is no JSON is shown.
const WORDS: usize = 300;

/// A question's answer.
pub(super) struct Answer {
    /// As it came.
    pub(super) text: String,
    pub(super) data: Value,
    pub(super) problems: Problems,
    /// The server's clock, where it told the time.
    pub(super) date: Option<Timestamp>,
}

/// The object that a question was about, and what could not be read of the answer.
pub(super) struct Got {
    object: Value,
    pub(super) problems: Problems,
}

impl Got {
    pub(super) fn fields(&mut self) -> Fields<'_> {
        Fields::new(self.object.take(), "answer".into(), &mut self.problems)
    }
}

/// How a question is asked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Read,
    InTurn,
    Change,
}

/// A webserver, and what was learnt of it.
pub(super) struct Server {
    /// Without a slash at its end.
    pub(super) base: String,
    url: String,
    transport: Rc<dyn Transport>,
    /// Fields and types that it does not know.
    unknown: RefCell<Vec<Unknown>>,
    /// Its clock when it last answered.
    pub(super) date: Cell<Option<Timestamp>>,
    /// Ids of stored events are their numbers in the run, as in SQLite; see `journal.rs`.
    pub(super) is_dense: Cell<bool>,
    /// Places in the events of runs, where ids are no numbers.
    pub(super) places: RefCell<Vec<super::journal::Place>>,
    /// The run whose end was last looked for, and its last event's number then.
    pub(super) last: RefCell<Option<(String, u64)>>,
    /// Why the run that was asked about last failed, under a word for how far it had come.
    pub(super) reasons: RefCell<Option<(String, Rc<super::event::Reasons>)>>,
    /// Runs as they were last shown, the latest last; see `kept.rs`.
    pub(super) opened: RefCell<Vec<Rc<super::open::Opened>>>,
    /// What may not be done to runs that were told of; see `act.rs`.
    pub(super) denied: RefCell<BTreeMap<String, Vec<super::act::Deed>>>,
    /// What became of the assets of the run that was asked about last, where it has many events.
    pub(super) seen: RefCell<Option<super::asset::Seen>>,
    /// What steps took before, of the run that is to be resumed; see `earlier.rs`.
    pub(super) earlier: RefCell<Option<crate::model::resume::Earlier>>,
    /// Older backfills that are over; see `near.rs`.
    pub(super) ended: RefCell<Vec<crate::backend::Backfill>>,
    /// Questions for runs that are on their way, and how many there were.
    pub(super) asking: RefCell<Vec<super::kept::Asking>>,
    pub(super) asked: Cell<u64>,
    /// What the processes of the run that was asked about last have written.
    pub(super) captured: RefCell<super::captured::Captured>,
    /// See [`Server::ask_in_turn`].
    turns: Turns,
    /// Websockets in a row that came to nothing; see `live.rs`.
    pub(super) socket_failures: Cell<u8>,
}

impl Server {
    pub(super) fn new(base: &str, transport: Rc<dyn Transport>) -> Server {
        let base = base.trim_end_matches('/');
        let base = base.strip_suffix("/graphql").unwrap_or(base);
        Server {
            base: base.to_string(),
            url: [base, "/graphql"].concat(),
            transport,
            unknown: RefCell::default(),
            date: Cell::new(None),
            is_dense: Cell::new(true),
            places: RefCell::default(),
            last: RefCell::default(),
            reasons: RefCell::default(),
            opened: RefCell::default(),
            denied: RefCell::default(),
            seen: RefCell::default(),
            earlier: RefCell::default(),
            ended: RefCell::default(),
            asking: RefCell::default(),
            asked: Cell::new(0),
            captured: RefCell::default(),
            turns: Turns::default(),
            socket_failures: Cell::new(0),
        }
    }

    /// Asks. `variables` is a JSON object. A field that an older server does not know is left out and named.
    pub(super) async fn ask(
        &self,
        document: &str,
        variables: String,
    ) -> Result<Answer, BackendError> {
        self.ask_so(document, variables, Way::Read).await
    }

    /// The same, when no other such question is on its way: a server answers two long ones at a time more slowly than one behind the other. The next
    /// one goes out as soon as the answer is here, before that is read.
    pub(super) async fn ask_in_turn(
        &self,
        document: &str,
        variables: String,
    ) -> Result<Answer, BackendError> {
        self.ask_so(document, variables, Way::InTurn).await
    }

    async fn ask_so(
        &self,
        document: &str,
        variables: String,
        way: Way,
    ) -> Result<Answer, BackendError> {
        let document = query::whole(document);
        loop {
            let answer = self.send(&self.known(&document), &variables, way).await;
            match answer {
                Err(BackendError::Refused(words)) if self.learn(&words) => {}
                Err(error) => return Err(error),
                Ok(mut answer) => {
                    for Unknown { name, .. } in self.unknown.borrow().iter() {
                        let words = ["this Dagster does not know ", name, ": it is left out"];
                        let words = words.concat();
                        if document.contains(name.as_str()) && !answer.problems.contains(&words) {
                            answer.problems.push(words);
                        }
                    }
                    return Ok(answer);
                }
            }
        }
    }

    /// Asks for the object in a field, which is to be of a type; see [`wanted`].
    pub(super) async fn get(
        &self,
        document: &str,
        variables: String,
        field: &str,
        kind: &str,
    ) -> Result<Got, BackendError> {
        let answer = match document.starts_with("mutation") {
            true => self.change(document, variables).await,
            false => self.ask(document, variables).await,
        }?;
        let mut problems = answer.problems;
        let mut fields = Fields::new(answer.data, "answer".into(), &mut problems);
        let object = wanted(&mut fields, field, kind).map_err(|error| match error {
            // It answered, so asking again would bring the same; its stack is of no use to who asked.
            BackendError::Broken { detail, .. } if document.starts_with("mutation") => {
                let words = detail.lines().take_while(|line| !line.starts_with("  "));
                BackendError::Refused(words.collect::<Vec<&str>>().join("\n"))
            }
            other => other,
        })?;
        let object = Value::Object(object.into_map());
        Ok(Got { object, problems })
    }

    /// A websocket to where questions go.
    pub(super) async fn socket(
        &self,
        protocols: &[&str],
        tick: Duration,
    ) -> Result<Socket, TransportError> {
        self.transport.socket(&self.url, protocols, tick).await
    }

    /// Asks for a change, once. The bridge lets mutations pass only with this header, which other sites cannot send.
    async fn change(&self, document: &str, variables: String) -> Result<Answer, BackendError> {
        // Of a document that is refused for what it names nothing was done.
        self.ask_so(document, variables, Way::Change).await
    }

    async fn send(
        &self,
        document: &str,
        variables: &str,
        way: Way,
    ) -> Result<Answer, BackendError> {
        let mut body = crate::store::json::JsonText::new();
        body.open('{').text_field("query", Some(document));
        body.key("variables").raw(variables).close('}');
        let mut request = Request {
            method: "POST",
            body: Some(body.finish().into_bytes()),
            ..Request::get(self.url.as_str())
        };
        request = request
            .header("Content-Type", "application/json")
            .header("Accept", "application/json");
        if way == Way::Change {
            request = request.header("X-Runboard", "1");
        }
        let turn = match way {
            Way::InTurn => Some(self.turns.wait().await),
            Way::Read | Way::Change => None,
        };
        let response = self.transport.send(request, MAX_ANSWER).await?;
        if turn.is_some() {
            drop(turn);
            give_way().await;
        }
        if response.head.date.is_some() {
            self.date.set(response.head.date);
        }
        read(response)
    }

    /// The document without what the server does not know.
    pub(super) fn known(&self, document: &str) -> String {
        let mut text = document.to_string();
        for unknown in self.unknown.borrow().iter() {
            text = unknown.left_out(&text);
        }
        text
    }

    /// Remembers the fields and types that the server says it does not know; false when it says nothing new of that kind.
    fn learn(&self, words: &str) -> bool {
        let mut unknown = self.unknown.borrow_mut();
        let before = unknown.len();
        for mut one in Unknown::all(words) {
            if unknown
                .get(..before)
                .is_some_and(|known| known.contains(&one))
            {
                // It still stands somewhere in what was asked.
                one.of.clear();
            }
            if !unknown.contains(&one) {
                unknown.push(one);
            }
        }
        unknown.len() > before && unknown.len() <= MAX_UNKNOWN
    }
}

/// Reads an answer. Total: any bytes are an answer or an error in words.
fn read(response: Response) -> Result<Answer, BackendError> {
    let Response { head, body } = response;
    let text = match String::from_utf8(body) {
        Ok(text) => text,
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
    };
    let mut problems = Problems::new();
    let Ok(value @ Value::Object(_)) = serde_json::from_slice(text.as_bytes()) else {
        return Err(no_answer(&head, &text));
    };
    let mut fields = Fields::new(value, "answer".into(), &mut problems);
    let words = fields.column("errors", "message");
    let detail = fields.text("detail");
    let data = fields.take("data");
    let words = words.join("; ");
    match data {
        Some(data) if data.is_object() => {
            if !words.is_empty() {
                problems.push(words);
            }
            Ok(Answer {
                text,
                data,
                problems,
                date: head.date,
            })
        }
        // The server's own words about the question, whatever the status.
        _ if !words.is_empty() => Err(match head.status >= 500 {
            true => BackendError::Broken {
                status: head.status,
                detail: words,
            },
            false => BackendError::Refused(words),
        }),
        _ => match detail {
            Some(detail) if head.status >= 400 => {
                Err(BackendError::from_status(&head, Missing::from(detail)))
            }
            _ => Err(no_answer(&head, "")),
        },
    }
}

/// Something answered, and not with GraphQL.
fn no_answer(head: &Head, text: &str) -> BackendError {
    let kind = head.content_type.split(';').next().unwrap_or_default();
    if (200..300).contains(&head.status) || kind.trim() == "text/html" {
        let words = ["it sent ", kind, ", not GraphQL's JSON"];
        return BackendError::NotThisApi(words.concat());
    }
    let end = text.char_indices().nth(WORDS).map_or(text.len(), |at| at.0);
    let words = text.get(..end).unwrap_or_default().trim();
    BackendError::from_status(head, Missing::from(words))
}

/// The object in a field when it is of the type that was asked for, else the error that stands in its place.
pub(super) fn wanted<'a>(
    fields: &'a mut Fields<'_>,
    name: &str,
    kind: &str,
) -> Result<Fields<'a>, BackendError> {
    match fields.object(name) {
        None => Err(BackendError::Malformed([name, ": missing"].concat())),
        Some(mut object) => match object.word("__typename") {
            word if word == kind => Ok(object),
            word => Err(refusal(&word, &mut object)),
        },
    }
}

/// A refusal in the server's own words, with the stack where there is one.
fn refusal(kind: &str, object: &mut Fields<'_>) -> BackendError {
    let mut words = object.word("message");
    for error in object.column("errors", "message") {
        words.extend(["\n", &error]);
    }
    let mut words = words.trim().to_string();
    if words.is_empty() {
        words = kind.to_string();
    }
    match kind {
        "PythonError" => BackendError::Broken {
            status: 500,
            detail: with_stack(words, object),
        },
        "UnauthorizedError" => BackendError::Denied(words),
        _ if kind.ends_with("NotFoundError") => {
            BackendError::NotFound(Arc::new(Missing::from(words)))
        }
        _ => BackendError::Refused(words),
    }
}

/// The words of an error with its causes and its stack.
fn with_stack(mut words: String, object: &mut Fields<'_>) -> String {
    for cause in object.column("causes", "message") {
        words.extend(["\ncaused by ", cause.trim()]);
    }
    for frame in object.texts("stack") {
        words.extend(["\n", frame.trim_end()]);
    }
    words
}
