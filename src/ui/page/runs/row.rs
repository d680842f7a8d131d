//! A row of the list: status, run, job, source, start, duration, steps, and why.

use std::cell::Cell;

use super::columns::ListColumn;
use super::grid::Rows;
use super::list_link;
use crate::state::export::Column;
use crate::state::reactive::memo;
use crate::state::run_rows::GroupRow;
use crate::state::sources::Source;
use crate::ui::html::{El, Html, IntoHtml, view};
use runboard_core::model::{Phase, Run};
use runboard_core::store::run_table::RowId;
use wasm_bindgen::JsCast as _;

use crate::state::State;
use crate::ui::nav::Nav;
use crate::ui::part::phase_badge::phase_badge;
use crate::ui::part::steps_bar::steps_bar;
use crate::ui::part::time_cell::{duration_cell, time_cell};
use crate::ui::route::{Route, Tab};
use crate::ui::text;

pub(super) fn run_row(row: RowId, rows: Rows, nav: Nav) -> El {
    let state = State::get();
    let runs = state.runs;
    let shown = memo(move || runs.get(row));
    let (current, here) = (rows.current, GroupRow::Run(row));
    let source = move || {
        shown.with(|shown| {
            shown
                .as_ref()
                .and_then(|(source, _)| state.sources.at(*source))
        })
    };
    let source_id = move || {
        source()
            .map(|source| source.config.id.clone())
            .unwrap_or_default()
    };
    let of_run = move |read: fn(&Run) -> String| {
        shown.with(|shown| shown.as_ref().map(|(_, run)| read(run)).unwrap_or_default())
    };
    let href =
        move || Route::to_run(&source_id(), &of_run(|run| run.id.clone()), Tab::Overview).href();
    let selection = state.selection;
    let can_choose = rows.can_choose;
    let is_chosen = move || {
        shown.with(|shown| {
            shown
                .as_ref()
                .is_some_and(|(source, run)| selection.holds(*source, &run.id))
        })
    };
    let choose = move || {
        shown.with_untracked(|shown| {
            if let Some((source, run)) = shown
                && run.brief.is_none()
            {
                selection.toggle(*source, &run.id);
            }
        });
    };
    let open = move || {
        current.set(Some(here));
        // Until its line has been read again, nobody knows where it leads.
        if shown.with_untracked(|shown| shown.as_ref().is_none_or(|(_, run)| run.brief.is_some())) {
            return;
        }
        let route = Route::to_run(&source_id(), &of_run(|run| run.id.clone()), Tab::Overview);
        nav.go(route);
    };
    view! {
        <div
            class="grid__row" role="row"
            data-row=row.0.to_string()
            data-source=source_id
            data-run-id=move || of_run(|run| run.id.clone())
            data-phase=move || of_run(|run| run.phase.word().into())
            aria-rowindex=move || rows.index(here)
            tabindex=move || rows.tab_index(here)
            style:transform=move || rows.top(here)
            on:focus=move |_| current.set(Some(here))
            on:click=move |event: web_sys::MouseEvent| {
                current.set(Some(here));
                let on_link = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok()).is_some_and(|element| element.closest("a, label").ok().flatten().is_some());
                if !on_link { open(); }
            }
            aria-selected=move || is_chosen().then_some("true")
            on:keydown=move |event| match event.key().as_str() {
                "Enter" => { event.prevent_default(); open(); }
                "x" if can_choose.get() => { event.prevent_default(); choose(); }
                _ => {}
            }
        >
            {move || shown.get().map(|(_, run)| {
                let check = (can_choose.get() && run.brief.is_none()).then(|| view! {
                    <label class="runs__check" title="choose (x)"><input type="checkbox" tabindex="-1" aria-label=["choose ", &run.id].concat() prop:checked=move || is_chosen().then_some("on") on:change=move |_| choose() /></label>
                });
                let all = Cells { state, run, source: source(), href: href(), check: Cell::new(check.map(IntoHtml::into_html)) };
                rows.columns.with(|columns| columns.iter().map(|column| all.cell(column)).collect::<Vec<_>>())
            })}
        </div>
    }
}

/// What a row's cells are made of.
struct Cells {
    state: State,
    run: Run,
    source: Option<Source>,
    href: String,
    /// The box by which the run is chosen.
    check: Cell<Option<Html>>,
}

