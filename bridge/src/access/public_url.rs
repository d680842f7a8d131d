//! `--public-url`: where users see this bridge, when something stands before it.

use std::fmt;

use axum::http::Uri;

/// An address that a reverse proxy shows to users.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PublicUrl {
    pub(crate) https: bool,
    /// Lower case, and without the scheme's own port.
    pub(crate) host: String,
    /// Empty, or `/a/b`.
    pub(crate) prefix: String,
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}{}/", self.origin(), self.prefix)
    }
}

impl PublicUrl {
    pub(crate) fn origin(&self) -> String {
        format!(
            "{}://{}",
            if self.https { "https" } else { "http" },
            self.host
        )
    }

    pub(crate) fn is_loopback(&self) -> bool {
        let name = self
            .host
            .rsplit_once(':')
            .filter(|_| !self.host.ends_with(']'));
        is_this_machine(name.map_or(self.host.as_str(), |(name, _)| name))
    }

    pub(crate) fn is_host(&self, host: &str) -> bool {
        let rest = host.strip_prefix(self.host.as_str());
        rest == Some("") || rest == Some(if self.https { ":443" } else { ":80" })
    }
}

/// Reads `--public-url`.
pub(crate) fn public_url(text: &str) -> Result<PublicUrl, String> {
    let form = "it takes http(s)://HOST[:PORT][/PREFIX]";
    let url: Uri = text.parse().map_err(|_| form)?;
    let https = match url.scheme_str() {
        Some("https") => true,
        Some("http") => false,
        _ => return Err(form.into()),
    };
    let authority = url.authority().ok_or(form)?.as_str().to_ascii_lowercase();
    let own = if https { ":443" } else { ":80" };
    let host = authority.strip_suffix(own).unwrap_or(&authority);
    let odd = |byte: u8| !(byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte));
    if host.bytes().any(odd)
        || host.starts_with(':')
        || host.is_empty()
        || url.query().is_some()
        || text.contains('#')
    {
        return Err(form.into());
    }
    let prefix = url.path().trim_end_matches('/');
    let mut parts = prefix.split('/').skip(1);
    if parts
        .clone()
        .any(|part| part.is_empty() || part.starts_with('.') || part.contains('%'))
    {
        return Err("its path takes plain names between single slashes".into());
    }
    if let Some(first @ ("api" | "proxy")) = parts.next() {
        return Err(format!(
            "a path that begins with /{first} would hide the bridge's own"
        ));
    }
    Ok(PublicUrl {
        https,
        host: host.into(),
        prefix: prefix.into(),
    })
}

/// Names that every machine has for itself.
pub(crate) fn is_this_machine(name: &str) -> bool {
    matches!(name, "localhost" | "127.0.0.1" | "[::1]")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_urls_are_plain() {
        for bad in [
            "dash.example",
            "ftp://x",
            "https://",
            "https://u:p@x",
            "https://x?y",
            "https://x/#y",
            "https://x/a//b",
            "https://x/../b",
            "https://x/%61",
            "https://x/api",
            "https://x/proxy/a",
            "//x",
            "https://x y",
            "",
        ] {
            assert!(public_url(bad).is_err(), "{bad}");
        }
        assert_eq!(
            public_url("HTTPS://X:443/a/").unwrap().to_string(),
            "https://x/a/"
        );
    }
}
