//! Whatever a server at a Flyte source's address answers, the adapter makes a value or an error of it, with words that help.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

mod flyte_canned;

use flyte_canned::{Canned, flyte, framed};
use futures_util::{FutureExt as _, StreamExt as _};
use proptest::prelude::*;
use runboard_core::backend::tasks::TaskOrder;
use runboard_core::backend::{
    Action, Again, Backend as _, BackendError, EventQuery, LogQuery, NewRun, Order, Template,
    Topic, Update,
};
use runboard_core::model::resume::planner::Profile;
use runboard_core::model::{Phase, ResumeMode, RunFilter};

const RUN: &str = "p/d/r";

/// Asks everything of a server that answers all with the same.
fn ask_all(canned: &Canned) {
    let backend = flyte(canned.clone());
    let _ = backend.info().now_or_never();
    let filter = RunFilter::from_pairs([
        ("job", "f*"),
        ("q", "x"),
        ("since", "1d"),
        ("tag", "project=p,paused_action"),
    ]);
    let _ = backend.list_runs(&filter, 2, None).now_or_never();
    for run in [RUN, "bare"] {
        let _ = backend.run(run).now_or_never();
        let _ = backend.steps(run).now_or_never();
        let _ = backend.stats(run).now_or_never();
        let _ = backend.raw(run).now_or_never();
    }
    let _ = backend.step(RUN, "a0").now_or_never();
    let _ = backend.report(RUN, "a0", 1).now_or_never();
    let _ = backend.step_data(RUN, "a0").now_or_never();
    let _ = backend.learn_lengths(RUN).now_or_never();
    let _ = backend
        .resume_plan(RUN, ResumeMode::Incomplete, &[], Profile::Actual)
        .now_or_never();
    let tail = LogQuery {
        tail: Some(5),
        ..LogQuery::default()
    };
    let _ = backend.logs(RUN, &tail).now_or_never();
    let _ = backend.events(RUN, &EventQuery::default()).now_or_never();
    let _ = backend
        .act(RUN, &Action::Reexecute(Again::default()), "k")
        .now_or_never();
    let orders = [
        Order::Abort {
            run: RUN.into(),
            step: Some("a1".into()),
            reason: String::new(),
        },
        Order::Signal {
            run: RUN.into(),
            step: "a1".into(),
            answer: "true".into(),
        },
        Order::Create(NewRun {
            project: "p".into(),
            domain: "d".into(),
            name: None,
            template: Template::Spec("{}".into()),
            inputs: None,
            options: None,
        }),
    ];
    for order in &orders {
        let _ = backend.order(order).now_or_never();
    }
    let tasks = backend.tasks().unwrap();
    let _ = tasks
        .list("x", TaskOrder::default(), 3, None)
        .now_or_never();
    let _ = tasks.groups(&["p/d".into()]).now_or_never();
    let _ = tasks.versions("p/d/t").now_or_never();
    let _ = tasks.task("p/d/t", "v1").now_or_never();
    let _ = tasks.triggers(None).now_or_never();
    let log = Topic::Log {
        run: RUN.into(),
        step: String::new(),
        attempt: Some(1),
    };
    for topic in [Topic::Runs, Topic::Run(RUN.into()), log] {
        let opened = backend.watch(&[topic], &[]).now_or_never();
        if let Some(Ok(mut news)) = opened {
            // What is there at once; nothing comes behind it, because time stands still.
            for _ in 0..50 {
                if news.next().now_or_never().flatten().is_none() {
                    break;
                }
            }
        }
    }
}

