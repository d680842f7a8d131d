//! `config.json`: the one the operator wrote, or one that names the sources of this bridge.

use std::path::Path;

use serde_json::{Value, json};

/// What the app is told, and where it may connect to because of it.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    pub(crate) bytes: Vec<u8>,
    /// Origins of the absolute URLs in it.
    pub(crate) origins: Vec<String>,
}

/// A source of the generated config.json.
pub(crate) fn source(name: &str, kind: &str, url: &str, actions: bool) -> Value {
    let mut source = json!({"id": name, "name": name, "kind": kind, "url": url});
    if let Some(object) = source.as_object_mut().filter(|_| actions) {
        object.insert("actions".into(), Value::Bool(true));
    }
    source
}

impl Config {
    /// One source for each of `names`, each at its own place of the Runs API, and those of proxied servers, as they are. The app offers to change
    /// runs only where `actions` says so here; what proxied servers may be told to do then stands with them.
    pub(crate) fn generated(names: &[String], foreign: Vec<Value>, actions: bool) -> Config {
        let own = |name: &String| source(name, "runs-api", &format!("./api/v1/{name}/"), actions);
        let mut sources: Vec<Value> = names.iter().map(own).collect();
        sources.extend(foreign);
        let config = json!({"title": "Runboard", "sources": sources});
        Config {
            bytes: config.to_string().into_bytes(),
            origins: Vec::new(),
        }
    }

    /// Reads the operator's file. It is served as it stands.
    ///
    /// # Errors
    /// One line that names the file and, where there is one, the line in it.
    pub(crate) fn read(path: &Path) -> Result<Config, String> {
        let name = path.display();
        let bytes = std::fs::read(path)
            .map_err(|error| format!("the configuration {name} cannot be read: {error}"))?;
        let config: Value = serde_json::from_slice(&bytes)
            .map_err(|error| format!("{name}:{}:{}: {error}", error.line(), error.column()))?;
        let Some(sources) = config.get("sources").and_then(Value::as_array) else {
            return Err(format!("{name}: \"sources\" is missing or no list"));
        };
        let mut origins = Vec::new();
        for (index, source) in sources.iter().enumerate() {
            let Some(source) = source.as_object() else {
                return Err(format!("{name}: source {} is no object", index + 1));
            };
            let kind = source.get("kind").and_then(Value::as_str);
            let Some(url) = source.get("url").and_then(Value::as_str) else {
                return Err(format!("{name}: source {} has no \"url\"", index + 1));
            };
            for origin in origins_of(url, kind)
                .map_err(|why| format!("{name}: source {}: url {url:?} {why}", index + 1))?
            {
                if !origins.contains(&origin) {
                    origins.push(origin);
                }
            }
        }
        Ok(Config { bytes, origins })
    }
}

/// The origins behind a URL; none for one that is relative to the page.
fn origins_of(url: &str, kind: Option<&str>) -> Result<Vec<String>, &'static str> {
    let lower = url.trim().to_ascii_lowercase();
    let Some((scheme, rest)) = lower.split_once("://") else {
        let has_scheme = lower
            .split(['/', '?', '#'])
            .next()
            .is_some_and(|head| head.contains(':'));
        return match lower.starts_with("//") || lower.starts_with('\\') || has_scheme {
            true => Err("is neither http(s) nor relative"),
            false => Ok(Vec::new()),
        };
    };
    if !matches!(scheme, "http" | "https") {
        return Err("is neither http(s) nor relative");
    }
    let host = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    // The text goes into a header: nothing may end a source expression, and names and passwords have no place in it.
    if host.is_empty()
        || !host.bytes().all(|byte| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b':' | b'[' | b']')
        })
    {
        return Err("has no plain host name");
    }
    let mut origins = vec![format!("{scheme}://{host}")];
    if kind == Some("dagster") {
        // Its news come by websocket, which a policy counts as another scheme.
        origins.push(format!(
            "{}://{host}",
            if scheme == "https" { "wss" } else { "ws" }
        ));
    }
    Ok(origins)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_are_offered_only_where_they_are_allowed() {
        let of = |actions| {
            let foreign = vec![source("dag", "dagster", "./proxy/dag/", actions)];
            let config = Config::generated(&["local".into()], foreign, actions);
            let config: Value = serde_json::from_slice(&config.bytes).unwrap();
            [0, 1].map(|at| config["sources"][at]["actions"].clone())
        };
        assert_eq!(of(true), [Value::Bool(true), Value::Bool(true)]);
        assert_eq!(of(false), [Value::Null, Value::Null]);
    }

    #[test]
    fn only_plain_origins_reach_the_policy() {
        assert_eq!(
            origins_of("https://Example.org:8443/api?x=1", None),
            Ok(vec!["https://example.org:8443".into()])
        );
        assert_eq!(
            origins_of("http://d:3000/graphql", Some("dagster")),
            Ok(vec!["http://d:3000".into(), "ws://d:3000".into()])
        );
        for relative in ["./api/v1/local/", "api", "/a/b", "x?y=http:1", ""] {
            assert_eq!(origins_of(relative, None), Ok(Vec::new()), "{relative}");
        }
        for bad in [
            "javascript:alert(1)",
            "//evil",
            "ftp://x",
            "https://a b",
            "https://x;script-src",
            "https://u:p@x",
            "http://",
            "https://'self'",
        ] {
            assert!(origins_of(bad, None).is_err(), "{bad}");
        }
    }
}
