//! Every text that is computed: words of phases, durations, times, counts, ages.

use runboard_core::model::{Phase, Run, Span, Timestamp};

use crate::state::actions::{PlanVerb, Profile, ResumeMode, ResumePlan, Turning};
use crate::state::clock::offset_minutes;

/// A phase as people read it.
pub fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::UpstreamFailed => "upstream failed",
        Phase::TimedOut => "timed out",
        other => other.word(),
    }
}

/// The status word of a run: its phase, `unfinished` without a sign of life, or the source's own word when we do not know it.
pub fn run_status(run: &Run) -> String {
    if run.is_unfinished() {
        return "unfinished".into();
    }
    match run.phase {
        Phase::Unknown if !run.raw_status.is_empty() => run.raw_status.clone(),
        known => phase(known).into(),
    }
}

/// `850ms`, `2.4s`, `40s`, `2m 15s`, `1h 02m`, `3d 4h`; a negative length keeps its sign.
pub fn duration(span: Span) -> String {
    if span.0 < 0 {
        return format!("\u{2212}{}", duration(Span(span.0.saturating_neg())));
    }
    let ms = span.0 / 1000;
    let seconds = ms / 1000;
    match seconds {
        0 => format!("{ms}ms"),
        1..10 => format!("{}.{}s", seconds, ms % 1000 / 100),
        10..60 => format!("{seconds}s"),
        60..3600 => format!("{}m {:02}s", seconds / 60, seconds % 60),
        3600..86_400 => format!("{}h {:02}m", seconds / 3600, seconds / 60 % 60),
        _ => format!("{}d {}h", seconds / 86_400, seconds / 3600 % 24),
    }
}

/// `12.345`: a number with `places` digits behind its point, rounded. (The standard formatting of floats is 10 kB of wasm.)
pub fn decimal(value: f64, places: u32) -> String {
    let scale = 10_i64.pow(places);
    let scaled = (value * scale as f64).round() as i64;
    let (whole, rest) = (
        scaled.unsigned_abs() / scale as u64,
        scaled.unsigned_abs() % scale as u64,
    );
    let sign = if scaled < 0 { "-" } else { "" };
    if places == 0 {
        return format!("{sign}{whole}");
    }
    format!("{sign}{whole}.{rest:0width$}", width = places as usize)
}

/// Whole seconds only, for what ticks: `40s`, `2m 15s`.
pub fn ticking(span: Span) -> String {
    let seconds = span.0.max(0) / 1_000_000;
    if seconds < 60 {
        format!("{seconds}s")
    } else {
        duration(Span::seconds(seconds))
    }
}

/// `UTC`, `UTC+1`, `UTC−5:30`.
pub fn zone(offset_minutes: i32) -> String {
    if offset_minutes == 0 {
        return "UTC".into();
    }
    let sign = if offset_minutes < 0 { '\u{2212}' } else { '+' };
    let (hours, minutes) = (offset_minutes.abs() / 60, offset_minutes.abs() % 60);
    if minutes == 0 {
        format!("UTC{sign}{hours}")
    } else {
        format!("UTC{sign}{hours}:{minutes:02}")
    }
}

/// `09:45:00` today, `11-20 09:45` this year, `2025-11-20 09:45` else; in the browser's zone.
pub fn time_short(at: Timestamp, now: Timestamp) -> String {
    let offset = offset_minutes(at);
    let (year, month, day, hour, minute, second, _) = at.civil(offset);
    let (now_year, now_month, now_day, ..) = now.civil(offset_minutes(now));
    if (year, month, day) == (now_year, now_month, now_day) {
        format!("{hour:02}:{minute:02}:{second:02}")
    } else if year == now_year {
        format!("{month:02}-{day:02} {hour:02}:{minute:02}")
    } else {
        format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}")
    }
}

/// `2026-11-21 09:45:00 UTC−5`, in the browser's zone.
pub fn time_full(at: Timestamp) -> String {
    let offset = offset_minutes(at);
    let (year, month, day, hour, minute, second, _) = at.civil(offset);
    format!(
        "{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} {}",
        zone(offset)
    )
}

/// `09:46:31.201`, in the browser's zone: the time of a log line.
pub fn time_of_line(at: Timestamp) -> String {
    let (_, _, _, hour, minute, second, micro) = at.civil(offset_minutes(at));
    format!("{hour:02}:{minute:02}:{second:02}.{:03}", micro / 1000)
}

/// As [`time_of_line`], with the day in front when it is not today's.
pub fn time_of_event(at: Timestamp, now: Timestamp) -> String {
    let day = |at: Timestamp| {
        let (year, month, day, ..) = at.civil(offset_minutes(at));
        (year, month, day)
    };
    let (_, month, date) = day(at);
    let time = time_of_line(at);
    if day(at) == day(now) {
        time
    } else {
        format!("{month:02}-{date:02} {time}")
    }
}

/// How long ago, as a difference: `−40s`, or `now`.
pub fn before_now(span: Span) -> String {
    match ago(span).as_str() {
        "now" => "now".into(),
        age => format!("\u{2212}{age}"),
    }
}

