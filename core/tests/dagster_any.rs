//! Whatever a server at a Dagster source's address answers, the adapter makes a value or an error of it.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

mod dagster_canned;

use dagster_canned::{JSON, dagster, fixture};
use futures_util::FutureExt as _;
use proptest::prelude::*;
use runboard_core::backend::{
    Action, Again, Backend as _, Completing, Cursor, EventQuery, Launch, LogQuery, Topic,
};
use runboard_core::model::resume::planner::Profile;
use runboard_core::model::{ResumeMode, RunFilter};

/// Asks everything of a server that answers all with the same.
fn ask_all(status: u16, body: &[u8]) {
    let new = || dagster(&[(status, JSON, body)]).0;
    let _ = new().info().now_or_never().unwrap();
    let filter = RunFilter::from_pairs([("job", "f*"), ("q", "x"), ("since", "1d")]);
    let _ = new().list_runs(&filter, 2, None).now_or_never().unwrap();
    let _ = new().run("r").now_or_never().unwrap();
    let _ = new().steps("r").now_or_never().unwrap();
    let _ = new().stats("r").now_or_never().unwrap();
    let _ = new().lineage("r").now_or_never().unwrap();
    let _ = new().raw("r").now_or_never().unwrap();
    let _ = new()
        .resume_plan("r", ResumeMode::Incomplete, &[], Profile::Actual)
        .now_or_never()
        .unwrap();
    for mode in ResumeMode::ALL {
        let _ = new()
            .resume_plan("r", mode, &[], Profile::Actual)
            .now_or_never()
            .unwrap();
    }
    let _ = new().learn_lengths("r").now_or_never().unwrap();
    let _ = new().assets("r").now_or_never().unwrap();
    let _ = new().facts("r").now_or_never().unwrap();
    let many = RunFilter::from_pairs([("job", "a,b"), ("tag", "x=1,x=2")]);
    let _ = new().list_runs(&many, 2, None).now_or_never().unwrap();
    let place = Some(".,,a,");
    let _ = new().list_runs(&many, 2, place).now_or_never().unwrap();
    let _ = new().counts(&filter).now_or_never().unwrap();
    let _ = new().figures(&["r".into()]).now_or_never().unwrap();
    let _ = new().backfills(&["b".into()]).now_or_never().unwrap();
    for what in [
        Completing::Job,
        Completing::TagKey,
        Completing::TagValue("team".into()),
        Completing::RunId,
        Completing::EventType,
        Completing::StepKey("r".into()),
        Completing::Partition("j".into()),
    ] {
        let _ = new().complete(&what, "s").now_or_never().unwrap();
    }
    let launch = Launch {
        job: "ok_job".into(),
        partition: Some("p".into()),
        ..Launch::default()
    };
    let _ = new().launch(&launch, "k").now_or_never().unwrap();
    let so = Again {
        steps: vec!["a".into()],
        ..Again::default()
    };
    let so = Action::Reexecute(so);
    let _ = new().act("r", &so, "k").now_or_never().unwrap();
    let tail = LogQuery {
        tail: Some(5),
        ..LogQuery::default()
    };
    let _ = new().logs("r", &tail).now_or_never().unwrap();
    let _ = new()
        .events("r", &EventQuery::default())
        .now_or_never()
        .unwrap();
    for topic in [Topic::Runs, Topic::Run("r".into())] {
        let news = new().watch(&[topic], &[Cursor("run r 3 abc".into())]);
        let _ = news.now_or_never().unwrap();
    }
    let _ = new()
        .act("r", &Action::Reexecute(Again::default()), "k")
        .now_or_never()
        .unwrap();
}

const RECORDED: [&[u8]; 11] = [
    fixture!("info"),
    fixture!("runs"),
    fixture!("steps-fail"),
    fixture!("steps-retry"),
    fixture!("steps-dynamic"),
    fixture!("stats-asset"),
    fixture!("events-fail"),
    fixture!("events-asset"),
    fixture!("news-fail"),
    fixture!("missing"),
    fixture!("unknown-field"),
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Some pieces of a real answer become something else: there is an answer or an error, never a panic and no end.
    #[test]
    fn no_answer_makes_a_panic(
        which in 0..RECORDED.len(),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), 0..8_usize), 0..6),
        status in prop::sample::select(vec![200_u16, 400, 500, 503]),
    ) {
        let mut value: serde_json::Value = serde_json::from_slice(RECORDED[which]).unwrap();
        for (place, kind) in changes {
            change(&mut value, place, kind);
        }
        ask_all(status, value.to_string().as_bytes());
    }

    #[test]
    fn no_bytes_make_a_panic(
        which in 0..RECORDED.len(),
        at in any::<prop::sample::Index>(),
        bytes in proptest::collection::vec(any::<u8>(), 0..12),
    ) {
        let mut body = RECORDED[which].to_vec();
        let at = at.index(body.len());
        body.splice(at..(at + bytes.len()).min(body.len()), bytes);
        ask_all(200, &body);
    }
}

/// Puts something else in the place of one value.
fn change(value: &mut serde_json::Value, place: prop::sample::Index, kind: usize) {
    let count = leaves(value, usize::MAX, kind);
    leaves(value, place.index(count.max(1)), kind);
}

fn leaves(value: &mut serde_json::Value, mut at: usize, kind: usize) -> usize {
    use serde_json::json;
    let others = [
        json!(null),
        json!(-1),
        json!(1e300),
        json!(""),
        json!("\u{23ce}x[?]"),
        json!([1, {}]),
        json!({"a": []}),
        json!(true),
    ];
    let mut open = vec![value];
    let mut count = 0;
    while let Some(value) = open.pop() {
        count += 1;
        if at == 0 {
            *value = others[kind].clone();
            return count;
        }
        at -= 1;
        match value {
            serde_json::Value::Array(list) => open.extend(list.iter_mut()),
            serde_json::Value::Object(map) => open.extend(map.values_mut()),
            _ => {}
        }
    }
    count
}