const RECORDED: [&str; 4] = [
    r#"{"runs":[{"action":{"id":{"run":{"project":"p","domain":"d","name":"r"},"name":"a0"},"metadata":{"executedBy":{"user":{"id":{"subject":"s"},"spec":{"firstName":"A","email":"a@b"}}},"task":{"id":{"project":"p","domain":"d","name":"t","version":"v"},"shortName":"t"},"source":"RUN_SOURCE_CLI","relation":{"relatedTo":{"project":"p","domain":"d","name":"q"},"relationType":1}},"status":{"phase":"ACTION_PHASE_RUNNING","startTime":"2026-11-21T09:58:37.079819Z","attempts":1,"durationMs":"12"}},"labels":{"a":"b"}}],"token":"2"}"#,
    r#"{"details":{"runSpec":{"labels":{"values":{"k":"v"}},"taskSpecSource":"DEPLOYED"},"action":{"id":{"run":{"project":"p","domain":"d","name":"r"},"name":"a0"},"metadata":{"parent":"","condition":{"name":"c","type":{"simple":"BOOLEAN"}}},"status":{"phase":9},"errorInfo":{"message":"m","kind":"KIND_USER"},"task":{"taskTemplate":{"id":{}}},"attempts":[{"phase":"ACTION_PHASE_FAILED","attempt":1,"errorInfo":{"message":"e"},"phaseTransitions":[{"phase":1,"startTime":"2026-11-21T09:58:37Z"}],"clusterEvents":[{"message":"x","type":"TYPE_WARNING"}],"logInfo":[{"uri":"u","name":"n"}],"logContext":{"pods":[{"podName":"a"}],"primaryPodName":"a"}}]},"id":{"name":"a0"},"condition":{"type":{"simple":"BOOLEAN"},"timeout":"5s"},"status":{"phase":"ACTION_PHASE_PAUSED"}}}"#,
    r#"{"enrichedActions":[{"action":{"id":{"name":"a0"},"status":{"phase":"ACTION_PHASE_SUCCEEDED"}},"childrenPhaseCounts":{"5":1},"meetsFilter":true},{"action":{"id":{"name":"x"},"metadata":{"parent":"a0","trace":{"name":"y"}},"status":{"phase":"ACTION_PHASE_NOVEL"}}}]}"#,
    r#"{"tasks":[{"taskId":{"name":"t"},"metadata":{"deployedAt":"2026-11-21T09:58:37Z"}}],"triggers":[{"id":{"name":{"name":"n","taskName":"t"}},"automationSpec":{"schedule":{"rate":{"value":"5","unit":1}}}}],"versions":[{"version":"v"}],"projects":{"projects":[{"id":"p","domains":[{"id":"d"}]}]},"logs":[{"lines":[{"timestamp":"2026-11-21T09:58:37Z","message":"m"}]}],"token":"9"}"#,
];

