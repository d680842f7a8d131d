//! `--flyte NAME=URL?org=&project=&domain=`: a proxied server, and what the app's source of it is told to show.

use serde_json::{Value, json};

use super::upstream::{Target, named};
use crate::serve::config::source;

#[derive(Clone, Debug)]
pub(crate) struct FlyteServer {
    pub(crate) name: String,
    pub(crate) target: Target,
    /// `org`, `project` and `domain`, as far as they were given.
    scope: Vec<(&'static str, String)>,
}

const KEYS: [&str; 3] = ["org", "project", "domain"];

/// Reads the option.
pub(crate) fn flyte(text: &str) -> Result<FlyteServer, String> {
    let (place, query) = text.split_once('?').unwrap_or((text, ""));
    let (name, target) = named(place)?;
    let mut scope: Vec<(&'static str, String)> = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let key = KEYS.into_iter().find(|known| *known == key);
        let key =
            key.ok_or_else(|| format!("{pair}: behind the ? stand org=, project= and domain="))?;
        let is_plain =
            |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        if value.len() > 63 || !value.bytes().all(is_plain) {
            return Err(format!(
                "{pair}: it takes at most 63 letters, digits, '-', '_' and '.'"
            ));
        }
        if scope.iter().any(|(known, _)| *known == key) {
            return Err(format!("{key}= stands there twice"));
        }
        if !value.is_empty() {
            scope.push((key, value.into()));
        }
    }
    let has = |wanted: &str| scope.iter().any(|(key, _)| *key == wanted);
    if has("project") != has("domain") {
        return Err(
            "project= and domain= belong together: both for one project, none for all".into(),
        );
    }
    Ok(FlyteServer {
        name,
        target,
        scope,
    })
}

impl FlyteServer {
    /// The source in the generated config.json.
    pub(crate) fn source(&self, actions: bool) -> Value {
        let name = &self.name;
        let mut source = source(name, "flyte", &format!("./proxy/{name}/"), actions);
        if let Some(object) = source.as_object_mut() {
            let scope = self.scope.iter();
            object.extend(scope.map(|(key, value)| (key.to_string(), json!(value))));
        }
        source
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_behind_the_address() {
        let read = |text: &str| flyte(text).map(|server| server.source(true));
        assert_eq!(
            read("f=http://h:8090/v?org=acme&project=p&domain=d").unwrap(),
            json!({"id": "f", "name": "f", "kind": "flyte", "url": "./proxy/f/", "org": "acme", "project": "p", "domain": "d", "actions": true})
        );
        assert_eq!(
            flyte("f=http://h?project=&domain=").unwrap().source(false),
            json!({"id": "f", "name": "f", "kind": "flyte", "url": "./proxy/f/"})
        );
        for (text, words) in [
            ("f=http://h?project=p", "belong together"),
            ("f=http://h?orgs=p", "stand org="),
            ("f=http://h?org=a&org=b", "twice"),
            ("f=http://h?org=a%20b", "letters"),
            ("f=ftp://h?org=a", "http(s)://"),
            ("http://h", "NAME=URL"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(words), "{text}: {error}");
        }
    }
}
