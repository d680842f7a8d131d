//! Addresses in text: http and https only, never `javascript:`, `data:` or anything else that does something.

use std::ops::Range;

use linkify::{LinkFinder, LinkKind};

/// An address in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Bytes of the text.
    pub range: Range<usize>,
}

/// The addresses in `text`, in order, without overlaps. The address is the text of the range itself.
pub fn links(text: &str) -> Vec<Link> {
    // Most lines have none: the finder is asked only where there is a scheme.
    if memchr::memmem::find(text.as_bytes(), b"://").is_none() {
        return Vec::new();
    }
    let mut finder = LinkFinder::new();
    finder.kinds(&[LinkKind::Url]);
    finder
        .links(text)
        .filter(|link| is_safe(link.as_str()))
        .map(|link| Link {
            range: link.start()..link.end(),
        })
        .collect()
}

/// Whether an address may be followed from hostile text: http or https with something behind, and no character that hides what it is.
pub fn is_safe(url: &str) -> bool {
    let rest = ["http://", "https://"].into_iter().find_map(|scheme| {
        let (head, rest) = url.split_at_checked(scheme.len())?;
        head.eq_ignore_ascii_case(scheme).then_some(rest)
    });
    rest.is_some_and(|rest| {
        rest.starts_with(|letter: char| letter.is_ascii_alphanumeric() || !letter.is_ascii() || letter == '[')
            && !rest.chars().any(|letter| letter.is_control() || letter.is_whitespace() || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_web_addresses_are_links() {
        let found = |text: &'static str| {
            links(text)
                .into_iter()
                .map(|link| &text[link.range])
                .collect::<Vec<_>>()
        };
        assert_eq!(
            found("see https://a.example/x?y=1#z, or (http://b.example)."),
            ["https://a.example/x?y=1#z", "http://b.example"]
        );
        assert_eq!(found("HTTPS://A.example"), ["HTTPS://A.example"]);
        for text in [
            "javascript://x.example/%0aalert(1)",
            "data://text/html,x",
            "file:///etc/passwd",
            "ftp://a.example",
            "www.example.org",
            "a@b.example",
            "javascript:alert(1)",
        ] {
            assert_eq!(found(text), [] as [&str; 0], "{text}");
        }
    }

    #[test]
    fn an_address_that_hides_something_is_not_safe() {
        for url in [
            "",
            "http://",
            "https:///x",
            "http://a b",
            "https://a\u{202e}b",
            " https://a",
            "https://\u{1b}x",
            "JaVaScRiPt:alert(1)",
            "https:a",
        ] {
            assert!(!is_safe(url), "{url:?}");
        }
        assert!(is_safe("https://user:pw@example.org/") && is_safe("http://127.0.0.1:8080"));
    }
}