/// Changes one place of a value to something of another kind.
fn change(value: &mut serde_json::Value, mut place: usize, kind: usize) {
    use serde_json::{Value, json};
    let mut at = value;
    loop {
        let is_leaf = match &at {
            Value::Object(map) => map.is_empty(),
            Value::Array(list) => list.is_empty(),
            _ => true,
        };
        if is_leaf || place.is_multiple_of(7) {
            let others = [
                json!(null),
                json!(-1),
                json!("x"),
                json!([]),
                json!({}),
                json!(1e300),
                json!([[1]]),
                json!({"name": {}}),
            ];
            *at = others[kind % others.len()].clone();
            return;
        }
        at = match at {
            Value::Object(map) => {
                let count = map.len();
                map.values_mut().nth(place % count).unwrap()
            }
            Value::Array(list) => {
                let count = list.len();
                &mut list[place % count]
            }
            _ => return,
        };
        place = place.wrapping_mul(31).wrapping_add(11) % 100_003;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Some pieces of a real answer become something else: there is an answer or an error, never a panic and no end.
    #[test]
    fn no_answer_makes_a_panic(
        which in 0..RECORDED.len(),
        changes in prop::collection::vec((1_usize..100_000, 0_usize..8), 0..6),
        status in prop::sample::select(vec![200_u16, 404, 500]),
    ) {
        let mut value: serde_json::Value = serde_json::from_str(RECORDED[which]).unwrap();
        for (place, kind) in changes {
            change(&mut value, place, kind);
        }
        ask_all(&Canned::json(status, value.to_string().as_bytes()));
    }

    #[test]
    fn no_bytes_make_a_panic(
        which in 0..RECORDED.len(),
        at in any::<prop::sample::Index>(),
        bytes in prop::collection::vec(any::<u8>(), 0..12),
    ) {
        let mut body = RECORDED[which].as_bytes().to_vec();
        let at = at.index(body.len());
        body.splice(at..(at + bytes.len()).min(body.len()), bytes.iter().copied());
        let mut canned = Canned::json(200, &body);
        canned.frames.insert(1, bytes);
        ask_all(&canned);
    }
}

#[test]
fn every_kind_of_no_has_its_own_words() {
    let page: &[u8] = b"<html><form>sign in</form></html>";
    let html = |status| Canned {
        kind: "text/html; charset=utf-8",
        stream_kind: "text/html",
        ..Canned::json(status, page)
    };
    let connect = |status, code: &str| {
        let body = [
            "{\"code\":\"",
            code,
            "\",\"message\":\"the server's words\"}",
        ]
        .concat();
        Canned::json(status, body.as_bytes())
    };
    let of = |canned: Canned| {
        let answer = flyte(canned).run(RUN).now_or_never().unwrap();
        answer.map(|_| ()).unwrap_err()
    };
    assert!(
        matches!(of(html(200)), BackendError::NotThisApi(words) if words.contains("login page"))
    );
    assert_eq!(of(html(401)), BackendError::SignedOut);
    assert!(matches!(of(html(403)), BackendError::Denied(words) if words.contains("web page")));
    assert!(
        matches!(of(html(404)), BackendError::Unsupported(words) if words.contains("HTTP 404"))
    );
    assert!(
        matches!(of(html(502)), BackendError::Busy { detail, .. } if detail.contains("HTTP 502"))
    );
    assert!(
        matches!(of(connect(404, "not_found")), BackendError::NotFound(missing) if missing.detail == "the server's words")
    );
    assert!(matches!(
        of(connect(400, "failed_precondition")),
        BackendError::Refused(_)
    ));
    assert!(
        matches!(of(connect(500, "internal")), BackendError::Broken { detail, .. } if detail == "the server's words")
    );
    // The bridge's own refusal is a problem of RFC 9457.
    let problem = Canned {
        kind: "application/problem+json",
        ..Canned::json(403, br#"{"title":"Forbidden","detail":"f: refused: --allow-actions lets it change things"}"#)
    };
    assert!(
        matches!(of(problem), BackendError::Denied(words) if words.contains("--allow-actions"))
    );
    let empty = Canned::json(200, b"{}");
    assert!(matches!(of(empty), BackendError::Malformed(words) if words.contains("details")));
}

/// A word that nobody knows yet is shown as it is, and a field that is new is no problem.
#[test]
fn what_is_new_is_shown() {
    let body = br#"{"details":{"action":{"id":{"run":{"project":"p","domain":"d","name":"r"},"name":"a0"},"novel":{"x":1},"status":{"phase":"ACTION_PHASE_HIBERNATING","attempts":1}}}}"#;
    let run = flyte(Canned::json(200, body))
        .run(RUN)
        .now_or_never()
        .unwrap()
        .unwrap();
    assert_eq!(
        (run.value.phase, run.value.raw_status.as_str()),
        (Phase::Unknown, "HIBERNATING")
    );
    assert_eq!(run.problems, [""; 0]);
}

/// A stream whose last message was cut off is no end.
#[test]
fn a_stream_that_breaks_off_is_lost() {
    let details = br#"{"details":{"action":{"id":{"run":{"project":"p","domain":"d","name":"r"},"name":"a0"},"status":{"phase":4}}},"enrichedActions":[{"action":{"id":{"name":"a0"},"status":{"phase":4}}}]}"#;
    let whole = framed(0, details);
    for (frames, words) in [
        (vec![whole.clone()], "broke off"),
        (vec![whole.clone(), whole[..40].to_vec()], "broke off"),
        (vec![whole.clone(), framed(2, b"{}")], "ended"),
        (vec![whole.clone(), framed(1, b"{}")], "compressed"),
        (
            vec![
                whole.clone(),
                framed(
                    2,
                    br#"{"error":{"code":"unavailable","message":"going down"}}"#,
                ),
            ],
            "going down",
        ),
    ] {
        let canned = Canned {
            frames,
            ..Canned::json(200, details)
        };
        let backend = flyte(canned);
        let news = backend.watch(&[Topic::Run(RUN.into())], &[]).now_or_never();
        let mut news = news.unwrap().unwrap();
        let (mut steps, mut lost) = (0, None);
        while let Some(Some(next)) = news.next().now_or_never() {
            match next {
                Ok(news) => {
                    if let Update::Steps { steps: told, .. } = news.update {
                        steps += told.len();
                    }
                }
                Err(error) => lost = Some(error.to_string()),
            }
        }
        assert_eq!(steps, 1, "what came before counts");
        assert!(lost.as_ref().unwrap().contains(words), "{lost:?}");
    }
}
