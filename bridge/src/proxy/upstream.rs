//! A server behind the proxy: where it is, and how paths of ours become paths of its.

use axum::http::uri::{Authority, Scheme};
use axum::http::{StatusCode, Uri};

use super::secret::SecretHeader;
use crate::api::problem::Problem;
use crate::cursor::decode;

/// Where a server is, as `--proxy` says it.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    scheme: Scheme,
    authority: Authority,
    /// Empty, or `/a/b`.
    base: String,
}

impl Target {
    pub(crate) fn is_https(&self) -> bool {
        self.scheme == Scheme::HTTPS
    }
}

/// Reads `--proxy`.
pub(crate) fn named(text: &str) -> Result<(String, Target), String> {
    let (name, url) = text.split_once('=').ok_or("it takes NAME=URL")?;
    check_name(name)?;
    Ok((name.into(), target(url)?))
}

pub(crate) fn check_name(name: &str) -> Result<(), String> {
    // The same form as a source's name: it stands in URLs.
    if runboard_record::is_run_id(name) {
        return Ok(());
    }
    Err(format!(
        "{name:?} is no name: it takes 1 to 64 letters, digits, '.', '_' and '-', beginning with a letter or digit"
    ))
}

fn target(text: &str) -> Result<Target, String> {
    let form = "the URL takes http(s)://HOST[:PORT][/PATH]";
    let url: Uri = text.parse().map_err(|_| form)?;
    let (Some(scheme), Some(authority)) = (url.scheme(), url.authority()) else {
        return Err(form.into());
    };
    if authority.as_str().contains('@') {
        return Err("names and passwords do not belong into the URL: --upstream-header NAME=Authorization:FILE sends them from a file".into());
    }
    if (*scheme != Scheme::HTTP && *scheme != Scheme::HTTPS)
        || authority.host().is_empty()
        || url.query().is_some()
        || text.contains('#')
    {
        return Err(form.into());
    }
    let base = url.path().trim_end_matches('/');
    if !base.is_empty() && !base.strip_prefix('/').is_some_and(is_plain) {
        return Err("the URL's path takes plain names between single slashes".into());
    }
    Ok(Target {
        scheme: scheme.clone(),
        authority: authority.clone(),
        base: base.into(),
    })
}

pub(crate) struct Upstream {
    pub(crate) name: String,
    target: Target,
    pub(crate) secrets: Vec<SecretHeader>,
}

impl Upstream {
    pub(crate) fn new(name: String, target: Target) -> Upstream {
        Upstream {
            name,
            target,
            secrets: Vec::new(),
        }
    }

    pub(crate) fn authority(&self) -> &str {
        self.target.authority.as_str()
    }

    /// Where a path below `/proxy/NAME/` leads: always below the server's own path.
    pub(crate) fn at(&self, path: &str, query: Option<&str>) -> Result<Uri, Problem> {
        let odd = || {
            Problem::new(
                StatusCode::BAD_REQUEST,
                format!(
                    "{}: the path /{path} could mean a place outside of the proxied server",
                    self.name
                ),
            )
        };
        if !is_plain(path) {
            return Err(odd());
        }
        let query = query.map_or(String::new(), |query| format!("?{query}"));
        Uri::builder()
            .scheme(self.target.scheme.clone())
            .authority(self.target.authority.clone())
            .path_and_query(format!("{}/{path}{query}", self.target.base))
            .build()
            .map_err(|_| odd())
    }

    /// A place that the server names, as seen from `path` below `/proxy/NAME/`; `None` when it is elsewhere.
    pub(crate) fn place(&self, location: &str, path: &str) -> Option<String> {
        let own = match location.split_once("://") {
            Some(_) => {
                let url: Uri = location.parse().ok()?;
                let same =
                    url.scheme() == Some(&self.target.scheme) && self.is_here(url.authority()?);
                location
                    .splitn(4, '/')
                    .nth(3)
                    .filter(|_| same)
                    .map(|rest| format!("/{rest}"))?
            }
            None if location.starts_with("//") || !location.starts_with('/') => return None,
            None => location.into(),
        };
        let below = own.strip_prefix(&self.target.base)?.strip_prefix('/')?;
        let end = below.find(['?', '#']).unwrap_or(below.len());
        let (folder, _) = below.split_at_checked(end)?;
        // A link relative to the page needs no knowledge of what stands before it.
        let up = "../".repeat(path.matches('/').count());
        is_plain(folder).then(|| format!("./{up}{below}"))
    }

