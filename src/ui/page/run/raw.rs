//! A run as JSON: as Runboard reads it, and as the source itself keeps it.

use crate::state::reactive::{Memo, RwSignal, memo};
use crate::ui::html::{El, Html, IntoHtml, view};
use runboard_core::backend::BackendError;
use runboard_core::store::download;
use runboard_core::store::json::pretty;

use super::head::copy;
use super::save::save_button;
use crate::state::run_detail::{Loaded, RunDetail};
use crate::state::run_part::{Answer, Part};
use crate::ui::route::Tab;
use crate::ui::text;

/// So much of a record is drawn: beyond it browsers become slow. Copy and download have all of it.
const SHOWN: usize = 200_000;

pub fn raw(detail: RunDetail, is_told: bool) -> Html {
    let run = detail.run;
    let ours = memo(move || run.with(|run| run.ready().map(download::run).unwrap_or_default()));
    let answer = if is_told {
        detail.ask(Part::Raw)
    } else {
        RwSignal::new(Loaded::Failed(BackendError::no(
            "records of its own to show",
        )))
    };
    let own = memo(move || {
        answer.with(|answer| match answer.ready() {
            Some(Answer::Raw(json)) => pretty(json),
            _ => String::new(),
        })
    });
    let standing = memo(move || match answer.get() {
        Loaded::Ready(_) => String::new(),
        Loaded::Loading => "Reading the record \u{2026}".into(),
        Loaded::Failed(BackendError::Unsupported(words)) => words,
        Loaded::Failed(error) => format!("The record could not be read: {error}"),
    });
    let both = move || {
        let own = own.get();
        let own = if own.is_empty() { "null" } else { own.as_str() };
        let mut json = pretty(&["{\"normalised\":", &ours.get(), ",\"own\":", own, "}"].concat());
        json.push('\n');
        json
    };
    view! {
        <div class="tools"><span class="tools__space"></span>{save_button(&detail, Tab::Raw, both)}</div>
        <div class="raw">
            {half("As Runboard reads it", ours, memo(String::new))}
            {half("As the source keeps it", own, standing)}
        </div>
    }
    .into_html()
}

/// One of the two, or `standing` in its place.
fn half(name: &'static str, json: Memo<String>, standing: Memo<String>) -> El {
    let is_there = memo(move || standing.with(String::is_empty));
    let shown = move || {
        json.with(|json| {
            let end = (0..=json.len().min(SHOWN))
                .rev()
                .find(|end| json.is_char_boundary(*end));
            json.get(..end.unwrap_or(0)).unwrap_or_default().to_string()
        })
    };
    let rest = move || {
        json.with(|json| {
            let rest = json.len().saturating_sub(SHOWN) as u64;
            (rest > 0).then(|| {
                format!(
                    "{} more are not drawn; Copy and Download JSON have all",
                    text::counted(rest, "byte", "bytes")
                )
            })
        })
    };
    view! {
        <section>
            <div class="raw__head">
                <h2>{name}</h2>
                {move || is_there.get().then(|| view! {
                    <button class="button button--small" on:click=move |_| copy(json.get_untracked(), "Record copied")>"Copy"</button>
                })}
            </div>
            {move || match is_there.get() {
                true => view! { <pre class="json" tabindex="0" role="group" aria-label=name>{shown}</pre><p class="muted">{rest}</p> },
                false => view! { <p class="muted" role="status">{move || standing.get()}</p> }.into_html(),
            }}
        </section>
    }
}
