//! One step in full, below the tree: attempts and their phases, why it failed, what it took and gave, what it asks, and what can be done to it.

use std::rc::Rc;

use runboard_core::backend::Order;
use runboard_core::model::letter::lowered;
use runboard_core::model::{Phase, Step, Timestamp};
use runboard_core::store::json::pretty;

use super::head::copy;
use super::markdown::markdown;
use crate::state::actions::Standing;
use crate::state::reactive::{Memo, RwSignal, memo};
use crate::state::run_detail::{Loaded, RunDetail};
use crate::state::step_look::{PhaseSpan, Question, StepData, StepDetail, StepLook};
use crate::ui::html::{El, Html, IntoHtml, value_of, view};
use crate::ui::nav::Nav;
use crate::ui::part::facts::facts;
use crate::ui::part::phase_badge::phase_badge;
use crate::ui::route::{Route, Tab};
use crate::ui::text;

/// The panel of the step that the address names, where its source tells of single steps.
pub(super) fn step_panel(detail: &RunDetail) -> Html {
    let nav = Nav::get();
    let can = detail.tells_of_steps();
    let key = memo(move || {
        nav.route
            .with(|route| route.part.focus.clone().filter(|_| can))
    });
    let look = StepLook::at(detail, key);
    let detail = detail.clone();
    let is_open = memo(move || key.with(Option::is_some));
    (move || is_open.get().then(|| panel(detail.clone(), key, look))).into_html()
}

fn panel(run: RunDetail, key: Memo<Option<String>>, look: StepLook) -> El {
    let nav = Nav::get();
    let name = move || {
        let known = look.detail.with(|detail| {
            let step = &detail.ready()?.step;
            Some(step.name.clone().unwrap_or_else(|| step.key.clone()))
        });
        known.or_else(|| key.get()).unwrap_or_default()
    };
    let close = move |_| nav.change(|route| (route.part.focus, route.part.attempt) = (None, None));
    // It is read again and again, and drawn anew when it has changed.
    let detail = memo(move || look.detail.get());
    let body = {
        let run = run.clone();
        move || {
            match detail.get() {
            Loaded::Loading => view! { <p class="muted">"Reading the step \u{2026}"</p> }.into_html(),
            Loaded::Failed(error) => view! { <p class="notice" role="status">{format!("The step could not be read: {error}")}</p> }.into_html(),
            Loaded::Ready(step) => whole(&run, look, step),
        }
        }
    };
    let asks = orders(run, key, look);
    view! {
        <section class="events__detail step-panel" role="region" aria-label="Step">
            <div class="events__detail-head">
                <b>{name}</b>
                <span class="muted mono">{move || key.get()}</span>
                <span class="tools__space"></span>
                <button class="button button--small" on:click=close>"Close"</button>
            </div>
            <div class="step-panel__body">
                {asks}
                {body}
                {move || values(look.data.get())}
            </div>
        </section>
    }
}

/// What can be asked of the step. Apart from what is read again and again, so that nobody's typing is lost.
fn orders(run: RunDetail, key: Memo<Option<String>>, look: StepLook) -> Html {
    let has_actions = run.source.config.actions;
    let goes_on = memo(move || {
        look.detail.with(|detail| {
            detail
                .ready()
                .is_some_and(|detail| !detail.step.phase.is_terminal())
        })
    });
    let question = memo(move || {
        look.detail.with(|detail| {
            let detail = detail.ready()?;
            let is_open = detail.step.phase == Phase::Paused;
            detail.question.clone().filter(|_| is_open)
        })
    });
    let said = move || match look.standing.get() {
        Standing::Asking => None,
        Standing::Busy => Some("asking \u{2026}".to_string()),
        Standing::Refused(words) => Some(words),
        Standing::Unclear(words) => Some(format!("Nobody can tell whether it was done: {words}")),
    };
    // As memos: what a source tells of itself is heard again and again.
    let (for_abort, for_answer) = (run.clone(), run.clone());
    let can_abort =
        memo(move || has_actions && goes_on.get() && for_abort.tells(|can| can.abort_steps));
    let can_answer = memo(move || has_actions && for_answer.tells(|can| can.signal));
    let for_abort = run.clone();
    let abort = move || can_abort.get().then(|| abort(for_abort.clone(), key, look));
    let answer = move || {
        let question = question.get()?;
        Some(ask(run.clone(), key, look, question, can_answer))
    };
    view! { {answer}{abort}{move || said().map(|words| view! { <p class="dialog__wrong" role="status">{words}</p> })} }
}