impl Cells {
    fn cell(&self, column: &ListColumn) -> El {
        let run = &self.run;
        let text = |text: Option<&str>| text.unwrap_or_default().to_string().into_html();
        let is_known = matches!(
            column.column,
            Column::Status
                | Column::Job
                | Column::Source
                | Column::Created
                | Column::Started
                | Column::Duration
        );
        let inner = match column.column {
            // Its line is being read again.
            _ if run.brief.is_some() && !is_known => {
                view! { <span class="muted">"\u{2026}"</span> }.into_html()
            }
            Column::Status => {
                let badge = phase_badge(
                    run.phase,
                    text::run_status(run),
                    run.is_unfinished(),
                    run.raw_status.clone(),
                );
                view! { {self.check.take()}{badge} }
            }
            Column::Id => view! { <a href=self.href.as_str() title=run.id.as_str() tabindex="-1">{text::short_id(&run.id)}</a> }.into_html(),
            Column::Job => text(Some(&run.job)),
            Column::Source => text(self.source.as_ref().map(|source| source.config.name.as_str())),
            Column::Created => time_cell(run.created_at, run.zone_assumed, true).into_html(),
            Column::Started => {
                time_cell(run.started_at.or(run.created_at), run.zone_assumed, true).into_html()
            }
            Column::Duration => self.duration(),
            Column::StepsSucceeded => steps_bar(run.steps).into_html(),
            Column::Assets => match run.assets {
                Some(count) => text::count(u64::from(count)).into_html(),
                None => ().into_html(),
            },
            Column::Tag(key) => self.tag(key),
            Column::Attempt => run.attempt.to_string().into_html(),
            Column::ExitCode => run.exit_code.map(|code| code.to_string()).into_html(),
            Column::User => text(run.user.as_deref()),
            Column::Host => text(run.host.as_deref()),
            _ => self.why(),
        };
        // What may be cut off can be read whole.
        let title = match column.column {
            Column::Job => Some(run.job.clone()),
            Column::User => run.user.clone(),
            Column::Host => run.host.clone(),
            _ => None,
        };
        view! {
            <div role="gridcell" class=["grid__cell ", column.class].concat() class=("grid__cell--number", column.is_number()) title=title>{inner}</div>
        }
    }

    fn duration(&self) -> Html {
        let run = &self.run;
        let now = self.state.now;
        if !run.phase.is_active() || run.is_unfinished() || run.started_at.is_none() {
            return duration_cell(text::run_span(run, now.get_untracked())).into_html();
        }
        let (source, started) = (self.source.clone(), run.started_at);
        let words = move || {
            let now = now.get();
            // While the source is silent, nobody knows how long it has been running: the clock stops at what was last heard.
            let at = source.as_ref().map_or(now, |source| source.heard_now(now));
            started.map(|started| text::ticking(at.since(started)))
        };
        view! { <span>{words}</span> }.into_html()
    }

    /// A tag's value, and the way to the other runs that have it.
    fn tag(&self, key: &str) -> Html {
        let Some(value) = self.run.tag(key) else {
            return ().into_html();
        };
        let term = [key, "=", value].concat();
        let href = list_link(Nav::get(), |filter| filter.tag = vec![term]);
        view! { <a href=href title=value tabindex="-1">{value.to_string()}</a> }.into_html()
    }

    fn why(&self) -> Html {
        let run = &self.run;
        let tags = run
            .tags
            .iter()
            .map(|(key, value)| [key.as_str(), "=", value].concat())
            .collect::<Vec<_>>()
            .join(" \u{b7} ");
        let why = if run.is_unfinished() {
            let now = self.state.now.get_untracked();
            let seen = run.last_seen_at.map(|at| text::time_short(at, now));
            let seen = seen.unwrap_or_default();
            format!("last seen {seen}, no sign of life since")
        } else {
            let reason = run.reason.as_deref();
            reason.map(text::first_line).unwrap_or_default().to_string()
        };
        let is_failure = matches!(run.phase, Phase::Failed | Phase::TimedOut);
        let title = run.reason.clone().unwrap_or_default();
        view! {
            {(!why.is_empty()).then(|| view! { <span class="runs__why" class=("runs__why--failed", is_failure) title=title>{why}" "</span> })}
            <span class="muted" title=tags.as_str()>{tags.as_str()}</span>
        }
    }
}
