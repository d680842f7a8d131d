//! Small settings in localStorage. Blocked, full or poisoned storage is the same as none: the app works from memory.

/// The text stored under `key`.
pub fn read(key: &str) -> Option<String> {
    web_sys::window()?
        .local_storage()
        .ok()??
        .get_item(key)
        .ok()?
}

/// Stores `value` under `key`; `false` when the browser refuses.
pub fn write(key: &str, value: &str) -> bool {
    let storage = web_sys::window().and_then(|window| window.local_storage().ok().flatten());
    storage.is_some_and(|storage| storage.set_item(key, value).is_ok())
}

/// The text stored under `key` for this tab.
pub fn read_session(key: &str) -> Option<String> {
    web_sys::window()?
        .session_storage()
        .ok()??
        .get_item(key)
        .ok()?
}

/// Stores `value` under `key` for this tab; `false` when the browser refuses.
pub fn write_session(key: &str, value: &str) -> bool {
    let storage = web_sys::window().and_then(|window| window.session_storage().ok().flatten());
    storage.is_some_and(|storage| storage.set_item(key, value).is_ok())
}
