//! [`Backoff`]: how long to wait before the next try. Pure: time and chance are handed in.
//!
//! Full jitter between the floor of 1 s and a ceiling that doubles up to 30 s. A connection that comes and goes does not start anew: only one
//! that stayed good for 10 s does. `Retry-After` is honoured between 1 s and 10 min.

use std::time::Duration;

use crate::model::{Span, Timestamp};

/// No source is asked more often than this.
pub const FLOOR: Duration = Duration::from_secs(1);
/// The longest wait that we choose ourselves.
pub const CAP: Duration = Duration::from_secs(30);
/// The longest wait that a server may ask for.
pub const RETRY_AFTER_CAP: Duration = Duration::from_secs(600);
/// How long a connection must stay good for the count of failures to start anew.
pub const GOOD_AFTER: Span = Span::seconds(10);

/// The waits before the tries of one connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Backoff {
    failures: u32,
    good_since: Option<Timestamp>,
}

impl Backoff {
    pub fn new() -> Backoff {
        Backoff::default()
    }

    /// Tries that failed in a row, flaps included.
    pub fn failures(&self) -> u32 {
        self.failures
    }

    /// The connection is good since `now`.
    pub fn opened(&mut self, now: Timestamp) {
        self.good_since = Some(now);
    }

    /// The try or the connection failed: how long to wait. `retry_after` is what the server asked for; `random` is uniform in 0.0..1.0.
    pub fn failed(
        &mut self,
        now: Timestamp,
        retry_after: Option<Duration>,
        random: f64,
    ) -> Duration {
        if self
            .good_since
            .take()
            .is_some_and(|since| now.since(since) >= GOOD_AFTER)
        {
            self.failures = 0;
        }
        self.failures = self.failures.saturating_add(1);
        if let Some(asked) = retry_after {
            return asked.clamp(FLOOR, RETRY_AFTER_CAP);
        }
        let doubled = FLOOR.saturating_mul(1 << self.failures.min(16));
        let spread = doubled.min(CAP).saturating_sub(FLOOR);
        let random = if random.is_finite() {
            random.max(0.0).min(1.0)
        } else {
            0.5
        };
        FLOOR + spread.mul_f64(random)
    }
}

/// What `Retry-After` asks for, within its bounds: seconds, or an HTTP date seen from `now`. `None` for anything else.
pub fn retry_after(text: &str, now: Timestamp) -> Option<Duration> {
    let text = text.trim();
    let seconds = match text.strip_prefix('-') {
        // Not in the standard, but sent: it can only mean "now".
        Some(digits) if is_digits(digits) => 0,
        _ if is_digits(text) => text.parse().unwrap_or(u64::MAX),
        _ => {
            let wait = parse_http_date(text)?.since(now).0;
            u64::try_from(wait).unwrap_or(0).div_ceil(1_000_000)
        }
    };
    Some(Duration::from_secs(seconds).clamp(FLOOR, RETRY_AFTER_CAP))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Reads an HTTP date (RFC 9110 section 5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`, `Sunday, 06-Nov-94 08:49:37 GMT`,
/// `Sun Nov  6 08:49:37 1994`. The name of the day is not checked.
pub fn parse_http_date(text: &str) -> Option<Timestamp> {
    let rest = text.split_once(',').map_or(text, |(_, rest)| rest);
    let mut words: Vec<&str> = rest
        .split([' ', '-'])
        .filter(|word| !word.is_empty())
        .collect();
    if !text.contains(',') {
        // asctime: day name, month, day, time, year.
        let [_, month, day, time, year] = words[..] else {
            return None;
        };
        words = vec![day, month, year, time, "GMT"];
    }
    let [day, month, year, time, "GMT" | "UTC"] = words[..] else {
        return None;
    };
    if ![day, year].into_iter().all(is_digits) || !matches!(year.len(), 2 | 4) {
        return None;
    }
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let month = MONTHS
        .iter()
        .position(|name| name.eq_ignore_ascii_case(month))?
        + 1;
    let day: u32 = day.parse().ok()?;
    let year: u32 = year.parse().ok()?;
    // Two digits: within the range that servers of this API can mean.
    let year = if year < 100 {
        if year >= 70 { 1900 + year } else { 2000 + year }
    } else {
        year
    };
    Timestamp::parse(&format!("{year:04}-{month:02}-{day:02}T{time}Z"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_http_date_is_read_in_its_three_forms() {
        for text in [
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
        ] {
            assert_eq!(
                parse_http_date(text),
                Timestamp::parse("1994-11-06T08:49:37Z"),
                "{text}"
            );
        }
        for text in [
            "",
            "Sun, 06 Nov 1994 08:49:37 +0200",
            "06/11/94",
            "Sun, 36 Nov 1994 08:49:37 GMT",
            "a b c d e",
        ] {
            assert_eq!(parse_http_date(text), None, "{text}");
        }
    }

    #[test]
    fn what_a_server_asks_for_is_honoured_within_bounds() {
        let now = Timestamp::parse("2026-11-21T12:00:00Z").unwrap();
        for (text, seconds) in [
            ("7", Some(7)),
            (" 120 ", Some(120)),
            ("0", Some(1)),
            ("-5", Some(1)),
            ("1000000000", Some(600)),
            ("99999999999999999999999999", Some(600)),
            ("Sat, 21 Nov 2026 12:00:30 GMT", Some(30)),
            ("Sat, 21 Nov 2026 11:00:00 GMT", Some(1)),
            ("Sat, 21 Nov 2037 12:00:30 GMT", Some(600)),
            ("soon", None),
            ("1.5", None),
            ("", None),
        ] {
            assert_eq!(
                retry_after(text, now),
                seconds.map(Duration::from_secs),
                "{text}"
            );
        }
    }
}
