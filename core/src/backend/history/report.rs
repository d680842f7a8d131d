//! What was wrong with a line of a history, in stable words for reports.

use std::fmt;

/// Why a line is no record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    BadJson,
    NotAnObject,
    /// The last line has no newline and is not whole: a write was cut, or is still going on.
    TruncatedLastLine,
    /// Longer than the reader takes.
    LineTooLong,
}

impl Fault {
    /// The stable word of reports.
    pub fn code(self) -> &'static str {
        match self {
            Fault::BadJson => "bad_json",
            Fault::NotAnObject => "not_an_object",
            Fault::TruncatedLastLine => "truncated_last_line",
            Fault::LineTooLong => "line_too_long",
        }
    }
}

/// What was odd about a record; its `Display` is the stable word of reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Warning {
    InvalidUtf8,
    /// Bare NaN or Infinity, as Python writes them; read as null.
    NonJsonNumber,
    /// A torn line stood in front; the record was cut out from behind it.
    SalvagedAfterTornWrite,
    /// Another record stands in the same line: whoever wrote the first of them ended it without a newline.
    SharedLine,
    MissingRunId,
    MissingStartedAt,
    UnknownResult,
    NoResult,
    ExtraFields,
    NaiveTimestamp,
    /// One time has a zone and the other has none: they cannot be compared.
    MixedTimezones,
    /// Readable, but not as RFC 3339 has it.
    LenientTimestamp,
    NegativeDuration,
    /// Another record of this file has the same id. Only a reader of many lines can tell.
    DuplicateRunId,
    WrongType(&'static str),
    BadTimestamp(&'static str),
}

impl fmt::Display for Warning {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Warning::InvalidUtf8 => "invalid_utf8",
            Warning::NonJsonNumber => "non_json_number",
            Warning::SalvagedAfterTornWrite => "salvaged_after_torn_write",
            Warning::SharedLine => "shared_line",
            Warning::MissingRunId => "missing_run_id",
            Warning::MissingStartedAt => "missing_started_at",
            Warning::UnknownResult => "unknown_result",
            Warning::NoResult => "no_result",
            Warning::ExtraFields => "extra_fields",
            Warning::NaiveTimestamp => "naive_timestamp",
            Warning::MixedTimezones => "mixed_timezones",
            Warning::LenientTimestamp => "lenient_timestamp",
            Warning::NegativeDuration => "negative_duration",
            Warning::DuplicateRunId => "duplicate_run_id",
            Warning::WrongType(field) => return write!(out, "wrong_type:{field}"),
            Warning::BadTimestamp(field) => return write!(out, "bad_timestamp:{field}"),
        })
    }
}
