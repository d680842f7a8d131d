//! Makes the app that cargo built into a first file and parts that come when they are needed (docs/adr/0007), and puts them into a folder.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::fail::{Done, Fail};
use crate::paths::Hash;
use crate::stage::Stage;
use crate::tools::Kit;

/// What stands in the JavaScript behind that of wasm-bindgen.
const LOADER: &str = include_str!("split.js");
/// The module that the first file wants the loaders from.
const LINK: &str = "./__wasm_split.js";
/// Packs better than `-Oz`; functions in the order of their names pack better still.
const OPTIMISE: [&str; 2] = ["-Os", "--reorder-functions-by-name"];

/// Splits `whole` into `dist`, in place of what Trunk made of it there. `work` is a folder of our own.
pub(crate) fn split(
    stage: &mut Stage<'_>,
    kit: &Kit,
    whole: &Path,
    work: &Path,
    dist: &Path,
) -> Done {
    let (cut, bound) = (work.join("cut"), work.join("bound"));
    for dir in [&cut, &bound] {
        let _ = fs::remove_dir_all(dir);
        fs::create_dir_all(dir).map_err(|error| Fail::file(dir, &error))?;
    }
    stage.run(kit.command("wasm-split-cli").arg(whole).arg(&cut))?;
    stage.run(
        kit.command("wasm-bindgen")
            .args([
                "--target=web",
                "--no-typescript",
                "--omit-default-module-path",
            ])
            // What the parts want from the first file.
            .arg("--keep-lld-exports")
            .arg(format!("--out-dir={}", bound.display()))
            .arg("--out-name=app")
            .arg(cut.join("main.wasm")),
    )?;
    let mut optimised = |file: PathBuf| -> Done<Vec<u8>> {
        let out = bound.join("optimised.wasm");
        stage.run(
            kit.command("wasm-opt")
                .args(OPTIMISE)
                .arg(&file)
                .arg("-o")
                .arg(&out),
        )?;
        fs::read(&out).map_err(|error| Fail::file(&out, &error))
    };
    let first = optimised(bound.join("app_bg.wasm"))?;
    let link = read(&cut.join("__wasm_split.js"))?;
    let mut plan = Plan::of(&link)?;
    let mut chunks = Vec::new();
    for name in names(&cut, "chunk_")? {
        chunks.push(optimised(cut.join(name))?);
    }
    if !chunks.is_empty() {
        plan.shared = Some(put(dist, "shared", &folder_of(&chunks))?);
    }
    for (name, file) in &mut plan.parts {
        let path = cut.join(format!("split_{name}.wasm"));
        // All of it may be in what is shared.
        if path.is_file() {
            *file = Some(put(dist, name, &optimised(path)?)?);
        }
    }
    let glue = joined(&read(&bound.join("app.js"))?, &plan)?;
    rename(dist, &first, &glue, &plan)
}

fn read(path: &Path) -> Done<String> {
    fs::read_to_string(path).map_err(|error| Fail::file(path, &error))
}

fn write(path: &Path, bytes: &[u8]) -> Done {
    fs::write(path, bytes).map_err(|error| Fail::file(path, &error))
}

/// The names in a folder that begin so, in order.
fn names(dir: &Path, start: &str) -> Done<Vec<String>> {
    let entries = fs::read_dir(dir).map_err(|error| Fail::file(dir, &error))?;
    let names = entries
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names.filter(|name| name.starts_with(start)).collect();
    names.sort();
    Ok(names)
}

fn hash(parts: &[&[u8]]) -> String {
    let mut hash = Hash::new();
    parts.iter().for_each(|part| hash.add(part));
    hash.text()
}

/// Writes a part under a name that holds the hash of its content, and gives its address beside the JavaScript.
fn put(dist: &Path, name: &str, bytes: &[u8]) -> Done<String> {
    let name = format!("runboard-{name}-{}.wasm", hash(&[bytes]));
    write(&dist.join(&name), bytes)?;
    Ok(format!("./{name}"))
}

