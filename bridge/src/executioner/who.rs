//! Who runs the bridge.

/// A name, where one is to be had; else the user's number.
pub(super) fn user() -> Option<String> {
    let of = |name: &&str| std::env::var(name).ok().filter(|name| !name.is_empty());
    let named = ["USER", "LOGNAME"].iter().find_map(of);
    // Services and containers have no such variables.
    #[cfg(unix)]
    let named = named.or_else(|| {
        let uid = rustix::process::getuid().as_raw();
        let accounts = std::fs::read("/etc/passwd").unwrap_or_default();
        let name = account(&String::from_utf8_lossy(&accounts), uid);
        name.or_else(|| Some(format!("uid {uid}")))
    });
    named
}

/// `name:password:uid:...`, one a line.
#[cfg(unix)]
fn account(accounts: &str, uid: u32) -> Option<String> {
    let mut names = accounts.lines().filter_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next().filter(|name| !name.is_empty())?;
        let own: u32 = fields.nth(1)?.parse().ok()?;
        (own == uid).then(|| name.to_string())
    });
    names.next()
}

#[cfg(all(test, unix))]
mod tests {
    use super::account;

    #[test]
    fn a_user_without_variables_has_the_name_of_the_account() {
        let accounts = "root:x:0:0:root:/:/bin/sh\n\n# none\n:x:7::\nada:x:1000:1000::/:/bin/sh\n";
        assert_eq!(account(accounts, 0).as_deref(), Some("root"));
        assert_eq!(account(accounts, 1000).as_deref(), Some("ada"));
        assert_eq!(account(accounts, 7), None);
        assert_eq!(account("", 0), None);
    }
}