/// A question, and the ways to answer it. An answer counts once it is confirmed.
fn ask(
    run: RunDetail,
    key: Memo<Option<String>>,
    look: StepLook,
    question: Question,
    can_answer: Memo<bool>,
) -> El {
    let typed = RwSignal::new(String::new());
    let chosen: RwSignal<Option<String>> = RwSignal::new(None);
    let plain = |words: &str| {
        let words = Some(words.to_string()).filter(|words| !words.is_empty());
        words.map(|words| view! { <p>{words}</p> }).into_html()
    };
    let prompt = match question.is_markdown {
        true => markdown(&question.prompt),
        false => plain(&question.prompt),
    };
    let description = plain(&question.description);
    let is_yes_or_no = question.kind == "BOOLEAN";
    let label = ["answer (", &lowered(&question.kind), ")"].concat();
    let choose = move |answer: &str| chosen.set(Some(answer.to_string()));
    let fields = move || {
        if is_yes_or_no {
            return view! {
                <button class="button" on:click=move |_| choose("true")>"Answer yes \u{2026}"</button>
                <button class="button" on:click=move |_| choose("false")>"Answer no \u{2026}"</button>
            };
        }
        view! {
            <label class="step-panel__field">{label.clone()}<input class="field" type="text" autocomplete="off" prop:value=move || typed.get() on:input=move |event| typed.set(value_of(&event)) /></label>
            <button class="button" on:click=move |_| choose(&typed.get_untracked())>"Answer \u{2026}"</button>
        }
    };
    let send: Rc<dyn Fn(String)> = Rc::new(move |answer: String| {
        let step = key.get_untracked().unwrap_or_default();
        let run_id = run.id.clone();
        look.order(
            &run,
            Order::Signal {
                run: run_id,
                step,
                answer,
            },
        );
        chosen.set(None);
    });
    let body = move || match chosen.get() {
        None => fields(),
        Some(answer) => {
            let (send, shown) = (
                send.clone(),
                ["The answer is ", &answer, " and counts for good."].concat(),
            );
            view! {
                <span>{shown}</span>
                <button class="button button--main" on:click=move |_| send(answer.clone())>"Send the answer"</button>
                <button class="button" on:click=move |_| chosen.set(None)>"Cancel"</button>
            }
        }
    };
    let body = move || can_answer.get().then(&body);
    view! { <div class="step-panel__order" role="group" aria-label="Question"><b>"It waits for an answer"</b>{prompt}{description}{body}</div> }
}

/// Abort: a reason first, and then the word.
fn abort(run: RunDetail, key: Memo<Option<String>>, look: StepLook) -> El {
    let is_asked = RwSignal::new(false);
    let reason = RwSignal::new(String::new());
    let confirm = move |_| {
        let step = key.get_untracked();
        let order = Order::Abort {
            run: run.id.clone(),
            step,
            reason: reason.get_untracked(),
        };
        look.order(&run, order);
    };
    let confirm = Rc::new(confirm);
    view! {
        <div class="step-panel__order" role="group" aria-label="Abort">
            {move || {
                let confirm = confirm.clone();
                if is_asked.get() {
                    view! {
                        <label class="step-panel__field">"reason"<input class="field" type="text" autocomplete="off" on:input=move |event| reason.set(value_of(&event)) /></label>
                        <button class="button button--danger" on:click=move |_| confirm(())>"Abort this step"</button>
                        <button class="button" on:click=move |_| is_asked.set(false)>"Cancel"</button>
                    }
                } else {
                    view! { <button class="button button--small" on:click=move |_| is_asked.set(true)>"Abort \u{2026}"</button> }.into_html()
                }
            }}
        </div>
    }
}

