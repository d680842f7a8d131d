//! The Connect protocol as a client of JSON sees it: [`Envelopes`] frames a server stream, [`ending`] reads its last frame, [`refusal`] an error of a
//! unary call (connectrpc.com/docs/protocol; the cases of its conformance suite stand in tests/fixture/connect).
//!
//! An envelope is one byte of flags, four bytes of length (big endian) and so many bytes. Compressed ones are never asked for and so refused.

use serde_json::{Map, Value};

const COMPRESSED: u8 = 1;
const END: u8 = 2;
/// Flags and length.
const HEAD: usize = 5;

/// The sixteen codes of an error, with the words by which they are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    Canceled,
    Unknown,
    InvalidArgument,
    DeadlineExceeded,
    NotFound,
    AlreadyExists,
    PermissionDenied,
    ResourceExhausted,
    FailedPrecondition,
    Aborted,
    OutOfRange,
    Unimplemented,
    Internal,
    Unavailable,
    DataLoss,
    Unauthenticated,
}

impl Code {
    pub const ALL: [(&str, Code); 16] = [
        ("canceled", Code::Canceled),
        ("unknown", Code::Unknown),
        ("invalid_argument", Code::InvalidArgument),
        ("deadline_exceeded", Code::DeadlineExceeded),
        ("not_found", Code::NotFound),
        ("already_exists", Code::AlreadyExists),
        ("permission_denied", Code::PermissionDenied),
        ("resource_exhausted", Code::ResourceExhausted),
        ("failed_precondition", Code::FailedPrecondition),
        ("aborted", Code::Aborted),
        ("out_of_range", Code::OutOfRange),
        ("unimplemented", Code::Unimplemented),
        ("internal", Code::Internal),
        ("unavailable", Code::Unavailable),
        ("data_loss", Code::DataLoss),
        ("unauthenticated", Code::Unauthenticated),
    ];

    pub fn word(self) -> &'static str {
        let of = |(_, code): &&(&'static str, Code)| *code == self;
        Code::ALL
            .iter()
            .find(of)
            .map_or("unknown", |(word, _)| word)
    }

    pub fn from_word(word: &str) -> Option<Code> {
        let of = |(name, _): &&(&str, Code)| *name == word;
        Code::ALL.iter().find(of).map(|(_, code)| *code)
    }

    /// What an HTTP status says where no code was sent.
    pub fn from_status(status: u16) -> Code {
        match status {
            400 => Code::Internal,
            401 => Code::Unauthenticated,
            403 => Code::PermissionDenied,
            404 => Code::Unimplemented,
            429 | 502 | 503 | 504 => Code::Unavailable,
            _ => Code::Unknown,
        }
    }
}

/// An error as the server tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RpcError {
    pub code: Code,
    /// Empty when none was sent.
    pub message: String,
    /// The server's own word for the code, when it is none of the sixteen.
    pub raw_code: Option<String>,
    /// Type and value (base64 of protobuf bytes) of each detail.
    pub details: Vec<(String, String)>,
}

impl RpcError {
    pub fn new(code: Code, message: impl Into<String>) -> RpcError {
        RpcError {
            code,
            message: message.into(),
            raw_code: None,
            details: Vec::new(),
        }
    }

    /// The fields of an error object; whatever else stands in it is left alone. `code` is what holds where none was sent.
    fn read(object: &Map<String, Value>, code: Code) -> RpcError {
        let text = |object: &Map<String, Value>, name: &str| {
            let value = object.get(name).and_then(Value::as_str);
            value.map(String::from)
        };
        let word = text(object, "code");
        let known = word.as_deref().and_then(Code::from_word);
        let mut error = RpcError::new(
            known.unwrap_or(code),
            text(object, "message").unwrap_or_default(),
        );
        error.raw_code = word.filter(|_| known.is_none());
        if let Some(Value::Array(details)) = object.get("details") {
            for detail in details.iter().filter_map(Value::as_object) {
                let part = |name| text(detail, name).unwrap_or_default();
                error.details.push((part("type"), part("value")));
            }
        }
        error
    }
}

/// The error of a unary call that was answered with something else than 200: what the body says, else what the status says.
pub fn refusal(status: u16, body: &[u8]) -> RpcError {
    let code = Code::from_status(status);
    match serde_json::from_slice(body) {
        Ok(Value::Object(object)) => RpcError::read(&object, code),
        _ => RpcError::new(code, ""),
    }
}

/// What the last frame of a stream says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ending {
    /// `None`: all went well.
    pub error: Option<RpcError>,
    /// Trailers.
    pub metadata: Vec<(String, Vec<String>)>,
}

/// Reads the payload of [`Frame::End`]. One that is no JSON object is an error of its own.
pub fn ending(payload: &[u8]) -> Ending {
    let Ok(Value::Object(object)) = serde_json::from_slice(payload) else {
        return Ending {
            error: Some(RpcError::new(
                Code::Internal,
                "the end of the stream could not be read",
            )),
            metadata: Vec::new(),
        };
    };
    let mut ending = Ending::default();
    match object.get("error") {
        None | Some(Value::Null) => {}
        Some(Value::Object(error)) => ending.error = Some(RpcError::read(error, Code::Unknown)),
        Some(_) => ending.error = Some(RpcError::new(Code::Unknown, "")),
    }
    if let Some(Value::Object(metadata)) = object.get("metadata") {
        for (name, values) in metadata {
            let texts = values.as_array().into_iter().flatten();
            let texts = texts.filter_map(Value::as_str).map(String::from);
            ending.metadata.push((name.clone(), texts.collect()));
        }
    }
    ending
}

