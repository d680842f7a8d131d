//! What may stand in a file, and how long it may be.

use super::files::{all, below, lines, root};
use super::rust::code;
use super::{at, css, none};

const LINES: usize = 400;

#[test]
fn files_stay_readable() {
    let files = all();
    let sources = files
        .iter()
        .filter(|file| file.is(&["rs", "css", "mjs", "js", "py"]));
    let long = sources
        .map(|file| (file, file.text.lines().count()))
        .filter(|(_, count)| *count > LINES);
    none(
        &format!("a file has at most {LINES} lines"),
        long.map(|(file, count)| at(file, count, "is its last line"))
            .collect(),
    );
}

#[test]
fn who_opens_closes_and_data_stays_text() {
    const FORBIDDEN: [&str; 6] = [
        ".forget()",
        "mem::forget",
        "inner_html",
        "outer_html",
        "insert_adjacent_html",
        "Rc<RefCell",
    ];
    let files = all();
    let mut broken = Vec::new();
    for folder in ["src/state", "src/ui"] {
        for file in below(&files, folder, &["rs"], false) {
            for (line, text) in lines(&code(&file.text)) {
                broken.extend(
                    FORBIDDEN
                        .iter()
                        .filter(|word| text.contains(*word))
                        .map(|word| at(file, line, word)),
                );
            }
        }
    }
    none(
        "no leaked closure, no markup from data, no shared cell in state and ui",
        broken,
    );
}

#[test]
fn colours_stand_in_the_tokens_alone() {
    let files = all();
    let mut broken = Vec::new();
    for file in below(&files, "style", &["css"], false)
        .into_iter()
        .filter(|file| file.path != "style/tokens.css")
    {
        broken.extend(
            css::colours(&file.text)
                .into_iter()
                .map(|(line, colour)| at(file, line, &colour)),
        );
    }
    for file in below(&files, "src", &["rs"], true) {
        for (line, text) in
            lines(&file.text).filter(|(_, text)| !text.trim_start().starts_with("//"))
        {
            broken.extend(css::in_rust(text).map(|colour| at(file, line, &colour)));
        }
    }
    none(
        "colours are written in style/tokens.css and named elsewhere",
        broken,
    );
}

#[test]
fn nothing_is_inline_so_that_the_policy_can_be_strict() {
    let files = all();
    let mut broken = Vec::new();
    for file in below(&files, "src/ui", &["rs"], false) {
        let inline = |text: &str| {
            text.match_indices("style=")
                .any(|(at, _)| text[..at].ends_with(|c: char| c.is_whitespace() || c == '<'))
        };
        let found = lines(&code(&file.text))
            .filter(|(_, text)| inline(text))
            .map(|(line, _)| at(file, line, "style= (use a class, or style:name=)"))
            .collect::<Vec<_>>();
        broken.extend(found);
    }
    let page = files.iter().find(|file| file.path == "index.html");
    for (line, text) in page.iter().flat_map(|page| lines(&page.text)) {
        let inline = [
            "<script>",
            "<style",
            " style=",
            " onclick=",
            " onload=",
            "<base",
            "javascript:",
        ];
        broken.extend(
            inline
                .iter()
                .filter(|word| text.contains(*word))
                .map(|word| format!("index.html:{line}: {word}")),
        );
    }
    none("no inline style, no inline script, no <base>", broken);
}

#[test]
fn nothing_is_left_undone_or_switched_off() {
    const RUST: [&str; 3] = ["todo!", "unimplemented!", "#[ignore"];
    const SCRIPT: [&str; 9] = [
        "test.skip(",
        "it.skip(",
        "describe.skip(",
        "test.fixme",
        "test.only(",
        "it.only(",
        "describe.only(",
        "mark.skip",
        "unittest.skip",
    ];
    let files = all();
    let mut broken = Vec::new();
    for file in files.iter().filter(|file| file.is(&["rs"])) {
        for (line, text) in lines(&code(&file.text)) {
            broken.extend(
                RUST.iter()
                    .filter(|word| text.contains(*word))
                    .map(|word| at(file, line, word)),
            );
        }
    }
    for file in files.iter().filter(|file| file.is(&["js", "mjs", "py"])) {
        for (line, text) in lines(&file.text) {
            broken.extend(
                SCRIPT
                    .iter()
                    .filter(|word| text.contains(*word))
                    .map(|word| at(file, line, word)),
            );
        }
    }
    none("no stub and no test that is switched off", broken);
}

#[test]
fn links_in_the_documents_lead_somewhere() {
    let files = all();
    let documents = files
        .iter()
        .filter(|file| file.is(&["md"]) && (file.below("docs") || !file.path.contains('/')));
    let mut broken = Vec::new();
    for file in documents {
        let folder = root()
            .join(&file.path)
            .parent()
            .map(std::path::Path::to_path_buf)
            .unwrap_or_default();
        for (line, target) in links(&file.text) {
            let path = target.split(['#', '?']).next().unwrap_or_default();
            let outside =
                target.contains("://") || target.starts_with("mailto:") || path.is_empty();
            if !outside && !folder.join(path).exists() {
                broken.push(at(file, line, &format!("{target} does not exist")));
            }
        }
    }
    none(
        "links in README.md and docs/ lead to files that exist",
        broken,
    );
}

/// The targets of `[text](target)`, outside code.
pub(crate) fn links(text: &str) -> Vec<(usize, String)> {
    let mut fenced = false;
    let mut found = Vec::new();
    for (line, text) in lines(text) {
        if text.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        if fenced {
            continue;
        }
        let prose: String = text.split('`').step_by(2).collect::<Vec<_>>().join("`");
        for (at, _) in prose.match_indices("](") {
            let target = prose[at + 2..].split([')', ' ']).next().unwrap_or_default();
            found.push((line, target.trim_matches(['<', '>']).to_owned()));
        }
    }
    found
}

#[test]
fn no_file_knows_the_machine_it_was_written_on() {
    let places = ["work", "root", "home"].map(|name| format!("/{name}/"));
    let files = all();
    let mut broken = Vec::new();
    for file in &files {
        for (line, text) in lines(&file.text) {
            // Within a longer path or a URL it is somebody else's folder.
            let absolute = |place: &String| {
                text.match_indices(place.as_str()).any(|(at, _)| {
                    !text[..at].ends_with(|c: char| c.is_alphanumeric() || "/.-_~}>".contains(c))
                })
            };
            broken.extend(
                places
                    .iter()
                    .filter(|place| absolute(place))
                    .map(|place| at(file, line, place)),
            );
        }
    }
    none("no absolute path of a developer's machine", broken);
}