/// How long ago: `now`, `40s`, `5m`, `2h`, `3d`.
pub fn ago(span: Span) -> String {
    let seconds = span.0.max(0) / 1_000_000;
    match seconds {
        0 => "now".into(),
        1..60 => format!("{seconds}s"),
        60..3600 => format!("{}m", seconds / 60),
        3600..86_400 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86_400),
    }
}

/// `just now`, `40s ago`.
pub fn ago_words(span: Span) -> String {
    match ago(span).as_str() {
        "now" => "just now".into(),
        age => format!("{age} ago"),
    }
}

/// `1,204`.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 line`, `2 lines`.
pub fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

/// `8 steps`, or `3 of 8 steps`.
pub fn some_of(shown: u64, all: u64, one: &str, many: &str) -> String {
    if shown == all {
        return counted(all, one, many);
    }
    format!("{} of {}", count(shown), counted(all, one, many))
}

/// An id cut in its middle: `r3k9x0…m7qa`; short ones stay whole.
pub fn short_id(id: &str) -> String {
    // Of a name with its places before it, the last part is its own.
    let id = id.rsplit('/').next().unwrap_or(id);
    let letters: Vec<char> = id.chars().collect();
    if letters.len() <= 13 {
        return id.into();
    }
    let head: String = letters.iter().take(6).collect();
    let tail: String = letters.iter().skip(letters.len() - 5).collect();
    format!("{head}\u{2026}{tail}")
}

/// How long a run has taken: to its end, to its last sign of life, or so far. Nobody can tell for a run of unknown fate.
pub fn run_span(run: &Run, now: Timestamp) -> Option<Span> {
    let so_far = || run.last_seen_at.or(run.phase.is_active().then_some(now));
    let end = run.ended_at.or_else(so_far)?;
    Some(end.since(run.started_at?))
}

/// The failure reason's first line.
pub fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

/// `09:45:00 UTC−5`: the time of day in the browser's zone.
pub fn clock(at: Timestamp) -> String {
    let offset = offset_minutes(at);
    let (_, _, _, hour, minute, second, _) = at.civil(offset);
    format!("{hour:02}:{minute:02}:{second:02} {}", zone(offset))
}

/// With a capital first letter, where that is an English one: the table for all others is 10 kB.
pub fn heading(words: &str) -> String {
    let mut words = words.to_string();
    if let Some(first) = words.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    words
}

/// Several of what a source calls so: `stages`.
pub fn plural(noun: &str) -> String {
    [noun, "s"].concat()
}

/// `2 steps`, of a noun that a source gave: an English plural.
pub fn counted_noun(number: u64, noun: &str) -> String {
    counted(number, noun, &plural(noun))
}

pub use runboard_core::model::resume::command;

/// What is said when a change was asked for and nothing was heard; `keyed`: the source knows the same wish again.
pub fn unclear(words: &str, keyed: bool) -> String {
    let next = match keyed {
        true => "Asking again is safe: it is not done twice.",
        false => "Look whether it was done before you ask again: the source may do it twice.",
    };
    format!("Nobody can tell whether it was done: {words}. {next}")
}

/// What a choice of steps means; `rules`: by whose rules, where a source has several.
pub fn resume_mode(mode: ResumeMode, rules: Option<Profile>) -> &'static str {
    match (mode, rules) {
        (ResumeMode::Incomplete, Some(Profile::Actual)) => {
            "what ended in failure and what never began; any other status counts as done"
        }
        (ResumeMode::Failed, Some(Profile::Actual)) => {
            "everything that has not succeeded, also what never began"
        }
        (ResumeMode::Failed, Some(Profile::Promised)) => {
            "only those that failed or were interrupted"
        }
        (ResumeMode::Incomplete, _) => "all that have not succeeded",
        (ResumeMode::Failed, _) => "only those that failed",
        (ResumeMode::Assets, _) => "assets that were not made and checks that were not evaluated",
    }
}

/// What is done to a step that is turned round against the plan of a resume.
pub fn turning(turning: Turning) -> &'static str {
    match turning {
        Turning::Nothing => "",
        Turning::PassOver => "Skip",
        Turning::RunAgain => "Run again",
    }
}

/// By whose rules a plan is made, on the switch.
pub fn plan_profile(profile: Profile) -> &'static str {
    match profile {
        Profile::Promised => "what its documentation promises",
        _ => "what its command line does today",
    }
}

/// `Total: 5 steps to execute, 3 steps to skip`.
pub fn plan_total(plan: &ResumePlan, noun: &str) -> String {
    let part = |number: usize, what: &str| [&counted_noun(number as u64, noun), what].concat();
    let mut words = [
        "Total: ",
        &part(plan.to_execute(), " to execute, "),
        &part(plan.total(PlanVerb::Skip), " to skip"),
    ]
    .concat();
    let blocked = plan.total(PlanVerb::Blocked);
    if blocked > 0 {
        words.push_str(", ");
        words.push_str(&part(blocked, " blocked"));
    }
    words
}