/// Why what was answered is no stream, or no answer, of JSON; `streaming`: a stream was asked for.
pub fn check_type(content_type: &str, streaming: bool) -> Result<(), RpcError> {
    let kind = content_type.split(';').next().unwrap_or_default().trim();
    let (wanted, family) = match streaming {
        true => ("application/connect+json", "application/connect+"),
        false => ("application/json", "application/proto"),
    };
    if kind.eq_ignore_ascii_case(wanted) {
        return Ok(());
    }
    // Another codec of the same protocol is the server's fault, anything else somebody else's.
    let code = match kind.starts_with(family) {
        true => Code::Internal,
        false => Code::Unknown,
    };
    let found = if kind.is_empty() { "nothing" } else { kind };
    Err(RpcError::new(
        code,
        ["expected ", wanted, ", found ", found].concat(),
    ))
}

/// One frame of a stream.
#[derive(Debug, PartialEq, Eq)]
pub enum Frame<'a> {
    Message(&'a [u8]),
    /// The last one; read by [`ending`].
    End(&'a [u8]),
}

/// An incremental framer of one stream. What is kept is at most one frame.
#[derive(Debug)]
pub struct Envelopes {
    cap: usize,
    /// The beginning of a frame whose end has not come, its head included.
    held: Vec<u8>,
    has_ended: bool,
}

impl Envelopes {
    /// `max_bytes` bounds one frame's payload.
    pub fn new(max_bytes: usize) -> Envelopes {
        Envelopes {
            cap: max_bytes,
            held: Vec::new(),
            has_ended: false,
        }
    }

    /// Takes bytes in, cut anywhere, and hands on every frame that they complete. A frame that lies whole in `bytes` is not copied.
    ///
    /// # Errors
    /// A frame that is compressed, larger than the cap (told by its head, before anything is kept), marked in a way that is not known, or behind the
    /// last one. The stream cannot be read on then.
    pub fn push(
        &mut self,
        mut bytes: &[u8],
        take: &mut dyn FnMut(Frame<'_>),
    ) -> Result<(), RpcError> {
        while !bytes.is_empty() {
            if self.held.is_empty()
                && let Some((flags, length)) = self.head(bytes)?
                && let Some(payload) = bytes.get(HEAD..HEAD + length)
            {
                self.hand_on(flags, payload, take);
                bytes = bytes.get(HEAD + length..).unwrap_or_default();
                continue;
            }
            let lacking = match self.head(&self.held)? {
                None => HEAD - self.held.len(),
                Some((_, length)) => HEAD + length - self.held.len(),
            };
            let (part, rest) = bytes.split_at(lacking.min(bytes.len()));
            self.held.extend_from_slice(part);
            bytes = rest;
            if let Some((flags, length)) = self.head(&self.held)?
                && self.held.len() == HEAD + length
            {
                let held = std::mem::take(&mut self.held);
                self.hand_on(flags, held.get(HEAD..).unwrap_or_default(), take);
            }
        }
        Ok(())
    }

    /// The stream's bytes are over.
    ///
    /// # Errors
    /// When the last frame did not come: what came may not be all.
    pub fn finish(&self) -> Result<(), RpcError> {
        match self.has_ended {
            true => Ok(()),
            false => Err(RpcError::new(
                Code::Internal,
                "the stream broke off before its end",
            )),
        }
    }

    fn hand_on(&mut self, flags: u8, payload: &[u8], take: &mut dyn FnMut(Frame<'_>)) {
        if flags & END == 0 {
            take(Frame::Message(payload));
        } else {
            self.has_ended = true;
            take(Frame::End(payload));
        }
    }

    /// Flags and length of the frame that begins here; `None`: not yet.
    fn head(&self, bytes: &[u8]) -> Result<Option<(u8, usize)>, RpcError> {
        let wrong = |words: String| Err(RpcError::new(Code::Internal, words));
        if self.has_ended {
            return wrong("there is more behind the end of the stream".into());
        }
        let Some([flags, a, b, c, d]) = bytes.first_chunk::<HEAD>().copied() else {
            return Ok(None);
        };
        let length = u32::from_be_bytes([a, b, c, d]);
        if flags & COMPRESSED != 0 {
            return wrong("a message is compressed, which nobody asked for".into());
        }
        if flags & !END != 0 {
            return wrong(["a message has unknown flags (", &flags.to_string(), ")"].concat());
        }
        match usize::try_from(length) {
            Ok(length) if length <= self.cap => Ok(Some((flags, length))),
            _ => Err(RpcError::new(
                Code::ResourceExhausted,
                ["a message of ", &length.to_string(), " bytes is too large"].concat(),
            )),
        }
    }
}

/// The one envelope that asks for a stream.
pub fn envelope(message: &str) -> Vec<u8> {
    let length = u32::try_from(message.len()).unwrap_or(u32::MAX);
    let mut bytes = vec![0];
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.extend_from_slice(message.as_bytes());
    bytes
}
