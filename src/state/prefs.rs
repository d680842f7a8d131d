//! What this browser's user chose, kept in storage as versioned JSON. Bad or missing storage gives the defaults.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::browser::{page, storage};

/// Also read by public/early.js before the first paint.
const KEY: &str = "runboard.prefs";

/// Light, dark, or as the system says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
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

    pub fn word(self) -> &'static str {
        match self {
            Theme::System => "system",
            Theme::Light => "light",
            Theme::Dark => "dark",
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Stored {
    version: u32,
    theme: Theme,
}

/// The choices as signals; each change is stored.
#[derive(Clone, Copy)]
pub struct Prefs {
    pub theme: RwSignal<Theme>,
}

impl Prefs {
    pub fn load() -> Prefs {
        let stored: Stored = storage::read(KEY)
            .and_then(|text| serde_json::from_str(&text).ok())
            .unwrap_or_default();
        Prefs {
            theme: RwSignal::new(stored.theme),
        }
    }

    pub fn set_theme(self, theme: Theme) {
        self.theme.set(theme);
        page::set_theme((theme != Theme::System).then(|| theme.word()));
        if let Ok(text) = serde_json::to_string(&Stored { version: 1, theme }) {
            // Refused storage costs only the memory of the choice.
            storage::write(KEY, &text);
        }
    }
}
