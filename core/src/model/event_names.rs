//! Names of event types by which people know them from elsewhere: those of old, those without their first word, and names of records.

/// A type as it is written today for each way to write `word`, which may hold `*` and `?`: Dagster's `PIPELINE_` was `RUN_`; what happens to assets is
/// often written without `ASSET_`; and `MaterializationEvent` is the record of an `ASSET_MATERIALIZATION` (`dagster_graphql/schema/logs/events.py`).
pub(super) fn names(word: &str) -> Vec<String> {
    let mut all = vec![word.to_string()];
    if let Some(record) = word.strip_suffix("Event").filter(|record| is_camel(record)) {
        let snake = snake(record);
        let short = snake.strip_prefix("EXECUTION_").unwrap_or(&snake);
        all.push(short.to_string());
        all.push([short, "_EVENT"].concat());
    }
    let mut more = Vec::new();
    for kind in &all {
        let starts = |word: &str| {
            kind.get(..word.len())
                .filter(|head| head.eq_ignore_ascii_case(word))
                .and_then(|_| kind.get(word.len()..))
        };
        if let Some(rest) = starts("PIPELINE_") {
            more.push(["RUN_", rest].concat());
        }
        let of_assets = ["MATERIALIZATION", "OBSERVATION", "CHECK_", "FAILED_TO_"];
        if of_assets.iter().any(|word| starts(word).is_some()) {
            more.push(["ASSET_", kind].concat());
        }
    }
    all.extend(more);
    all
}

fn is_camel(word: &str) -> bool {
    word.starts_with(|letter: char| letter.is_ascii_uppercase())
        && word.contains(|letter: char| letter.is_ascii_lowercase())
}

/// `StepUpForRetry` as `STEP_UP_FOR_RETRY`.
fn snake(camel: &str) -> String {
    let mut out = String::new();
    for letter in camel.chars() {
        if letter.is_ascii_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.push(letter.to_ascii_uppercase());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_names_short_ones_and_records_are_types_of_today() {
        for (word, kind) in [
            ("STEP_START", "STEP_START"),
            ("PIPELINE_START", "RUN_START"),
            ("pipeline_*", "RUN_*"),
            ("MATERIALIZATION", "ASSET_MATERIALIZATION"),
            ("check_evaluation*", "ASSET_check_evaluation*"),
            ("MaterializationEvent", "ASSET_MATERIALIZATION"),
            ("ExecutionStepUpForRetryEvent", "STEP_UP_FOR_RETRY"),
            ("EngineEvent", "ENGINE_EVENT"),
            ("LogMessageEvent", "LogMessageEvent"),
            ("\u{e9}Event", "\u{e9}Event"),
        ] {
            assert!(names(word).contains(&kind.to_string()), "{word}");
        }
        assert_eq!(names("STEP_START").len(), 1);
    }
}