/// What the loader must know.
#[derive(Debug, Default, PartialEq, Eq)]
struct Plan {
    /// Names that the first file exports for the others.
    given: Vec<String>,
    /// The file of what several parts need.
    shared: Option<String>,
    /// Names of the parts, and their files.
    parts: Vec<(String, Option<String>)>,
}

impl Plan {
    /// Reads what wasm-split wrote into its own loader.
    fn of(link: &str) -> Done<Self> {
        let given = link.lines().find_map(|line| {
            let (names, _) = line
                .trim()
                .strip_prefix("const {")?
                .split_once("} = initSync(")?;
            Some(
                names
                    .split(',')
                    .map(str::trim)
                    .filter(|name| !name.is_empty()),
            )
        });
        let parts = link.lines().filter_map(|line| {
            let (name, _) = line
                .strip_prefix("export const __wasm_split_load_")?
                .split_once(" = ")?;
            Some((String::from(name), None))
        });
        let mut parts: Vec<_> = parts.collect();
        parts.sort();
        match given {
            Some(given) if !parts.is_empty() => Ok(Self {
                given: given.map(String::from).collect(),
                shared: None,
                parts,
            }),
            _ => Err(foreign("wasm-split")),
        }
    }

    fn json(&self) -> String {
        json!({ "given": self.given, "shared": self.shared, "parts": self.parts }).to_string()
    }
}

/// A tool wrote something that this file does not know.
fn foreign(tool: &str) -> Fail {
    Fail::new(
        format!("the JavaScript of {tool} is not what xtask/src/split.rs reads"),
        "has its version changed in xtask/src/pins.rs? Then split.rs must follow",
    )
}

/// A module with nothing in it but other modules, as sections that the browser leaves alone: several files for one request.
fn folder_of(modules: &[Vec<u8>]) -> Vec<u8> {
    const NAME: &[u8] = b"\x06module";
    let mut bytes = b"\0asm\x01\0\0\0".to_vec();
    for module in modules {
        bytes.push(0);
        let mut size = NAME.len() + module.len();
        while size >= 0x80 {
            bytes.push((size & 0x7f) as u8 | 0x80);
            size >>= 7;
        }
        bytes.push(size as u8);
        bytes.extend_from_slice(NAME);
        bytes.extend_from_slice(module);
    }
    bytes
}

/// wasm-bindgen's JavaScript with the loader in it, in place of the imports of wasm-split's own.
fn joined(glue: &str, plan: &Plan) -> Done<String> {
    let field = format!("\"{LINK}\": ");
    let (mut imports, mut fields) = (0, 0);
    let mut text = String::new();
    for line in glue.lines() {
        if line.starts_with("import * as ") && line.contains(LINK) {
            imports += 1;
        } else if line.trim_start().starts_with(&field) {
            fields += 1;
            if fields == 1 {
                text.push_str(&format!("{field}__wasm_split,\n"));
            }
        } else {
            text.push_str(line);
            text.push('\n');
        }
    }
    if imports == 0 || fields == 0 || text.contains("__wasm_split_placeholder__") {
        return Err(foreign("wasm-bindgen"));
    }
    text.push_str(&LOADER.replace("\"@PLAN@\"", &plan.json()));
    Ok(lean(&text))
}

