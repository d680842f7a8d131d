//! [`Timestamp`] and [`Span`]: instants and lengths in microseconds, their RFC 3339 form, and the words users type for a time.
//!
//! Nothing here asks what time it is: "now" is always handed in.

use std::fmt;

/// Microseconds in a second.
const SECOND: i64 = 1_000_000;

/// An instant: microseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Timestamp(pub i64);

/// A length of time in microseconds; negative when an end lies before its start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span(pub i64);

impl Span {
    pub const fn seconds(seconds: i64) -> Span {
        Span(seconds * SECOND)
    }

    pub fn as_seconds(self) -> f64 {
        self.0 as f64 / SECOND as f64
    }
}

/// A time as a source wrote it: with or without a zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrittenTime {
    /// The instant when the zone is stated; else the written clock time read as if it were UTC.
    pub at: Timestamp,
    /// Minutes east of UTC as written; `None`: the text has no zone.
    pub offset_minutes: Option<i32>,
}

impl WrittenTime {
    /// The instant, with `assumed_offset_minutes` (east of UTC) where the text names no zone.
    pub fn instant(self, assumed_offset_minutes: i32) -> Timestamp {
        match self.offset_minutes {
            Some(_) => self.at,
            None => Timestamp(
                self.at
                    .0
                    .saturating_sub(i64::from(assumed_offset_minutes) * 60 * SECOND),
            ),
        }
    }
}

/// Days since 1970-01-01 of a date of the proleptic Gregorian calendar (H. Hinnant, "chrono-compatible low-level date algorithms").
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// The inverse of [`days_from_civil`]: (year, month, day).
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

fn days_in_month(year: i64, month: i64) -> i64 {
    let next = if month == 12 {
        days_from_civil(year + 1, 1, 1)
    } else {
        days_from_civil(year, month + 1, 1)
    };
    next - days_from_civil(year, month, 1)
}

/// Reads exactly `len` ASCII digits at the front.
fn digits(text: &mut &str, len: usize) -> Option<i64> {
    let head = text.get(..len)?;
    if !head.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    *text = text.get(len..)?;
    head.parse().ok()
}

fn eat(text: &mut &str, set: &[char]) -> bool {
    match text.strip_prefix(set) {
        Some(rest) => {
            *text = rest;
            true
        }
        None => false,
    }
}

/// Reads `2026-11-21`, `2026-11-21T01:02`, `…:03`, `…:03.5` (1 to 9 digits, point or comma), `T`, `t` or a space between, with `Z`, `+hh:mm`,
/// `+hhmm`, `+hh` or no zone behind (RFC 3339 and what runs of the wild write). `None` for anything else, or a date that does not exist.
pub fn parse_written(text: &str) -> Option<WrittenTime> {
    let mut rest = text.trim();
    let year = digits(&mut rest, 4)?;
    let dashed = eat(&mut rest, &['-']);
    let month = digits(&mut rest, 2)?;
    if dashed && !eat(&mut rest, &['-']) {
        return None;
    }
    let day = digits(&mut rest, 2)?;
    if !(1..=12).contains(&month) || day < 1 || day > days_in_month(year, month) {
        return None;
    }
    let mut micros = days_from_civil(year, month, day) * 86_400 * SECOND;
    if rest.is_empty() {
        // Eight digits alone are a number.
        return dashed.then_some(WrittenTime {
            at: Timestamp(micros),
            offset_minutes: None,
        });
    }
    if !eat(&mut rest, &['T', 't', ' ']) {
        return None;
    }
    let hour = digits(&mut rest, 2)?;
    if !eat(&mut rest, &[':']) {
        return None;
    }
    let minute = digits(&mut rest, 2)?;
    let mut second = 0;
    if eat(&mut rest, &[':']) {
        second = digits(&mut rest, 2)?;
        if eat(&mut rest, &['.', ',']) {
            let len = rest.bytes().take_while(u8::is_ascii_digit).count();
            if len == 0 || len > 9 {
                return None;
            }
            let fraction = digits(&mut rest, len)?;
            micros += if len <= 6 {
                fraction * 10_i64.pow(6 - len as u32)
            } else {
                fraction / 10_i64.pow(len as u32 - 6)
            };
        }
    }
    // A leap second is the next second's beginning to everyone who counts in POSIX time.
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    micros += ((hour * 60 + minute) * 60 + second) * SECOND;
    let offset_minutes = parse_offset(rest.trim_start())?;
    if let Some(offset) = offset_minutes {
        micros -= i64::from(offset) * 60 * SECOND;
    }
    Some(WrittenTime {
        at: Timestamp(micros),
        offset_minutes,
    })
}

/// `Some(None)`: no zone is written. `None`: something else is.
pub fn parse_offset(text: &str) -> Option<Option<i32>> {
    let mut rest = text;
    if rest.is_empty() {
        return Some(None);
    }
    if eat(&mut rest, &['Z', 'z']) {
        return rest.is_empty().then_some(Some(0));
    }
    let sign = if eat(&mut rest, &['+']) {
        1
    } else if eat(&mut rest, &['-', '\u{2212}']) {
        -1
    } else {
        return None;
    };
    let hours = digits(&mut rest, 2)?;
    eat(&mut rest, &[':']);
    let minutes = if rest.is_empty() {
        0
    } else {
        digits(&mut rest, 2)?
    };
    if !rest.is_empty() || hours > 23 || minutes > 59 {
        return None;
    }
    Some(Some(sign * (hours * 60 + minutes) as i32))
}