    fn is_here(&self, other: &Authority) -> bool {
        let own = if self.target.is_https() { 443 } else { 80 };
        let port = |authority: &Authority| authority.port_u16().unwrap_or(own);
        let ours = &self.target.authority;
        !other.as_str().contains('@')
            && other.host().eq_ignore_ascii_case(ours.host())
            && port(other) == port(ours)
    }
}

/// Whether a path stays where it is, however often somebody decodes it, and whatever counts as a slash there.
fn is_plain(path: &str) -> bool {
    let mut plain = path.to_string();
    let whole = path.strip_suffix('/').unwrap_or(path);
    if path.starts_with('/') || whole.split('/').any(str::is_empty) && !whole.is_empty() {
        return false;
    }
    for _ in 0..8 {
        let mut parts = plain
            .split(['/', '\\'])
            .map(|part| part.split(';').next().unwrap_or_default());
        if parts.any(|part| part == "." || part == "..") || plain.chars().any(char::is_control) {
            return false;
        }
        match decode(&plain) {
            Some(next) if next != plain => plain = next,
            Some(_) => return true,
            // Only the first reading must be sound: a lone `%` is what `%25` stands for. Others may read on where we cannot.
            None => {
                let hidden = plain.to_ascii_lowercase();
                return plain != path
                    && !["%2e", "%2f", "%5c"]
                        .iter()
                        .any(|code| hidden.contains(code));
            }
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn upstream(url: &str) -> Upstream {
        Upstream::new("d".into(), target(url).unwrap())
    }

    #[test]
    fn paths_lead_below_the_servers_own_path() {
        let (root, deep) = (upstream("http://h:3000"), upstream("https://h/a/b/"));
        for (path, query, there) in [
            ("", None, "http://h:3000/"),
            ("graphql", Some("a=/../b"), "http://h:3000/graphql?a=/../b"),
            ("a/b/", None, "http://h:3000/a/b/"),
            (
                "runs/etl%2F2024%25",
                None,
                "http://h:3000/runs/etl%2F2024%25",
            ),
            ("x...y/..z", None, "http://h:3000/x...y/..z"),
        ] {
            assert_eq!(root.at(path, query).unwrap().to_string(), there);
        }
        assert_eq!(deep.at("c", None).unwrap().to_string(), "https://h/a/b/c");
        for path in [
            "..",
            "../x",
            "a/../../x",
            "a/..",
            "%2e%2e/x",
            "a/%2E./x",
            "..%2fx",
            "a%2f..%2fx",
            "..%5cx",
            "a\\..\\x",
            "%252e%252e/x",
            "%25252e%25252e%25252fx",
            "%25zz/%252e%252e/x",
            "..;/x",
            "..;a=b/x",
            "%2e%2e%3b/x",
            "/evil.example/x",
            "//x",
            "a//b",
            "./x",
            "a%00",
            "a%0d%0aX: y",
            "%",
            "%zz",
            "a b",
        ] {
            assert!(deep.at(path, None).is_err(), "{path}");
        }
    }

    #[test]
    fn only_places_on_the_same_server_are_named() {
        let deep = upstream("http://h/dg");
        for (location, path, ours) in [
            ("/dg/x?y#z", "a", Some("./x?y#z")),
            ("/dg/x", "a/b/c", Some("./../../x")),
            ("http://H:80/dg/x", "", Some("./x")),
            ("/dg/", "a/", Some("./../")),
            ("/dg", "a", None),
            ("/other", "a", None),
            ("/dgx/y", "a", None),
            ("/dg/../x", "a", None),
            ("/dg/%2e%2e/x", "a", None),
            ("/dg//evil.example", "a", None),
            ("http://h:81/dg/x", "a", None),
            ("https://h/dg/x", "a", None),
            ("http://h@evil.example/dg/x", "a", None),
            ("http://u@h/dg/x", "a", None),
            ("http://evil.example/dg/x", "a", None),
            ("//evil.example/dg/x", "a", None),
            ("/\\evil.example", "a", None),
            ("javascript:alert(1)", "a", None),
            ("", "a", None),
        ] {
            assert_eq!(deep.place(location, path).as_deref(), ours, "{location}");
        }
        assert_eq!(
            upstream("http://h").place("/x", "a").as_deref(),
            Some("./x")
        );
    }

    #[test]
    fn targets_are_plain() {
        for bad in [
            "h:3000",
            "ftp://h",
            "http://",
            "http://u:p@h",
            "http://h/?x",
            "http://h/#x",
            "http://h/../x",
            "http://h//x",
            "",
        ] {
            assert!(target(bad).is_err(), "{bad}");
        }
        for bad in ["=http://h", "a/b=http://h", "..=http://h", "http://h"] {
            assert!(named(bad).is_err(), "{bad}");
        }
    }
}
