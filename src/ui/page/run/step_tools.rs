//! The filters over the steps; what is chosen here is the address's.

use crate::state::reactive::{Memo, memo};
use crate::ui::html::{El, IntoHtml, view};
use runboard_core::model::{Phase, RUN_HEALTH, Step};

use crate::state::complete::Completing;
use crate::state::run_detail::RunDetail;
use crate::ui::nav::Nav;
use crate::ui::part::field::{choice, suggested_field};
use crate::ui::route_part::{joined, parts};
use crate::ui::text;

pub fn step_tools(
    detail: &RunDetail,
    noun: Memo<String>,
    places: Memo<Vec<usize>>,
    save: El,
) -> El {
    let steps = detail.steps;
    let keys = (Completing::StepKey(detail.id.clone()), detail.source.index);
    let nav = Nav::get();
    let status = memo(move || nav.route.with(|route| joined(&route.part.status)));
    let step = memo(move || nav.route.with(|route| joined(&route.part.step)));
    let words = Phase::ALL
        .into_iter()
        .map(|phase| (phase.word(), text::phase(phase)));
    let words = std::iter::once(("", "any status")).chain(words).collect();
    let counts = move || {
        let all = steps.with(|steps| steps.ready().map_or(0, Vec::len)) as u64;
        let (noun, shown) = (noun.get(), places.with(Vec::len) as u64);
        text::some_of(shown, all, &noun, &text::plural(&noun))
    };
    // A history, by whichever way it came, tells how its pipeline stands.
    let link = detail.source.link;
    let is_history = memo(move || {
        link.with(|link| {
            let info = link.info.as_ref();
            info.is_some_and(|info| info.health.iter().any(|part| part.kind == RUN_HEALTH))
        })
    });
    // Of what ran and has no times; what never began has none by nature.
    let untimed = memo(move || {
        let is_untimed = |step: &&Step| {
            let has_times = step.started_at.or(step.ended_at).is_some();
            !has_times
                && matches!(
                    step.phase,
                    Phase::Succeeded | Phase::Failed | Phase::Unknown
                )
        };
        steps.with(|steps| {
            steps
                .ready()
                .map_or(0, |steps| steps.iter().filter(is_untimed).count())
        })
    });
    let why = move || {
        let count = text::counted_noun(untimed.get() as u64, &noun.get());
        let why = match is_history.get() {
            true => "the record's metadata holds no stage timings",
            false => "the source tells none",
        };
        (untimed.get() > 0).then(
            || view! { <span class="muted">{[&count, " without times: ", why].concat()}</span> },
        )
    };
    view! {
        <div class="tools" role="group" aria-label="Filter steps">
            {choice("status", words, status, move |word| nav.change(|route| route.part.status = parts(&word)))}
            {suggested_field(((move || noun.get()).into_html(), "step-key"), "load_*   /", true, step, keys, move |words| nav.change(|route| route.part.step = parts(&words)))}
            <span class="tools__count" role="status">{counts}</span>
            {why}
            {save}
        </div>
    }
}
