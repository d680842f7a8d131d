//! Runs as lists of them have: many ids, some jobs, every phase, a tag that repeats and one that does not.

#![allow(clippy::indexing_slicing)]

use runboard_core::model::{Phase, Run, Timestamp};

pub(crate) const NOW: Timestamp = Timestamp(1_795_000_000_000_000);

/// The run of a number, the same every time.
pub(crate) fn numbered(number: u64) -> Run {
    let mut run = Run::new(
        format!("{:032x}", number.wrapping_mul(0x9e37_79b9_7f4a_7c15)),
        format!("job_{}", number % 200),
    );
    run.phase = Phase::ALL[(number % 14) as usize];
    run.raw_status = run.phase.word().into();
    run.created_at = Some(Timestamp(
        NOW.0 + (number * 7919 % 1_000_003) as i64 * 1_000_000,
    ));
    run.started_at = run.created_at;
    run.tags = vec![
        ("team".into(), format!("t{}", number % 50)),
        ("commit".into(), format!("{number:x}")),
    ];
    run
}
