//! The app's files: from a folder, read when asked, or from inside this program.

use std::path::{Path, PathBuf};

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};

use crate::api::problem::Problem;
use crate::cursor::decode;

/// Where the files are.
#[derive(Clone, Debug)]
pub(crate) enum Assets {
    Folder(PathBuf),
    #[cfg(feature = "embed")]
    Embedded,
}

#[cfg(feature = "embed")]
#[derive(rust_embed::RustEmbed)]
#[folder = "../dist"]
struct Files;

struct Found {
    bytes: Vec<u8>,
    tag: String,
    encoding: Option<&'static str>,
}

impl Assets {
    /// The folder that was named, else the files in this program, else `dist` here.
    ///
    /// # Errors
    /// One line for the user when there is no built app.
    pub(crate) fn open(folder: Option<&Path>) -> Result<Assets, String> {
        #[cfg(feature = "embed")]
        if folder.is_none() {
            return Ok(Assets::Embedded);
        }
        let folder = folder.unwrap_or(Path::new("dist"));
        let whole = folder
            .canonicalize()
            .ok()
            .filter(|folder| folder.join("index.html").is_file());
        whole.map(Assets::Folder).ok_or_else(|| {
            format!("{} holds no built app (no index.html): `cargo xtask build` makes one, --dist names another folder", folder.display())
        })
    }

    /// Answers `GET path` with the file, or says that there is none.
    pub(crate) async fn get(
        &self,
        path: &str,
        headers: &HeaderMap,
    ) -> Result<Response<Body>, Problem> {
        let missing = || Problem::no_page(path);
        let name = file_name(path).ok_or_else(missing)?;
        let accepted = headers
            .get(header::ACCEPT_ENCODING)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        let mut found = None;
        for (encoding, suffix) in [("br", ".br"), ("gzip", ".gz")] {
            if found.is_none() && accepts(accepted, encoding) {
                found = self
                    .find(&format!("{name}{suffix}"))
                    .await
                    .map(|file| Found {
                        encoding: Some(encoding),
                        ..file
                    });
            }
        }
        let found = match found {
            Some(found) => found,
            None => self.find(&name).await.ok_or_else(missing)?,
        };
        let mut response = Response::new(Body::empty());
        let out = response.headers_mut();
        out.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static(content_type(&name)),
        );
        out.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        let keep = if is_hashed(&name) {
            "public, max-age=31536000, immutable"
        } else {
            "no-cache"
        };
        out.insert(header::CACHE_CONTROL, HeaderValue::from_static(keep));
        if let Ok(tag) = HeaderValue::from_str(&found.tag) {
            out.insert(header::ETAG, tag);
        }
        let known = headers
            .get(header::IF_NONE_MATCH)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        if known
            .split(',')
            .any(|tag| tag.trim() == found.tag || tag.trim() == "*")
        {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            return Ok(response);
        }
        let out = response.headers_mut();
        if let Some(encoding) = found.encoding {
            out.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        *response.body_mut() = Body::from(found.bytes);
        Ok(response)
    }

    async fn find(&self, name: &str) -> Option<Found> {
        match self {
            Assets::Folder(folder) => {
                let (folder, name) = (folder.clone(), name.to_string());
                tokio::task::spawn_blocking(move || read(&folder, &name))
                    .await
                    .ok()?
            }
            #[cfg(feature = "embed")]
            Assets::Embedded => {
                let file = Files::get(name)?;
                let tag = file
                    .metadata
                    .sha256_hash()
                    .iter()
                    .take(12)
                    .map(|byte| format!("{byte:02x}"))
                    .collect::<String>();
                Some(Found {
                    bytes: file.data.into_owned(),
                    tag: format!("\"{tag}\""),
                    encoding: None,
                })
            }
        }
    }
}

fn read(folder: &Path, name: &str) -> Option<Found> {
    // Links inside of the folder may point at each other, but not out of it.
    let path = folder
        .join(name)
        .canonicalize()
        .ok()
        .filter(|path| path.starts_with(folder))?;
    let meta = path.metadata().ok().filter(std::fs::Metadata::is_file)?;
    let modified = meta
        .modified()
        .ok()?
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |since| since.as_nanos());
    let bytes = std::fs::read(&path).ok()?;
    // The encoded form is another file, so it has another tag.
    Some(Found {
        tag: format!("W/\"{modified:x}-{:x}\"", bytes.len()),
        bytes,
        encoding: None,
    })
}

/// The file that a path of the request stands for. `None` for every path that could mean anything else than a file below the folder.
fn file_name(path: &str) -> Option<String> {
    let path = path.strip_prefix('/')?;
    if path.is_empty() {
        return Some("index.html".into());
    }
    let mut segments = Vec::new();
    for segment in path.split('/') {
        let plain = decode(segment)?;
        let odd = plain.is_empty()
            || plain.starts_with('.')
            || plain.contains(['/', '\\', ':', '\0'])
            || plain.chars().any(char::is_control);
        if odd {
            return None;
        }
        segments.push(plain);
    }
    Some(segments.join("/"))
}

fn accepts(header: &str, encoding: &str) -> bool {
    header.split(',').any(|part| {
        let mut parts = part.split(';').map(str::trim);
        let named = parts
            .next()
            .is_some_and(|name| name.eq_ignore_ascii_case(encoding));
        named
            && !parts.any(|quality| {
                quality
                    .strip_prefix("q=")
                    .is_some_and(|q| q.parse().is_ok_and(|q: f32| q == 0.0))
            })
    })
}

/// Whether the name holds a hash of the content, as bundlers write it: `app-0123456789abcdef.js`, `app-0123456789abcdef_bg.wasm`.
fn is_hashed(name: &str) -> bool {
    name.split(['/', '-', '_', '.'])
        .skip(1)
        .any(|part| part.len() >= 12 && part.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("json" | "map") => "application/json",
        Some("webmanifest") => "application/manifest+json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_below_the_folder() {
        assert_eq!(file_name("/").as_deref(), Some("index.html"));
        assert_eq!(file_name("/a/b%20c.js").as_deref(), Some("a/b c.js"));
        for path in [
            "",
            "x",
            "//x",
            "/../x",
            "/a/../x",
            "/%2e%2e/x",
            "/a/%2E%2E%2Fx",
            "/..%2fx",
            "/..%5cx",
            "/a%00",
            "/a//b",
            "/.git/config",
            "/%",
            "/%zz",
            "/C:/x",
            "/a%0d%0ab",
        ] {
            assert_eq!(file_name(path), None, "{path}");
        }
    }

    #[test]
    fn names_with_a_hash_keep_for_ever() {
        for name in [
            "runboard-0123456789abcdef.js",
            "runboard-0123456789abcdef_bg.wasm",
            "runboard-run-0123456789abcdef.wasm",
            "x/app-0123456789abcdef.css",
        ] {
            assert!(is_hashed(name), "{name}");
        }
        for name in [
            "index.html",
            "boot.js",
            "config.json",
            "version.json",
            "0123456789abcdef",
            "face.css",
            "a-deadbeef.js",
        ] {
            assert!(!is_hashed(name), "{name}");
        }
    }

    #[test]
    fn encodings_are_used_only_when_wanted() {
        assert!(accepts("gzip, deflate, BR", "br") && accepts("br;q=0.5", "br"));
        assert!(!accepts("br;q=0", "br") && !accepts("broom", "br") && !accepts("", "br"));
    }
}