/// Without indentation and comments, which both writers put on lines of their own: 1 kB of the first load.
fn lean(text: &str) -> String {
    let lines = text.lines().map(str::trim).filter(|line| {
        let is_comment = ["//", "/*", "* ", "*/"]
            .iter()
            .any(|mark| line.starts_with(mark));
        !line.is_empty() && *line != "*" && !is_comment
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Puts the first file and its JavaScript in place of Trunk's, under names that change when anything of the app changes.
fn rename(dist: &Path, first: &[u8], glue: &str, plan: &Plan) -> Done {
    const END: &str = "_bg.wasm";
    let there = names(dist, "runboard-")?;
    let old = there
        .iter()
        .find_map(|name| name.strip_suffix(END))
        .ok_or_else(|| foreign("Trunk"))?;
    let page = dist.join("index.html");
    let text = read(&page)?;
    // The JavaScript names the parts by their content, so this is the hash of all.
    let new = format!("runboard-{}", hash(&[first, glue.as_bytes()]));
    for (end, bytes) in [(END, first), (".js", glue.as_bytes())] {
        let path = dist.join(format!("{old}{end}"));
        fs::remove_file(&path).map_err(|error| Fail::file(&path, &error))?;
        write(&dist.join(format!("{new}{end}")), bytes)?;
    }
    write(&page, named(&text.replace(old, &new), plan)?.as_bytes())
}

/// Tells public/boot.js the files of each part. They stand there without `./`, for they are not in the first load (sizes.rs).
fn named(page: &str, plan: &Plan) -> Done<String> {
    const BEFORE: &str = " data-js=";
    if page.matches(BEFORE).count() != 1 {
        return Err(foreign("Trunk"));
    }
    let parts = plan.parts.iter().map(|(name, file)| {
        let files: Vec<&str> = [&plan.shared, file]
            .into_iter()
            .flatten()
            .filter_map(|file| file.strip_prefix("./"))
            .collect();
        format!("{name}={}", files.join(","))
    });
    let parts = parts.collect::<Vec<_>>().join(" ");
    Ok(page.replace(BEFORE, &format!(" data-parts=\"{parts}\"{BEFORE}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OF_SPLIT: &str = "import { initSync } from \"./main.js\";
        const { __indirect_function_table, memory,  } = initSync(undefined, undefined);
export const __wasm_split_load_wall = wrapAsyncCb(makeLoad(() => {
export const __wasm_split_load_run = wrapAsyncCb(makeLoad(() => {
";
    const OF_BINDGEN: &str = "import * as import1 from \"./__wasm_split.js\"
import * as import2 from \"./__wasm_split.js\"
    return {
        \"./__wasm_split.js\": import1,
        \"./__wasm_split.js\": import2,
        \"./app_bg.js\": import0,
";

    #[test]
    fn the_loader_knows_what_wasm_split_made() {
        let plan = Plan::of(OF_SPLIT).unwrap();
        assert_eq!(plan.given, ["__indirect_function_table", "memory"]);
        let names: Vec<&str> = plan.parts.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["run", "wall"]);
        assert!(Plan::of("export const answer = 42;").is_err());
    }

    #[test]
    fn the_loader_takes_the_place_of_the_imports() {
        let plan = Plan::of(OF_SPLIT).unwrap();
        let text = joined(OF_BINDGEN, &plan).unwrap();
        assert!(
            !text.contains("import1") && !text.contains("@PLAN@"),
            "{text}"
        );
        assert_eq!(
            text.matches("\"./__wasm_split.js\": __wasm_split,").count(),
            1,
            "{text}"
        );
        assert!(
            text.contains("import0") && text.contains("[\"run\",null]"),
            "{text}"
        );
        assert!(joined("export {};\n", &plan).is_err());
    }

    #[test]
    fn the_page_names_the_parts_apart_from_the_first_load() {
        let plan = Plan {
            given: Vec::new(),
            shared: Some("./s.wasm".into()),
            parts: vec![
                ("run".into(), Some("./r.wasm".into())),
                ("stats".into(), None),
            ],
        };
        assert_eq!(
            named("<script data-js=./a.js src=./boot.js>", &plan).unwrap(),
            "<script data-parts=\"run=s.wasm,r.wasm stats=s.wasm\" data-js=./a.js src=./boot.js>"
        );
        assert!(named("<script src=./boot.js>", &plan).is_err());
    }

    #[test]
    fn modules_are_sections_of_one() {
        let bytes = folder_of(&[vec![7; 3], vec![9; 200]]);
        assert_eq!(bytes[8..20], *b"\x00\x0a\x06module\x07\x07\x07");
        assert_eq!(
            bytes[20..30],
            *b"\xcf\x01\x06module"[..]
                .iter()
                .fold(vec![0], |mut all, byte| {
                    all.push(*byte);
                    all
                })
        );
        assert_eq!(bytes.len(), 8 + 12 + 3 + 7 + 200);
    }
}