impl Timestamp {
    /// Reads an RFC 3339 instant; a text without a zone gives `None`.
    pub fn parse(text: &str) -> Option<Timestamp> {
        let written = parse_written(text)?;
        written.offset_minutes.map(|_| written.at)
    }

    /// The length from `earlier` to `self`.
    pub fn since(self, earlier: Timestamp) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }

    pub fn plus(self, span: Span) -> Timestamp {
        Timestamp(self.0.saturating_add(span.0))
    }

    pub fn minus(self, span: Span) -> Timestamp {
        Timestamp(self.0.saturating_sub(span.0))
    }

    /// Clock time at `offset_minutes` east of UTC: (year, month, day, hour, minute, second, microsecond).
    pub fn civil(self, offset_minutes: i32) -> (i64, i64, i64, i64, i64, i64, i64) {
        let local = self
            .0
            .saturating_add(i64::from(offset_minutes) * 60 * SECOND);
        let (days, micros) = (
            local.div_euclid(86_400 * SECOND),
            local.rem_euclid(86_400 * SECOND),
        );
        let (year, month, day) = civil_from_days(days);
        let seconds = micros / SECOND;
        (
            year,
            month,
            day,
            seconds / 3600,
            seconds / 60 % 60,
            seconds % 60,
            micros % SECOND,
        )
    }
}

/// RFC 3339 in UTC with six digits: `2026-11-21T03:21:28.123456Z`.
impl fmt::Display for Timestamp {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day, hour, minute, second, micro) = self.civil(0);
        write!(
            out,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micro:06}Z"
        )
    }
}

/// A length as users type it: `90s`, `15m`, `2h`, `1d`, `1w`, and sums of them (`1h30m`). `None` for anything else.
pub fn parse_span(text: &str) -> Option<Span> {
    let mut rest = text.trim();
    let mut total: i64 = 0;
    while !rest.is_empty() {
        let len = rest.bytes().take_while(u8::is_ascii_digit).count();
        if len == 0 || len > 9 {
            return None;
        }
        let number = digits(&mut rest, len)?;
        let unit = rest.chars().next()?;
        let seconds = match unit {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 86_400,
            'w' => 7 * 86_400,
            _ => return None,
        };
        rest = rest.get(1..)?;
        total = total.checked_add(number.checked_mul(seconds * SECOND)?)?;
    }
    (total > 0).then_some(Span(total))
}

/// What `since=` and `until=` take: an ISO time (a missing zone is read at `offset_minutes` east of UTC) or a length before `now`.
pub fn parse_moment(text: &str, now: Timestamp, offset_minutes: i32) -> Option<Timestamp> {
    match parse_span(text) {
        Some(span) => Some(now.minus(span)),
        None => parse_written(text).map(|written| written.instant(offset_minutes)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_runs_of_the_wild_write() {
        for (text, utc) in [
            (
                "2025-01-15T10:00:00.123456+00:00",
                "2025-01-15T10:00:00.123456Z",
            ),
            ("2025-11-02T00:30:00-05:00", "2025-11-02T05:30:00.000000Z"),
            ("2025-01-15 10:00:00,5Z", "2025-01-15T10:00:00.500000Z"),
            (
                "2025-01-15T10:00:01.500000001Z",
                "2025-01-15T10:00:01.500000Z",
            ),
            ("2024-02-29T23:59:59+0530", "2024-02-29T18:29:59.000000Z"),
            ("1969-12-31T23:59:59.999999z", "1969-12-31T23:59:59.999999Z"),
            ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000000Z"),
        ] {
            assert_eq!(
                Timestamp::parse(text).map(|at| at.to_string()).as_deref(),
                Some(utc),
                "{text}"
            );
        }
        for text in [
            "",
            "yesterday",
            "2025-02-29T00:00:00Z",
            "2025-13-01",
            "2025-01-15T24:00Z",
            "2025-01-15T10:00:00+25:00",
            "2025-01-15T10:00:00.Z",
        ] {
            assert_eq!(parse_written(text), None, "{text}");
        }
    }

    #[test]
    fn a_time_without_a_zone_says_so_and_is_shifted_once() {
        let written = parse_written("2025-05-23T09:45:00").unwrap();
        assert_eq!(written.offset_minutes, None);
        assert_eq!(
            written.instant(-300).to_string(),
            "2025-05-23T14:45:00.000000Z"
        );
        assert_eq!(Timestamp::parse("2025-05-23T09:45:00"), None);
    }

    #[test]
    fn reads_lengths_and_moments() {
        assert_eq!(parse_span("1d"), Some(Span::seconds(86_400)));
        assert_eq!(parse_span("1h30m"), Some(Span::seconds(5400)));
        for text in ["", "d", "5", "0s", "-1d", "99999999999d", "1y"] {
            assert_eq!(parse_span(text), None, "{text}");
        }
        let now = Timestamp::parse("2026-11-21T12:00:00Z").unwrap();
        assert_eq!(
            parse_moment("2h", now, 0).unwrap().to_string(),
            "2026-11-21T10:00:00.000000Z"
        );
        assert_eq!(
            parse_moment("2026-11-21", now, 60).unwrap().to_string(),
            "2026-11-20T23:00:00.000000Z"
        );
        assert_eq!(parse_moment("soon", now, 0), None);
    }
}
