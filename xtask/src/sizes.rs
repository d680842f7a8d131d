//! What a first visit loads, and what the whole app is, held against budget.toml.

use std::fs;
use std::path::Path;

use crate::fail::{Done, Fail};
use crate::paths;
use crate::stage::Stage;
use crate::tools::Kit;

/// Names of the numbers in budget.toml.
const FIRST: &str = "first_load_brotli_bytes";
const WHOLE: &str = "whole_app_brotli_bytes";

#[derive(Debug, Clone, PartialEq, Eq)]
struct Size {
    name: String,
    raw: u64,
    gzip: u64,
    brotli: u64,
    /// A first visit asks for it.
    first: bool,
}

/// Prints every file of dist/ and fails when the first load is above the budget.
pub(crate) fn check(stage: &mut Stage<'_>, kit: &Kit) -> Done {
    let dist = crate::app::dist();
    let page = read(&dist.join("index.html"))?;
    let mut command = kit.command("node");
    command
        .arg(paths::root().join("xtask/sizes.mjs"))
        .arg(&dist);
    let mut sizes = Vec::new();
    stage.run_with(&mut command, |line| sizes.extend(parse(line, &page)))?;
    sizes.sort_by(|a, b| (b.first, b.brotli, &a.name).cmp(&(a.first, a.brotli, &b.name)));
    for line in table(&sizes) {
        stage.show(&line);
    }
    let budgets = read(&paths::root().join("budget.toml"))?;
    let first = judge("first load", FIRST, first_load(&sizes), &budgets)?;
    let whole = judge(
        "whole app",
        WHOLE,
        sizes.iter().map(|size| size.brotli).sum(),
        &budgets,
    )?;
    stage.note(format!("{first}, {whole}"));
    Ok(())
}

fn read(path: &Path) -> Done<String> {
    fs::read_to_string(path).map_err(|error| Fail::file(path, &error))
}

fn parse(line: &str, page: &str) -> Option<Size> {
    let mut words = line.split('\t');
    let mut number = || words.next()?.parse().ok();
    let (raw, gzip, brotli) = (number()?, number()?, number()?);
    let name = words.next()?.to_owned();
    let first = name == "index.html" || page.contains(&format!("./{name}"));
    Some(Size {
        name,
        raw,
        gzip,
        brotli,
        first,
    })
}

fn first_load(sizes: &[Size]) -> u64 {
    sizes
        .iter()
        .filter(|size| size.first)
        .map(|size| size.brotli)
        .sum()
}

fn table(sizes: &[Size]) -> Vec<String> {
    let mut lines = vec![format!(
        "{:>10} {:>10} {:>10}  file",
        "bytes", "gzip", "brotli"
    )];
    let row = |raw, gzip, brotli, name: &str| {
        format!(
            "{:>10} {:>10} {:>10}  {name}",
            grouped(raw),
            grouped(gzip),
            grouped(brotli)
        )
    };
    for size in sizes {
        let later = if size.first {
            ""
        } else {
            "  (not in the first load)"
        };
        lines.push(row(
            size.raw,
            size.gzip,
            size.brotli,
            &format!("{}{later}", size.name),
        ));
    }
    let mut sum = |name: &str, of: &[&Size]| {
        let sum = |what: fn(&Size) -> u64| of.iter().map(|size| what(size)).sum();
        lines.push(row(
            sum(|size| size.raw),
            sum(|size| size.gzip),
            sum(|size| size.brotli),
            &format!("{name}, {} requests", of.len()),
        ));
    };
    let first: Vec<&Size> = sizes.iter().filter(|size| size.first).collect();
    sum("first load", &first);
    sum("whole app", &sizes.iter().collect::<Vec<_>>());
    lines
}

/// A number of budget.toml; underscores may group its digits.
fn budget(text: &str, name: &str) -> Done<u64> {
    let value = text
        .lines()
        .find_map(|line| line.trim().strip_prefix(name)?.trim().strip_prefix('='));
    let digits = value.map(|value| {
        value
            .split('#')
            .next()
            .unwrap_or_default()
            .trim()
            .replace('_', "")
    });
    digits
        .and_then(|digits| digits.parse().ok())
        .ok_or_else(|| {
            Fail::new(
                format!("budget.toml has no `{name} = NUMBER`"),
                "add the line",
            )
        })
}

fn judge(what: &str, name: &str, bytes: u64, budgets: &str) -> Done<String> {
    let budget = budget(budgets, name)?;
    if bytes <= budget {
        return Ok(format!(
            "{what} {} of {} bytes brotli",
            grouped(bytes),
            grouped(budget)
        ));
    }
    Err(Fail::new(
        format!(
            "the {what} is {} bytes brotli, {} above the budget of {}",
            grouped(bytes),
            grouped(bytes - budget),
            grouped(budget)
        ),
        "make it smaller (the table shows where it is), or move the number in budget.toml and say why",
    ))
}

/// 1234567 as 1,234,567.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str =
        "<script src=./early.js></script><script data-wasm=./a_bg.wasm src=./boot.js>";

    #[test]
    fn the_first_load_is_the_page_and_what_it_names() {
        let lines = [
            "100\t60\t50\tindex.html",
            "900\t500\t400\ta_bg.wasm",
            "9\t9\t9\tboot.js",
            "7\t7\t7\tlater.bin",
            "noise",
        ];
        let sizes: Vec<Size> = lines.iter().filter_map(|line| parse(line, PAGE)).collect();
        assert_eq!(sizes.len(), 4);
        assert_eq!(first_load(&sizes), 459);
        let shown = table(&sizes).join("\n");
        assert!(
            shown.contains("first load, 3 requests")
                && shown.contains("whole app, 4 requests")
                && shown.contains("later.bin  (not in the first load)"),
            "{shown}"
        );
    }

    #[test]
    fn the_budget_is_a_limit_that_may_be_reached() {
        let budgets = "first_load_brotli_bytes = 250_000";
        assert!(judge("first load", FIRST, 250_000, budgets).is_ok());
        let error = judge("first load", FIRST, 250_001, budgets)
            .unwrap_err()
            .to_string();
        assert!(error.contains("1 above the budget of 250,000"), "{error}");
        let missing = judge("whole app", WHOLE, 1, budgets).unwrap_err();
        assert!(missing.to_string().contains(WHOLE), "{missing}");
    }

    #[test]
    fn the_budget_file_is_read() {
        let text = "# words\nfirst_load_brotli_bytes = 250_000 # why\nwhole_app_brotli_bytes=7\n";
        assert_eq!(budget(text, FIRST).unwrap(), 250_000);
        assert_eq!(budget(text, WHOLE).unwrap(), 7);
        assert!(budget("first_load = 1", FIRST).is_err());
        let file = read(&paths::root().join("budget.toml")).unwrap();
        assert!(budget(&file, FIRST).unwrap() < budget(&file, WHOLE).unwrap());
    }

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(
            [grouped(0), grouped(999), grouped(1000), grouped(1_234_567)],
            ["0", "999", "1,000", "1,234,567"]
        );
    }
}
