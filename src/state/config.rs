//! `config.json` beside index.html: which sources there are. Read leniently; what is wrong is named by field.

use runboard_core::net::{Request, Transport};
use serde::Deserialize;

/// A source as configured.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct SourceConfig {
    pub id: String,
    pub name: String,
    pub kind: String,
    pub url: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Wire {
    title: Option<String>,
    sources: Vec<serde_json::Value>,
}

/// What the app was told to show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    pub title: Option<String>,
    pub sources: Vec<SourceConfig>,
    /// What could not be used, for people.
    pub problems: Vec<String>,
    /// No config.json, and nothing answers at `./api/v1/`.
    pub is_missing: bool,
}

/// The largest config.json that is read.
const MAX: usize = 4 << 20;

/// Reads config.json; without one, the Runs API beside the page if there is one.
///
/// # Errors
/// In words: config.json cannot be reached, or is no JSON (with line and column).
pub async fn load(transport: &dyn Transport) -> Result<Config, String> {
    let answer = transport
        .send(Request::get("./config.json"), MAX)
        .await
        .map_err(|error| format!("config.json beside this page: {error}"))?;
    let is_html = answer.head.content_type.starts_with("text/html");
    match answer.head.status {
        200 if !is_html => parse(&answer.body),
        200 | 404 => Ok(beside_the_page(transport).await),
        status => Err(format!("config.json beside this page: HTTP {status}")),
    }
}

fn parse(bytes: &[u8]) -> Result<Config, String> {
    let wire: Wire = serde_json::from_slice(bytes).map_err(|error| {
        format!(
            "config.json, line {}, column {}: {error}",
            error.line(),
            error.column()
        )
    })?;
    let mut config = Config {
        title: wire.title,
        ..Config::default()
    };
    for (index, value) in wire.sources.into_iter().enumerate() {
        match serde_json::from_value::<SourceConfig>(value) {
            Ok(source) if source.id.is_empty() || source.url.is_empty() => {
                config.problems.push(format!(
                    "config.json, sources[{index}]: needs an id and a url"
                ));
            }
            Ok(source) if config.sources.iter().any(|other| other.id == source.id) => {
                config.problems.push(format!(
                    "config.json, sources[{index}].id: {:?} is there twice",
                    source.id
                ));
            }
            Ok(mut source) => {
                if source.name.is_empty() {
                    source.name.clone_from(&source.id);
                }
                if source.kind.is_empty() {
                    source.kind = "runs-api".into();
                }
                config.sources.push(source);
            }
            Err(error) => config
                .problems
                .push(format!("config.json, sources[{index}]: {error}")),
        }
    }
    Ok(config)
}

async fn beside_the_page(transport: &dyn Transport) -> Config {
    let answer = transport
        .send(
            Request::get("./api/v1/info").header("Accept", "application/json"),
            MAX,
        )
        .await;
    let is_there = answer.is_ok_and(|answer| {
        answer.head.status == 200 && answer.head.content_type.starts_with("application/json")
    });
    if !is_there {
        return Config {
            is_missing: true,
            ..Config::default()
        };
    }
    let source = SourceConfig {
        id: "local".into(),
        name: "local".into(),
        kind: "runs-api".into(),
        url: "./api/v1/".into(),
    };
    Config {
        sources: vec![source],
        ..Config::default()
    }
}