fn whole(run: &RunDetail, look: StepLook, detail: StepDetail) -> Html {
    let StepDetail {
        step,
        spans,
        links,
        notes,
        facts: known,
        spec,
        ..
    } = detail;
    let mut route = Route::to_run(&run.source.config.id, &run.id, Tab::Logs);
    route.part.focus = Some(step.key.clone());
    let word = match step.phase {
        Phase::Unknown if !step.raw_status.is_empty() => step.raw_status.clone(),
        phase => text::phase(phase).to_string(),
    };
    let badge = phase_badge(step.phase, word, false, step.raw_status.clone());
    let reason = step.reason.clone().map(|reason| view! { <pre class="step-panel__error" tabindex="0" role="group" aria-label="Why">{reason}</pre> });
    let links: Vec<El> = links
        .into_iter()
        .map(|link| {
            let attempt = link.attempt.map(|attempt| format!(" of attempt {attempt}"));
            let is_web = is_web(&link.url);
            let name = [link.name.as_str(), attempt.as_deref().unwrap_or_default()].concat();
            if link.name == "report" && !is_web {
                return view! { <li>{report(run, look, &step.key, link.attempt.unwrap_or(1), name)}</li> };
            }
            let shown = match is_web && link.is_ready {
                true => view! { <a href=link.url.as_str() target="_blank" rel="noopener noreferrer">{name}</a> }.into_html(),
                false => view! { <span>{name}": "<span class="mono">{link.url.clone()}</span>{(!link.is_ready).then_some(" (not ready)")}</span> }.into_html(),
            };
            view! { <li>{shown}</li> }
        })
        .collect();
    let notes: Vec<El> = notes
        .into_iter()
        .map(|note| {
            let at = note.time.map(text::time_full);
            view! { <li class=("steps__error", note.is_warning)><span class="muted">{at}" attempt "{note.attempt.to_string()}" "</span><b>{note.reason}</b>" "{note.message}</li> }
        })
        .collect();
    let list = |name: &'static str, items: Vec<El>| {
        (!items.is_empty()).then(|| view! { <h2>{name}</h2><ul>{items}</ul> })
    };
    view! {
        <p class="step-panel__line">{badge}<a href=route.href()>"Logs of this step"</a></p>
        {reason}
        {attempts(run, &step, &spans)}
        {facts(move || known.clone())}
        {list("Links", links)}
        {list("What happened around it", notes)}
        {spec.map(|spec| json("What it runs", &spec))}
    }
}

/// A report lies in a store that no browser reads: the source is asked for an address that one can, and only when somebody wants it.
fn report(run: &RunDetail, look: StepLook, step: &str, attempt: u32, name: String) -> Html {
    let (run, step) = (run.clone(), step.to_string());
    let for_link = name.clone();
    let ask = move |_| look.read_report(&run, &step, attempt);
    let own = move || look.report.get().filter(|(number, _)| *number == attempt);
    let shown = move || {
        match own().map(|(_, asked)| asked) {
        None => ().into_html(),
        Some(Loaded::Loading) => view! { <span class="muted">"Asking \u{2026}"</span> }.into_html(),
        Some(Loaded::Failed(error)) => view! { <span class="steps__error" role="status">{format!("The report could not be had: {error}")}</span> }.into_html(),
        Some(Loaded::Ready(url)) if is_web(&url) => view! { <a href=url target="_blank" rel="noopener noreferrer">{["Open the ", &for_link].concat()}</a> }.into_html(),
        Some(Loaded::Ready(url)) => view! { <span class="mono">{url}</span> }.into_html(),
    }
    };
    view! { {name}" "<button class="button button--small" on:click=ask>"Get a link"</button>" "{shown} }
}

/// What a browser opens.
fn is_web(url: &str) -> bool {
    url.starts_with("http://") || url.starts_with("https://")
}

