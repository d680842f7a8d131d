//! The parts of the app that need a browser: the route codec on real links, words and times, and components in a real page.
#![cfg(target_arch = "wasm32")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

mod html;

use html::mount;
use runboard_app::ui;
use runboard_app::ui::part::phase_badge::phase_badge;
use runboard_app::ui::part::steps_bar::steps_bar;
use runboard_app::ui::route::{LineRange, Route, Tab, View};
use runboard_app::ui::route_part::PartFilter;
use runboard_app::ui::text;
use runboard_core::model::resume::{PlanStep, PlanVerb, ResumePlan};
use runboard_core::model::{Phase, Run, Span, StepCounts, Timestamp};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

fn parse(link: &str) -> Route {
    let (query, hash) = link
        .trim_start_matches('?')
        .split_once('#')
        .unwrap_or((link.trim_start_matches('?'), ""));
    Route::parse(query, hash)
}

#[wasm_bindgen_test]
fn a_link_reads_back_as_the_route_that_wrote_it() {
    for link in [
        "?",
        "?view=run&source=etl&run=r7f2c0ffee&tab=logs&f.step=fmt,clippy&f.level=error&follow=1#L120-L140",
        "?view=run&run=latest&tab=logs&job=etl_*&follow=1",
        "?source=a,b&status=failed,unfinished&job=etl_*&since=1d&tag=env=prod&q=disk%20full&limit=20",
        "?view=run&source=etl&run=r7f2c0ffee&tab=events&f.type=STEP_*,LOSS&f.step=load_*&f.level=warning&f.since=2h&f.q=disk%20full",
        "?view=run&run=latest&tab=steps&f.step=load_*&f.status=failed,upstream_failed&f.sort=-duration",
        "?view=run&run=latest&tab=resume&f.profile=promised",
        "?view=run&run=latest&tab=logs&step=a%20b&attempt=2",
        "?view=run&run=latest&tab=logs&f.step=one%5C,two%5C%5C,three",
        "?view=run&run=latest&tab=timeline",
        "?view=run&run=latest&tab=lineage",
        "?view=sources",
        "?job=etl_*&group=job&sort=-duration",
        "?group=source",
        "?view=run&run=a/b?c%23d%252F..&tab=steps",
    ] {
        let route = parse(link);
        assert_eq!(parse(&route.href()), route, "{link}");
        assert_eq!(route.href(), link);
    }
}

#[wasm_bindgen_test]
fn a_link_of_another_time_still_opens_something() {
    let route = parse("?view=holodeck&tab=warp&limit=many&f.tail=-1&f.sort=-taste&f.q=%20&x=1#L0");
    assert_eq!(
        (route.view, route.tab, route.limit, route.lines),
        (View::Runs, Tab::Overview, None, None)
    );
    let bad = vec!["f.tail=-1".to_string()];
    assert_eq!(
        route.part,
        PartFilter {
            bad,
            ..PartFilter::default()
        }
    );
}

#[wasm_bindgen_test]
fn line_links_take_every_written_form() {
    let range = |from, to| LineRange {
        step: None,
        from,
        to,
    };
    assert_eq!(LineRange::parse("L7"), Some(range(7, 7)));
    assert_eq!(LineRange::parse("L7-L9"), Some(range(7, 9)));
    assert_eq!(LineRange::parse("L9-7"), Some(range(7, 9)));
    let of_step = LineRange {
        step: Some("a:b".into()),
        from: 1,
        to: 2,
    };
    assert_eq!(LineRange::parse("step:a:b:L1-L2"), Some(of_step));
    for wrong in ["", "L", "L0", "7", "Lx", "L1-", "step:x"] {
        assert_eq!(LineRange::parse(wrong), None, "{wrong}");
    }
}

#[wasm_bindgen_test]
fn lengths_and_counts_read_as_people_write_them() {
    for (micros, words) in [
        (0, "0ms"),
        (850_000, "850ms"),
        (2_400_000, "2.4s"),
        (40_000_000, "40s"),
        (135_000_000, "2m 15s"),
        (3_720_000_000, "1h 02m"),
        (273_600_000_000, "3d 4h"),
        (-5_000_000, "\u{2212}5.0s"),
        (i64::MIN, "\u{2212}106751991d 4h"),
    ] {
        assert_eq!(text::duration(Span(micros)), words);
    }
    assert_eq!(
        (text::count(0), text::count(1204), text::count(1_000_000)),
        ("0".into(), "1,204".into(), "1,000,000".into())
    );
    assert_eq!(
        text::short_id("9d38c7ea-1234-5678-9abc-def012345678"),
        "9d38c7\u{2026}45678"
    );
}

