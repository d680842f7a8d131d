//! Colours that are written out, in stylesheets and in texts of the program.

const FUNCTIONS: [&str; 10] = [
    "rgb(", "rgba(", "hsl(", "hsla(", "hwb(", "lab(", "lch(", "oklab(", "oklch(", "color(",
];
const NAMES: [&str; 14] = [
    "white", "black", "red", "green", "blue", "gray", "grey", "yellow", "orange", "silver",
    "purple", "navy", "teal", "maroon",
];

/// Colour literals in the values of a stylesheet, each with its line.
pub(crate) fn colours(sheet: &str) -> Vec<(usize, String)> {
    let sheet = without_comments(sheet);
    let mut found = Vec::new();
    let mut start = 0;
    for (at, sign) in sheet
        .char_indices()
        .filter(|(_, sign)| matches!(sign, '{' | '}' | ';'))
    {
        // A selector ends with a brace that opens; everything else is a declaration.
        if sign != '{'
            && let Some((name, value)) = sheet[start..at].split_once(':')
        {
            let line = 1 + sheet[..start + name.len()].matches('\n').count();
            found.extend(in_value(value).map(|colour| (line, colour)));
        }
        start = at + 1;
    }
    found
}

fn in_value(value: &str) -> Option<String> {
    let words = value
        .split(|c: char| !(c.is_alphanumeric() || "#-_(".contains(c)))
        .flat_map(|word| word.split_inclusive('('));
    words
        .into_iter()
        .find(|word| {
            is_hex(word)
                || FUNCTIONS.contains(&word.to_ascii_lowercase().as_str())
                || NAMES.contains(&word.to_ascii_lowercase().as_str())
        })
        .map(String::from)
}

/// `#abc`, `#aabbcc`, with or without an alpha.
pub(crate) fn is_hex(word: &str) -> bool {
    word.strip_prefix('#').is_some_and(|digits| {
        matches!(digits.len(), 3 | 4 | 6 | 8) && digits.chars().all(|c| c.is_ascii_hexdigit())
    })
}

/// Colour literals within the texts of a line of Rust.
pub(crate) fn in_rust(line: &str) -> Option<String> {
    let texts = line.split('"').skip(1).step_by(2);
    texts
        .flat_map(|text| text.split_whitespace())
        .find(|word| is_hex(word) || FUNCTIONS.iter().any(|name| word.starts_with(name)))
        .map(String::from)
}

fn without_comments(sheet: &str) -> String {
    let mut out = String::new();
    let mut rest = sheet;
    while let Some(at) = rest.find("/*") {
        let end = rest[at..].find("*/").map_or(rest.len(), |end| at + end + 2);
        out.push_str(&rest[..at]);
        out.extend(rest[at..end].chars().filter(|c| *c == '\n'));
        rest = &rest[end..];
    }
    out + rest
}
