//! Colours by allow-list: what an escape may say is seen, everything else leaves no trace but the text around it.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use proptest::prelude::*;
use runboard_core::store::ansi::{Color, Style, plain, spans};

/// Text and a short form of the look of every span.
fn looks(line: &str) -> Vec<(String, String)> {
    spans(line)
        .into_iter()
        .map(|span| {
            let Style {
                fg,
                bg,
                bold,
                dim,
                italic,
                underline,
                inverse,
            } = span.style;
            let mut look: Vec<String> = Vec::new();
            look.extend(fg.map(|color| format!("{color:?}")));
            look.extend(bg.map(|color| format!("on {color:?}")));
            let flags = [
                (bold, "bold"),
                (dim, "dim"),
                (italic, "italic"),
                (underline, "underline"),
                (inverse, "inverse"),
            ];
            look.extend(
                flags
                    .into_iter()
                    .filter(|(on, _)| *on)
                    .map(|(_, name)| name.to_string()),
            );
            look.extend(span.link.map(|link| format!("-> {link}")));
            (span.text.into_owned(), look.join(" "))
        })
        .collect()
}

fn assert_looks(line: &str, expected: &[(&str, &str)]) {
    let expected: Vec<(String, String)> = expected
        .iter()
        .map(|(text, look)| (text.to_string(), look.to_string()))
        .collect();
    assert_eq!(looks(line), expected, "{line:?}");
}

#[test]
fn styles_are_set_and_unset() {
    assert_looks("", &[]);
    assert_looks("plain", &[("plain", "")]);
    assert_looks(
        "\x1b[1;31merror\x1b[0m: x",
        &[("error", "Named(1) bold"), (": x", "")],
    );
    assert_looks(
        "\x1b[38;5;208ma\x1b[38;5;9mb\x1b[48;2;1;2;3mc\x1b[39;49md",
        &[
            ("a", "Indexed(208)"),
            ("b", "Named(9)"),
            ("c", "Named(9) on Rgb(1, 2, 3)"),
            ("d", ""),
        ],
    );
    assert_looks(
        "\x1b[38:2::1:2:3ma\x1b[38:2:4:5:6mb\x1b[38:5:20mc",
        &[
            ("a", "Rgb(1, 2, 3)"),
            ("b", "Rgb(4, 5, 6)"),
            ("c", "Indexed(20)"),
        ],
    );
    assert_looks(
        "\x1b[97;100;2;3;4;7mx\x1b[22;23;24;27my\x1b[mz",
        &[
            ("x", "Named(15) on Named(8) dim italic underline inverse"),
            ("y", "Named(15) on Named(8)"),
            ("z", ""),
        ],
    );
    assert_looks(
        "\x1b[38;5ma\x1b[38;9;1mb\x1b[5;8;999mc",
        &[("a", ""), ("bc", "bold")],
    );
    assert_eq!(
        spans("\x1b[34mx")[0].style,
        Style {
            fg: Some(Color::Named(4)),
            ..Style::default()
        }
    );
}

#[test]
fn everything_else_an_escape_can_say_is_left_out() {
    for line in [
        "a\x1b[2J\x1b[Hb",
        "a\x1b]0;title\x07b",
        "a\x1b]52;c;aGk=\x1b\\b",
        "a\x1bPpayload\x1b\\b",
        "a\x1b_payload\x1b\\b",
        "a\x1b^payload\x1b\\b",
        "a\x1bXpayload\x1b\\b",
        "a\x1b(Bb",
        "a\x1b7b",
        "a\x1b[?25lb",
        "a\x1b[>1;2;3;4;5;6;7;8;9;10;11;12;13;14;15;16;17;18;19;20;21;22;23;24;25;26;27;28;29;30;31;32;33;34;35;36;37;38mb",
        "a\x00\x07\x08b\x7f",
        "a\u{9b}b",
        "ab\x1b",
        "ab\x1b[",
        "ab\x1b[31",
        "ab\x1b]8;;https://x.example",
        "a\x1b]0;x\x18b",
    ] {
        assert_eq!(plain(line), "ab", "{line:?}");
    }
    assert_eq!(plain("tab\tstays \u{1f600}"), "tab\tstays \u{1f600}");
}

#[test]
fn an_escape_without_an_end_swallows_a_bounded_part_of_the_line() {
    for start in ["\x1b]0;", "\x1bP", "\x1b[", "\x1b_"] {
        let payload = "0".repeat(10_000);
        let shown = plain(&format!("a{start}{payload}")).into_owned();
        assert_eq!(shown.len(), 1 + start.len() + 10_000 - 4096, "{start:?}");
    }
}

#[test]
fn a_carriage_return_overwrites_and_one_at_the_end_does_not() {
    assert_looks("10 %\r50 %\r\x1b[32mdone\r", &[("done", "Named(2)")]);
    assert_looks("\x1b[31mred\rstill red", &[("still red", "Named(1)")]);
    assert_eq!(plain("line\r\r"), "line");
}

#[test]
fn links_lead_to_the_web_or_nowhere() {
    assert_looks(
        "\x1b]8;id=1;https://a.example/x;y\x1b\\here\x1b]8;;\x1b\\ there",
        &[("here", "-> https://a.example/x;y"), (" there", "")],
    );
    assert_looks("\x1b]8;;javascript:alert(1)\x07here", &[("here", "")]);
    assert_looks("\x1b]8;;file:///etc/passwd\x07here", &[("here", "")]);
}

#[test]
fn what_turns_text_around_is_shown_by_number() {
    assert_eq!(
        plain("safe \u{202e}txt.exe\u{2066}"),
        "safe \\u{202e}txt.exe\\u{2066}"
    );
}

proptest! {
    #[test]
    fn any_text_is_read_without_panic_and_nothing_harmful_is_left(line in prop::collection::vec(prop_oneof![
        3 => any::<char>().prop_map(|letter| letter.to_string()),
        2 => prop::sample::select(vec!["\x1b", "\x1b[", "\x1b]8;;", "\x1b\\", "\x07", ";", "m", "38;5;1", "\r", "\x1bP", "\u{202e}", "\u{9b}", "https://a.example"]).prop_map(String::from),
    ], 0..60)) {
        let line = line.concat();
        for span in spans(&line) {
            prop_assert!(!span.text.is_empty());
            let harmful = |letter: char| letter.is_control() && letter != '\t' || ('\u{202a}'..='\u{202e}').contains(&letter);
            prop_assert!(!span.text.chars().any(harmful));
            prop_assert!(span.link.is_none_or(|link| link.to_ascii_lowercase().starts_with("http")));
        }
    }

    #[test]
    fn the_text_is_the_input_without_its_escapes(pieces in prop::collection::vec((
        "[a-z \t\u{e9}\u{4e2d}0-9;\\[\\]m]{0,8}",
        prop::sample::select(vec!["", "\x1b[0m", "\x1b[1;38;2;9;9;9m", "\x1b]0;t\x07", "\x1b]8;;https://a.example\x1b\\", "\x1bPq\x1b\\", "\x1b[2K", "\x1b(0", "\x1b[?1h", "\x1bM"]),
    ), 0..20)) {
        let line: String = pieces.iter().flat_map(|(text, escape)| [text.as_str(), escape]).collect();
        let text: String = pieces.iter().map(|(text, _)| text.as_str()).collect();
        prop_assert_eq!(plain(&line), text.as_str());
        let spans = spans(&line);
        prop_assert_eq!(spans.iter().map(|span| &*span.text).collect::<String>(), text);
        prop_assert!(spans.windows(2).all(|pair| pair[0].style != pair[1].style || pair[0].link != pair[1].link));
    }
}
