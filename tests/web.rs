//! The parts of the app that need a browser: the route codec on real links, words and times, and components in a real page.
#![cfg(target_arch = "wasm32")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

use leptos::prelude::*;
use runboard_app::ui;
use runboard_app::ui::html::{El, IntoHtml, each, view};
use runboard_app::ui::part::phase_badge::phase_badge;
use runboard_app::ui::part::steps_bar::steps_bar;
use runboard_app::ui::route::{LineRange, Route, Tab, View};
use runboard_app::ui::route_part::PartFilter;
use runboard_app::ui::text;
use runboard_core::model::resume::{PlanStep, PlanVerb, ResumePlan};
use runboard_core::model::{Phase, Run, Span, StepCounts, Timestamp};
use wasm_bindgen::JsCast as _;
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

/// Puts a view into the page; dropping the handle ends it.
fn mount<H: IntoHtml>(draw: impl FnOnce() -> H + 'static) -> (web_sys::HtmlElement, impl Sized) {
    let document = web_sys::window().unwrap().document().unwrap();
    let host: web_sys::HtmlElement = document.create_element("div").unwrap().unchecked_into();
    document.body().unwrap().append_child(&host).unwrap();
    let into = host.clone();
    let handle = leptos::mount::mount_to(host.clone(), move || {
        let room = El::new("div").child(draw());
        into.append_child(room.element()).unwrap();
    });
    (host, handle)
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

fn find(host: &web_sys::HtmlElement, what: &str) -> web_sys::HtmlElement {
    let found = host.query_selector(what).unwrap();
    found
        .unwrap_or_else(|| panic!("no {what}"))
        .unchecked_into()
}

#[wasm_bindgen_test]
async fn what_changes_is_written_anew_and_the_rest_stays() {
    let words = RwSignal::new("one".to_string());
    let is_open = RwSignal::new(false);
    let (host, _handle) = mount(move || {
        view! {
            <p class="a" class=("b", move || is_open.get()) title=move || is_open.get().then(|| words.get()) style:width=move || words.with(|words| format!("{}px", words.len()))>
                "before "{move || words.get()}" after"
                {move || is_open.get().then(|| view! { <b>"open"</b><i>{move || words.get()}</i> })}
            </p>
        }
    });
    let p = find(&host, "p");
    assert_eq!(p.text_content().unwrap(), "before one after");
    assert_eq!(
        (p.class_name().as_str(), p.get_attribute("title")),
        ("a", None)
    );
    is_open.set(true);
    words.set("three".into());
    leptos::task::tick().await;
    assert_eq!(p.text_content().unwrap(), "before three afteropenthree");
    assert_eq!(p.class_name(), "a b");
    assert_eq!(p.get_attribute("title").as_deref(), Some("three"));
    assert_eq!(p.style().get_property_value("width").unwrap(), "5px");
    is_open.set(false);
    words.set("two".into());
    leptos::task::tick().await;
    assert_eq!(p.text_content().unwrap(), "before two after");
    assert!(
        find(&host, "p").is_same_node(Some(&p)),
        "the element is the same one"
    );
}

#[wasm_bindgen_test]
async fn rows_are_kept_by_their_keys_in_order_and_end_with_them() {
    let items = RwSignal::new(vec![1, 2, 3]);
    let ended = RwSignal::new(Vec::<i32>::new());
    let (host, handle) = mount(move || {
        each(
            move || items.get(),
            |item| item.to_string(),
            move |item| {
                on_cleanup(move || ended.update(|ended| ended.push(item)));
                view! { <button data-item=item.to_string()>{item.to_string()}</button> }
            },
        )
    });
    let words = || host.text_content().unwrap();
    assert_eq!(words(), "123");
    let second = find(&host, "[data-item='2']");
    second.focus().unwrap();
    items.set(vec![4, 3, 2, 5, 5]);
    leptos::task::tick().await;
    assert_eq!(words(), "4325", "in the order of the items, a key once");
    assert!(
        find(&host, "[data-item='2']").is_same_node(Some(&second)),
        "kept"
    );
    assert_eq!(ended.get_untracked(), [1]);
    // The rows before the focused one go: it keeps the focus.
    items.set(vec![2, 5]);
    leptos::task::tick().await;
    let focused = web_sys::window()
        .unwrap()
        .document()
        .unwrap()
        .active_element()
        .unwrap();
    assert!(focused.is_same_node(Some(&second)));
    drop(handle);
    assert_eq!(
        ended.get_untracked().len(),
        5,
        "{:?}",
        ended.get_untracked()
    );
}

#[wasm_bindgen_test]
async fn a_listener_ends_with_its_element() {
    let clicks = RwSignal::new(0);
    let is_there = RwSignal::new(true);
    let (host, _handle) = mount(move || {
        move || {
            is_there.get().then(|| view! { <button on:click=move |_| clicks.update(|clicks| *clicks += 1)>"go"</button> })
        }
    });
    let button = find(&host, "button");
    button.click();
    is_there.set(false);
    leptos::task::tick().await;
    assert_eq!(host.text_content().unwrap(), "");
    button.click();
    assert_eq!(clicks.get_untracked(), 1);
}