#[wasm_bindgen_test]
fn a_command_is_written_as_a_shell_takes_it() {
    let of = |words: &[&str]| {
        let words: Vec<String> = words.iter().map(ToString::to_string).collect();
        text::command(&words)
    };
    assert_eq!(
        of(&["sh", "-c", "echo 'a b'"]),
        "sh -c 'echo '\\''a b'\\'''"
    );
    assert_eq!(
        of(&["./x", "--day=2026-11-21", ""]),
        "./x --day=2026-11-21 ''"
    );
}

#[wasm_bindgen_test]
fn a_plan_is_told_in_a_sentence() {
    let step = |plan: PlanVerb| PlanStep {
        key: String::new(),
        plan,
        raw_plan: String::new(),
        reason: String::new(),
        command: Vec::new(),
        expected: None,
        within: None,
    };
    let plan = |verbs: &[PlanVerb]| ResumePlan {
        run: String::new(),
        mode: String::new(),
        profile: String::new(),
        token: String::new(),
        steps: verbs.iter().copied().map(step).collect(),
        warnings: Vec::new(),
        differences: Vec::new(),
        expected_by: String::new(),
        suggestion: None,
        command: Vec::new(),
        by_hand: Vec::new(),
    };
    use PlanVerb::{Blocked, Retry, Run, Skip};
    assert_eq!(
        text::plan_total(&plan(&[Skip, Skip, Skip, Retry, Run, Run, Run, Run]), "job"),
        "Total: 5 jobs to execute, 3 jobs to skip"
    );
    assert_eq!(
        text::plan_total(&plan(&[Retry, Blocked]), "step"),
        "Total: 1 step to execute, 0 steps to skip, 1 step blocked"
    );
}

#[wasm_bindgen_test]
fn a_run_without_a_sign_of_life_is_unfinished_and_its_length_ends_there() {
    let mut run = Run::new("r", "job");
    run.phase = Phase::Running;
    run.started_at = Some(Timestamp(0));
    run.last_seen_at = Some(Timestamp(7_000_000));
    assert_eq!(text::run_status(&run), "unfinished");
    assert_eq!(
        text::run_span(&run, Timestamp(90_000_000)),
        Some(Span(7_000_000))
    );
    run.phase = Phase::Unknown;
    run.last_seen_at = None;
    run.raw_status = "HIBERNATING".into();
    assert_eq!(text::run_status(&run), "HIBERNATING");
}

#[wasm_bindgen_test]
async fn a_phase_is_a_glyph_and_a_word_and_hostile_words_stay_text() {
    let word = "<img src=x onerror=alert(1)>".to_string();
    let (host, _handle) = mount({
        let word = word.clone();
        move || phase_badge(Phase::Unknown, word.clone(), false, word)
    });
    leptos::task::tick().await;
    assert_eq!(host.text_content().unwrap(), word);
    assert!(host.query_selector("img").unwrap().is_none());
    assert!(
        host.query_selector("svg[aria-hidden=true]")
            .unwrap()
            .is_some()
    );
    assert!(
        host.query_selector("[data-phase=unknown]")
            .unwrap()
            .is_some()
    );
}

#[wasm_bindgen_test]
async fn every_phase_has_a_shape_of_its_own() {
    let mut shapes = std::collections::HashSet::new();
    for phase in Phase::ALL {
        let (host, _handle) =
            mount(move || phase_badge(phase, text::phase(phase).to_string(), false, String::new()));
        leptos::task::tick().await;
        let svg = host.query_selector("svg").unwrap().unwrap().inner_html();
        assert!(shapes.insert(svg), "{phase:?} looks like another phase");
    }
}

#[wasm_bindgen_test]
async fn steps_are_counted_in_words_too() {
    let counts = StepCounts {
        total: Some(8),
        succeeded: 3,
        failed: 1,
        running: 0,
        skipped: 4,
    };
    let (host, _handle) = mount(move || steps_bar(counts));
    leptos::task::tick().await;
    assert_eq!(host.text_content().unwrap().trim(), "3/8");
    let title = host
        .query_selector("[title]")
        .unwrap()
        .unwrap()
        .get_attribute("title")
        .unwrap();
    assert_eq!(title, "3 of 8 succeeded, 1 failed, 0 running, 4 skipped");
}
