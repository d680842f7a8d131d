//! Signing in with the server's token, where it wants one, and signing out.

use wasm_bindgen::JsCast as _;

use crate::state::State;
use crate::state::reactive::memo;
use crate::state::session::Standing;
use crate::ui::html::{ElRef, Html, IntoHtml, view};

/// The form, while somebody must sign in. The token goes to the server once; nothing else ever holds it.
pub fn sign_in() -> Html {
    let session = State::get().session;
    let is_out = memo(move || session.standing.get() == Standing::SignedOut);
    let field = ElRef::new();
    let send = move |event: web_sys::Event| {
        event.prevent_default();
        let input = field
            .now()
            .and_then(|field| field.dyn_into::<web_sys::HtmlInputElement>().ok());
        if let Some(input) = input.filter(|input| !input.value().trim().is_empty()) {
            session.sign_in(input.value().trim());
            input.set_value("");
        }
    };
    let form = move || {
        view! {
            <form class="sign-in" aria-label="Sign in" on:submit=send>
                <h2>"Sign in"</h2>
                <p class="muted">"This server shows its runs to those who have its token. It is sent once, and kept nowhere in this browser."</p>
                <label>"Token"
                    <input class="field" type="password" autocomplete="off" spellcheck="false" autofocus="" node_ref=field />
                </label>
                <button class="button button--main" disabled=move || session.is_busy.get()>"Sign in"</button>
                <p class="sign-in__wrong" role="alert">{move || session.wrong.get()}</p>
            </form>
        }
    };
    (move || is_out.get().then(form)).into_html()
}

/// The button in the bar, while somebody is signed in.
pub fn sign_out() -> Html {
    let session = State::get().session;
    let is_in = memo(move || session.standing.get() == Standing::SignedIn);
    let button = move || {
        view! {
            <button class="button button--small button--quiet" disabled=move || session.is_busy.get() on:click=move |_| session.sign_out()>
                "Sign out"
            </button>
        }
    };
    (move || is_in.get().then(button)).into_html()
}
