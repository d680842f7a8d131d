//! What this browser's user chose, kept in storage as versioned JSON. Bad or missing storage gives the defaults.

use crate::state::reactive::RwSignal;
use runboard_core::store::export::Column;
use runboard_core::store::json::JsonText;
use serde_json::Value;

use crate::browser::{page, storage};

/// Also read by public/early.js before the first paint.
const KEY: &str = "runboard.prefs";

/// Light, dark, or as the system says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    #[default]
    System,
    Light,
    Dark,
}

impl Theme {
    pub fn next(self) -> Theme {
        match self {
            Theme::System => Theme::Light,
            Theme::Light => Theme::Dark,
            Theme::Dark => Theme::System,
        }
    }

    /// An unknown word gives the default.
    fn from_word(word: &str) -> Theme {
        [Theme::Light, Theme::Dark]
            .into_iter()
            .find(|theme| theme.word() == word)
            .unwrap_or_default()
    }

    pub fn word(self) -> &'static str {
        match self {
            Theme::System => "system",
            Theme::Light => "light",
            Theme::Dark => "dark",
        }
    }
}

/// The choices as signals; each change is stored.
#[derive(Clone, Copy)]
pub struct Prefs {
    pub theme: RwSignal<Theme>,
    /// The columns of the list that were chosen; `None`: the usual ones.
    pub columns: RwSignal<Option<Vec<Column>>>,
}

impl Prefs {
    pub fn load() -> Prefs {
        let stored: Value = storage::read(KEY)
            .and_then(|text| serde_json::from_slice(text.as_bytes()).ok())
            .unwrap_or_default();
        let theme = stored.get("theme").and_then(Value::as_str);
        let columns = stored.get("columns").and_then(Value::as_array);
        let columns = columns.map(|words| {
            let known = |word: &Value| Column::from_word(word.as_str()?);
            words.iter().filter_map(known).collect()
        });
        Prefs {
            theme: RwSignal::new(theme.map(Theme::from_word).unwrap_or_default()),
            columns: RwSignal::new(columns),
        }
    }

    pub fn set_theme(self, theme: Theme) {
        self.theme.set(theme);
        page::set_theme((theme != Theme::System).then(|| theme.word()));
        self.store();
    }

    pub fn set_columns(self, columns: Option<Vec<Column>>) {
        self.columns.set(columns);
        self.store();
    }

    fn store(self) {
        let mut text = JsonText::new();
        text.open('{').key("version").number(1);
        text.text_field("theme", Some(self.theme.get_untracked().word()));
        self.columns.with_untracked(|columns| {
            if let Some(columns) = columns {
                text.key("columns").open('[');
                for column in columns {
                    text.text(column.word());
                }
                text.close(']');
            }
        });
        text.close('}');
        // Refused storage costs only the memory of the choice.
        storage::write(KEY, text.as_str());
    }
}
