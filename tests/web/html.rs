//! The renderer: what changes, what stays, and what ends.

use leptos::prelude::*;
use runboard_app::state::reactive::{effect, memo};
use runboard_app::ui::html::{El, IntoHtml, each, press, view};
use wasm_bindgen::JsCast as _;
use wasm_bindgen_test::wasm_bindgen_test;

/// Puts a view into the page; dropping the handle ends it.
pub(crate) fn mount<H: IntoHtml>(
    draw: impl FnOnce() -> H + 'static,
) -> (web_sys::HtmlElement, impl Sized) {
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
async fn rows_of_one_view_have_what_is_fixed_in_common_and_nothing_else() {
    let names = RwSignal::new(vec!["a", "b"]);
    let name_of = move |at: usize| names.with(|names| names.get(at).copied());
    let (host, _handle) = mount(move || {
        let row = |at: usize| {
            let attrs = move || {
                let name = name_of(at);
                vec![
                    ("data-name", name.map(String::from)),
                    ("title", name.map(|name| [name, "!"].concat())),
                ]
            };
            view! {
                <p class="row" role="row" hidden attrs=attrs class=("first", at == 0)>
                    <svg viewBox="0 0 1 1"><path d="M0 0h1" /></svg>
                    <input type="text" value="x" />
                </p>
            }
        };
        vec![row(0), row(1), row(2)]
    });
    let outer = |at: usize| {
        let rows = host.query_selector_all("p").unwrap();
        let row: web_sys::Element = rows.get(at as u32).unwrap().unchecked_into();
        let html = row.outer_html();
        html.split_once('>').unwrap().0.to_string()
    };
    let fixed = "<p class=\"row\" role=\"row\" hidden=\"\"";
    assert_eq!(
        outer(0),
        "<p class=\"row first\" role=\"row\" hidden=\"\" data-name=\"a\" title=\"a!\""
    );
    assert_eq!(outer(1), [fixed, " data-name=\"b\" title=\"b!\""].concat());
    assert_eq!(outer(2), fixed, "what has no value is not there");
    let svgs = host.query_selector_all("svg > path").unwrap();
    assert_eq!(svgs.length(), 3);
    let path: web_sys::Element = svgs.get(2).unwrap().unchecked_into();
    assert_eq!(
        path.namespace_uri().as_deref(),
        Some("http://www.w3.org/2000/svg")
    );
    names.set(vec!["a"]);
    leptos::task::tick().await;
    assert_eq!(outer(1), fixed, "what has lost its value is gone");
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

/// Effects and memos of `reactive_graph` 0.2 stay in the lists of the signals that they read when they end. A wall replaces rows for weeks.
#[wasm_bindgen_test]
async fn rows_that_come_and_go_leave_nothing_behind() {
    let still = RwSignal::new(7);
    let round = RwSignal::new(0);
    let (host, _handle) = mount(move || {
        let rows = each(
            move || {
                (0..50)
                    .map(|at| round.get() * 50 + at)
                    .collect::<Vec<i32>>()
            },
            i32::to_string,
            move |number| {
                let sum = memo(move || still.get() + number);
                effect(move || assert_eq!(still.get(), 7));
                view! { <b title=move || still.get().to_string()>{move || sum.get().to_string()}</b> }
            },
        );
        view! { <p>{rows}</p> }
    });
    let mut pages = Vec::new();
    for until in [100, 700] {
        while round.get_untracked() < until {
            round.update(|round| *round += 1);
            leptos::task::tick().await;
        }
        pages.push(core::arch::wasm32::memory_size(0));
    }
    assert_eq!(find(&host, "b").text_content().unwrap(), "35007");
    let more = (pages[1] - pages[0]) * 64;
    assert!(more < 1024, "30,000 rows left {more} KiB");
}

#[wasm_bindgen_test]
async fn what_is_pressed_stays_until_it_is_let_go() {
    let count = RwSignal::new(0);
    let items = RwSignal::new(vec!["a", "b"]);
    let heard = RwSignal::new(Vec::<i32>::new());
    let (host, _handle) = mount(move || {
        press::start();
        let changing = move || {
            let at = count.get();
            view! { <button on:click=move |_| heard.update(|heard| heard.push(at))><b>{at.to_string()}</b></button><i>"beside"</i> }
        };
        let row = |item: &'static str| view! { <u>{item}</u> };
        view! { <p>{changing}</p>{each(move || items.get(), |item| item.to_string(), row)} }
    });
    let words = |host: &web_sys::HtmlElement| host.text_content().unwrap();
    let mouse = |what: &str, node: &web_sys::HtmlElement| {
        let event = web_sys::MouseEvent::new(what).unwrap();
        event.init_mouse_event_with_can_bubble_arg(what, true);
        node.dispatch_event(&event).unwrap();
    };
    let button = find(&host, "button");
    mouse("mousedown", &find(&host, "b"));
    count.set(1);
    leptos::task::tick().await;
    assert_eq!(words(&host), "0besideab");
    assert!(find(&host, "button").is_same_node(Some(&button)));
    mouse("mouseup", &button);
    leptos::task::tick().await;
    button.click();
    assert_eq!(heard.get_untracked(), [0], "the old one still hears");
    gloo_timers::future::sleep(std::time::Duration::ZERO).await;
    leptos::task::tick().await;
    assert_eq!(words(&host), "1besideab");
    find(&host, "button").click();
    assert_eq!(heard.get_untracked(), [0, 1]);
    // A press elsewhere holds nothing up.
    mouse("mousedown", &host);
    count.set(2);
    leptos::task::tick().await;
    assert_eq!(words(&host), "2besideab");
    // So does a row that is to go, and nobody waits for one that is not pressed.
    let row = find(&host, "u");
    mouse("mousedown", &row);
    items.set(vec!["a", "c"]);
    leptos::task::tick().await;
    assert_eq!(words(&host), "2besideac");
    // All others are as they should be, around it.
    items.set(vec!["c", "d"]);
    leptos::task::tick().await;
    assert_eq!(words(&host), "2besideacd");
    mouse("mouseup", &row);
    leptos::task::tick().await;
    gloo_timers::future::sleep(std::time::Duration::ZERO).await;
    leptos::task::tick().await;
    assert_eq!(words(&host), "2besidecd");
    // The time of a press is its own: what was left of the one before ends before what is asked for here, and its own behind it.
    let second = std::time::Duration::from_secs(1);
    mouse("mousedown", &host);
    mouse("mouseup", &host);
    mouse("mousedown", &host);
    gloo_timers::future::sleep(second).await;
    let row = find(&host, "u");
    mouse("mousedown", &row);
    items.set(vec!["d"]);
    gloo_timers::future::sleep(second + second / 2).await;
    leptos::task::tick().await;
    assert_eq!(words(&host), "2besidecd");
    gloo_timers::future::sleep(second).await;
    leptos::task::tick().await;
    assert_eq!(words(&host), "2besided", "nobody told that it was let go");
}
