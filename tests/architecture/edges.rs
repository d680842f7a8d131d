//! Who may use whom.

use super::files::{File, all, below, lines};
use super::rust::{Named, code, paths};
use super::{at, has_word, none};

/// The paths that a file below `src` names. `roots` are the crates that count besides its own.
fn named(file: &File, src: &str, roots: &[&str]) -> Vec<Named> {
    let inside = file
        .path
        .strip_prefix(src)
        .unwrap_or(&file.path)
        .trim_start_matches('/')
        .trim_end_matches(".rs");
    let module: Vec<String> = inside
        .split('/')
        .filter(|name| !matches!(*name, "mod" | "lib" | "main"))
        .map(String::from)
        .collect();
    paths(&code(&file.text), &module, roots)
}

/// Names of the backend adapters: the folders beside the registry.
fn adapters(files: &[File]) -> Vec<String> {
    let rest = files
        .iter()
        .filter_map(|file| file.path.strip_prefix("core/src/backend/")?.split_once('/'));
    let mut names: Vec<String> = rest.map(|(folder, _)| folder.to_owned()).collect();
    names.sort();
    names.dedup();
    names
}

#[test]
fn core_modules_use_only_those_above_them() {
    const FORBIDDEN: [(&str, &[&str]); 3] = [
        ("model", &["store", "net", "backend"]),
        ("store", &["net", "backend"]),
        ("net", &["backend"]),
    ];
    let files = all();
    let mut broken = Vec::new();
    for (module, forbidden) in FORBIDDEN {
        for file in below(&files, &format!("core/src/{module}"), &["rs"], true) {
            for used in named(file, "core/src", &[]) {
                if used.path[0] == "crate"
                    && used
                        .path
                        .get(1)
                        .is_some_and(|name| forbidden.contains(&name.as_str()))
                {
                    broken.push(at(
                        file,
                        used.line,
                        &format!("{module} uses {}", used.path.join("::")),
                    ));
                }
            }
        }
    }
    none(
        "core: model <- store <- net <- backend, each uses only those before it",
        broken,
    );
}

#[test]
fn core_has_no_browser_no_clock_and_no_sockets() {
    const FORBIDDEN: [&str; 14] = [
        "web_sys",
        "js_sys",
        "wasm_bindgen",
        "gloo_net",
        "gloo_timers",
        "leptos",
        "tokio",
        "axum",
        "std::net",
        "std::fs",
        "std::process",
        "std::thread",
        "Instant::now",
        "SystemTime::now",
    ];
    let files = all();
    let mut broken = Vec::new();
    for file in below(&files, "core/src", &["rs"], true) {
        for (line, text) in lines(&code(&file.text)) {
            broken.extend(
                FORBIDDEN
                    .iter()
                    .filter(|name| has_word(text, name))
                    .map(|name| at(file, line, name)),
            );
        }
    }
    none(
        "core reaches the world only through the ports of core/src/net",
        broken,
    );
}

#[test]
fn the_app_flows_from_browser_to_state_to_ui() {
    const FORBIDDEN: [(&str, &[&str]); 2] =
        [("src/browser", &["state", "ui"]), ("src/state", &["ui"])];
    let files = all();
    let mut broken = Vec::new();
    for (folder, forbidden) in FORBIDDEN {
        for file in below(&files, folder, &["rs"], false) {
            for used in named(file, "src", &[]) {
                if used.path[0] == "crate"
                    && used
                        .path
                        .get(1)
                        .is_some_and(|name| forbidden.contains(&name.as_str()))
                {
                    broken.push(at(
                        file,
                        used.line,
                        &format!("{folder} uses {}", used.path.join("::")),
                    ));
                }
            }
        }
    }
    // Pages ask `state`. Of the browser they may use what is about the page itself: address, title, clipboard, files.
    for file in below(&files, "src/ui", &["rs"], false) {
        for used in named(file, "src", &["runboard_core"]) {
            let path: Vec<&str> = used.path.iter().map(String::as_str).collect();
            let wrong = match path.as_slice() {
                ["crate", "browser", "page", ..] => false,
                ["crate", "browser", ..] => true,
                ["runboard_core", "backend", name, ..] => name.starts_with(char::is_lowercase),
                ["runboard_core", "net", name, ..] => !matches!(*name, "query" | "freshness"),
                _ => false,
            };
            if wrong {
                broken.push(at(
                    file,
                    used.line,
                    &format!("src/ui uses {}", path.join("::")),
                ));
            }
        }
    }
    none(
        "src: browser <- state <- ui; a page reaches data and actions through state",
        broken,
    );
}

#[test]
fn only_src_browser_does_io() {
    const STATE: [&str; 8] = [
        "web_sys",
        "js_sys",
        "gloo_net",
        "gloo_timers",
        "wasm_streams",
        "set_timeout",
        "set_interval",
        "view!",
    ];
    const UI: [&str; 24] = [
        "gloo_net",
        "gloo_timers",
        "wasm_streams",
        "js_sys::Date",
        "Request",
        "RequestInit",
        "Response",
        "AbortController",
        "EventSource",
        "WebSocket",
        "XmlHttpRequest",
        "Storage",
        "fetch_with_str",
        "fetch_with_request",
        "local_storage",
        "session_storage",
        "set_timeout",
        "set_interval",
        "request_animation_frame",
        "push_state_with_url",
        "navigator",
        "clipboard",
        "performance",
        "cookie",
    ];
    let files = all();
    let mut broken = Vec::new();
    for (folder, forbidden) in [("src/state", STATE.as_slice()), ("src/ui", UI.as_slice())] {
        for file in below(&files, folder, &["rs"], false) {
            // The router owns the address.
            let router = file.path == "src/ui/route.rs";
            for (line, text) in lines(&code(&file.text)) {
                let words = forbidden.iter().filter(|word| {
                    has_word(text, word) && !(router && **word == "push_state_with_url")
                });
                broken.extend(words.map(|word| at(file, line, word)));
            }
        }
    }
    none(
        "only src/browser talks to the network, timers and storage; src/state has no DOM",
        broken,
    );
}

#[test]
fn only_the_registry_names_the_adapters() {
    const BRIDGE: [&[&str]; 3] = [&["runs_api", "wire"], &["runs_api", "encode"], &["history"]];
    let files = all();
    let adapters = adapters(&files);
    assert!(
        !adapters.is_empty(),
        "core/src/backend has no adapter: the rule would check nothing"
    );
    let mut broken = Vec::new();
    for (src, root) in [
        ("core/src", "crate"),
        ("src", "runboard_core"),
        ("bridge/src", "runboard_core"),
    ] {
        for file in below(&files, src, &["rs"], src != "src") {
            if file.path == "core/src/backend/registry.rs" {
                continue;
            }
            for used in named(file, src, &["runboard_core"]) {
                let path: Vec<&str> = used.path.iter().map(String::as_str).collect();
                let [first, "backend", adapter, rest @ ..] = path.as_slice() else {
                    continue;
                };
                let own = file.below(&format!("core/src/backend/{adapter}"));
                let asked: Vec<&str> = std::iter::once(*adapter)
                    .chain(rest.iter().copied())
                    .collect();
                let granted =
                    src == "bridge/src" && BRIDGE.iter().any(|open| asked.starts_with(open));
                if *first == root && adapters.iter().any(|name| name == adapter) && !own && !granted
                {
                    broken.push(at(file, used.line, &path.join("::")));
                }
            }
        }
    }
    none(
        "adapters are named by core/src/backend/registry.rs alone (the bridge: runs_api::wire, runs_api::encode, history)",
        broken,
    );
}
