//! `config.json` beside index.html: which sources there are. Read leniently; what is wrong is named by field.

use runboard_core::backend::registry::Settings;
use runboard_core::model::time::parse_offset;
use runboard_core::net::{Request, Transport};
use serde_json::Value;

/// A source as configured.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceConfig {
    pub id: String,
    pub name: String,
    pub kind: String,
    pub url: String,
    /// Changes of its runs may be asked for from here, where the source allows them too.
    pub actions: bool,
    /// What only some kinds know.
    pub settings: Settings,
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

/// Why there is no configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadError {
    /// In words.
    pub words: String,
    /// The server wants to know who asks.
    pub is_signed_out: bool,
}

impl From<String> for LoadError {
    fn from(words: String) -> LoadError {
        LoadError {
            words,
            is_signed_out: false,
        }
    }
}

/// The largest config.json that is read.
const MAX: usize = 4 << 20;

/// Reads config.json; without one, the Runs API beside the page if there is one.
///
/// # Errors
/// config.json cannot be reached, or is no JSON (with line and column), or is for those only who have signed in.
pub async fn load(transport: &dyn Transport) -> Result<Config, LoadError> {
    let answer = transport
        .send(Request::get("./config.json"), MAX)
        .await
        .map_err(|error| format!("config.json beside this page: {error}"))?;
    let is_html = answer.head.content_type.starts_with("text/html");
    match answer.head.status {
        200 if !is_html => Ok(parse(&answer.body)?),
        200 | 404 => beside_the_page(transport).await,
        401 => Err(signed_out()),
        status => Err(format!("config.json beside this page: HTTP {status}").into()),
    }
}

fn signed_out() -> LoadError {
    LoadError {
        words: "signed out: this server wants to know who asks".into(),
        is_signed_out: true,
    }
}

fn parse(bytes: &[u8]) -> Result<Config, String> {
    let value: Value = serde_json::from_slice(bytes).map_err(|error| {
        format!(
            "config.json, line {}, column {}: {error}",
            error.line(),
            error.column()
        )
    })?;
    if !value.is_object() {
        return Err("config.json: it must be an object with a list \"sources\"".into());
    }
    let mut config = Config::default();
    let title = text(&value, "title", "", &mut config.problems);
    config.title = (!title.is_empty()).then_some(title);
    let sources = match value.get("sources") {
        Some(Value::Array(sources)) => sources.as_slice(),
        None | Some(Value::Null) => &[],
        Some(_) => {
            config
                .problems
                .push("config.json, sources: must be a list".into());
            &[]
        }
    };
    for (index, value) in sources.iter().enumerate() {
        let at = format!("sources[{index}]");
        let mut field = |name| text(value, name, &at, &mut config.problems);
        let mut source = SourceConfig {
            id: field("id"),
            name: field("name"),
            kind: field("kind"),
            url: field("url"),
            ..SourceConfig::default()
        };
        let scope = &mut source.settings.scope;
        for (name, into) in [
            ("org", &mut scope.org),
            ("project", &mut scope.project),
            ("domain", &mut scope.domain),
        ] {
            *into = field(name);
        }
        let zone = field("zone");
        match parse_offset(&zone) {
            Some(offset) => source.settings.offset_minutes = offset,
            None => config.problems.push(
                [
                    "config.json, ",
                    &at,
                    ".zone: must be \"Z\" or an offset like \"+02:00\", and is \"",
                    &zone,
                    "\"",
                ]
                .concat(),
            ),
        }
        match value.get("actions") {
            None | Some(Value::Null) => {}
            Some(Value::Bool(actions)) => source.actions = *actions,
            Some(_) => config
                .problems
                .push(format!("config.json, {at}.actions: must be true or false")),
        }
        if source.id.is_empty() || source.url.is_empty() {
            config
                .problems
                .push(format!("config.json, {at}: needs an id and a url"));
        } else if config.sources.iter().any(|other| other.id == source.id) {
            config.problems.push(format!(
                "config.json, {at}.id: {:?} is there twice",
                source.id
            ));
        } else {
            if source.name.is_empty() {
                source.name.clone_from(&source.id);
            }
            if source.kind.is_empty() {
                source.kind = "runs-api".into();
            }
            config.sources.push(source);
        }
    }
    Ok(config)
}

/// A field that is a text or absent; anything else is named among the problems.
fn text(value: &Value, name: &str, at: &str, problems: &mut Vec<String>) -> String {
    match value.get(name) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(_) => {
            let dot = if at.is_empty() { "" } else { "." };
            problems.push(format!("config.json, {at}{dot}{name}: must be a text"));
            String::new()
        }
    }
}

async fn beside_the_page(transport: &dyn Transport) -> Result<Config, LoadError> {
    let answer = transport
        .send(
            Request::get("./api/v1/info").header("Accept", "application/json"),
            MAX,
        )
        .await;
    if matches!(&answer, Ok(answer) if answer.head.status == 401) {
        return Err(signed_out());
    }
    let is_there = answer.is_ok_and(|answer| {
        answer.head.status == 200 && answer.head.content_type.starts_with("application/json")
    });
    if !is_there {
        return Ok(Config {
            is_missing: true,
            ..Config::default()
        });
    }
    let source = SourceConfig {
        id: "local".into(),
        name: "local".into(),
        kind: "runs-api".into(),
        url: "./api/v1/".into(),
        ..SourceConfig::default()
    };
    Ok(Config {
        sources: vec![source],
        ..Config::default()
    })
}