/// The phases of each attempt, as words and as a bar.
fn attempts(run: &RunDetail, step: &Step, spans: &[PhaseSpan]) -> Option<Html> {
    if spans.is_empty() {
        return None;
    }
    let mut numbers: Vec<u32> = spans.iter().map(|span| span.attempt).collect();
    numbers.dedup();
    let lines: Vec<El> = numbers
        .into_iter()
        .map(|number| {
            let own: Rc<[PhaseSpan]> = spans.iter().filter(|span| span.attempt == number).cloned().collect();
            // What goes on is as long as it has been heard of.
            let goes_on = own.iter().any(|span| span.to.is_none());
            let of_run = run.clone();
            let now = Rc::new(move || of_run.heard(goes_on));
            let reason = step.attempts.iter().find(|one| one.number == number).and_then(|one| one.reason.clone());
            let reason = reason.filter(|reason| step.reason.as_ref() != Some(reason));
            let mut route = Route::to_run(&run.source.config.id, &run.id, Tab::Logs);
            (route.part.focus, route.part.attempt) = (Some(step.key.clone()), Some(number));
            let (for_words, until) = (own.clone(), now.clone());
            view! {
                <li data-attempt=number.to_string()>
                    <a href=route.href()>{format!("attempt {number}")}</a>
                    <svg class="step-panel__bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">{move || bars(&own, now())}</svg>
                    <span class="muted">{move || lengths(&for_words, until())}</span>
                    {reason.map(|reason| view! { <span class="steps__error">" "{reason}</span> })}
                </li>
            }
        })
        .collect();
    Some(view! { <h2>"Attempts"</h2><ul class="step-panel__attempts">{lines}</ul> })
}

fn bars(spans: &[PhaseSpan], now: Timestamp) -> Vec<El> {
    let length = |span: &PhaseSpan| Some(span.to.unwrap_or(now).since(span.from?).0.max(0) as f64);
    let whole: f64 = spans.iter().filter_map(length).sum();
    let mut at = 0.0;
    let bar = |span: &PhaseSpan| {
        let width = length(span).unwrap_or(0.0) / whole.max(1.0) * 100.0;
        let x = at;
        at += width;
        // Before it ran: the nearer, the darker.
        let opacity = match span.phase {
            Phase::Queued => "0.3",
            Phase::Waiting => "0.6",
            _ => "1",
        };
        view! { <rect data-phase=span.phase.word() x=x width=width height="8" fill-opacity=opacity /> }
    };
    spans.iter().map(bar).collect()
}

fn lengths(spans: &[PhaseSpan], now: Timestamp) -> String {
    let words = spans.iter().map(|span| {
        let took = span.from.map(|from| match span.to {
            Some(to) => text::duration(to.since(from)),
            None => [&text::ticking(now.since(from)), " \u{2026}"].concat(),
        });
        let took = took.as_deref().unwrap_or("\u{2026}");
        [lowered(&span.raw_status).as_str(), " ", took].concat()
    });
    words.collect::<Vec<_>>().join(" \u{b7} ")
}

fn json(name: &'static str, body: &str) -> Html {
    let body = pretty(body);
    let for_copy = body.clone();
    view! {
        <h2>{name}" "<button class="button button--small" on:click=move |_| copy(for_copy.clone(), "Copied")>"Copy"</button></h2>
        <pre class="json" tabindex="0" role="group" aria-label=name>{body}</pre>
    }
}

/// What it took and gave.
fn values(data: Loaded<StepData>) -> Html {
    match data {
        Loaded::Loading => ().into_html(),
        Loaded::Failed(error) => {
            view! { <p class="muted">{format!("Inputs and outputs: {error}")}</p> }.into_html()
        }
        Loaded::Ready(data) => {
            let stored = |name: &'static str, uri: Option<String>| {
                uri.map(|uri| view! { <p class="muted">{name}" are stored at "<span class="mono">{uri}</span></p> })
            };
            view! {
                {data.inputs.map(|body| json("Inputs", &body))}
                {data.outputs.map(|body| json("Outputs", &body))}
                {stored("Inputs", data.inputs_uri)}
                {stored("Outputs", data.outputs_uri)}
                {data.lacking.map(|words| view! { <p class="muted" role="status">{words}</p> })}
            }
        }
    }
}
