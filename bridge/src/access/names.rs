//! The names under which browsers know this bridge: itself on this machine, its address in the network, and what stands before it.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use super::public_url::{PublicUrl, is_this_machine};

/// All names together.
#[derive(Clone, Debug)]
pub(crate) struct Names {
    listen: SocketAddr,
    public: Vec<PublicUrl>,
}

impl Names {
    pub(crate) fn new(listen: SocketAddr, public: Vec<PublicUrl>) -> Names {
        Names { listen, public }
    }

    /// The address that it became, where the system chose the port.
    pub(crate) fn listening_on(&mut self, address: SocketAddr) {
        self.listen = address;
    }

    pub(crate) fn port(&self) -> u16 {
        self.listen.port()
    }

    /// Whether `Host` names this bridge.
    pub(crate) fn is_host(&self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        self.is_own(&host) || self.public.iter().any(|url| url.is_host(&host))
    }

    /// Whether pages of an origin are ours, asked under the name `host`.
    pub(crate) fn is_origin(&self, origin: &str, host: &str) -> bool {
        let (origin, host) = (origin.to_ascii_lowercase(), host.to_ascii_lowercase());
        let own = self.is_own(&host) && origin.strip_prefix("http://") == Some(&host);
        // A reverse proxy need not hand on the name that the browser used.
        own || self.public.iter().any(|url| url.origin() == origin)
    }

    /// Whether the browser that asks reads its pages by https.
    pub(crate) fn is_https(&self, origin: Option<&str>, host: &str) -> bool {
        let mut https = self.public.iter().filter(|url| url.https);
        match origin {
            Some(origin) => https.any(|url| url.origin().eq_ignore_ascii_case(origin)),
            None => {
                let host = host.to_ascii_lowercase();
                https.any(|url| url.is_host(&host)) && !self.is_own(&host)
            }
        }
    }

    /// The path below the prefix, for a reverse proxy that hands on whole paths.
    pub(crate) fn below<'a>(&self, path: &'a str) -> &'a str {
        let below = |url: &PublicUrl| {
            let rest = path.strip_prefix(url.prefix.as_str())?;
            rest.starts_with('/').then_some(rest)
        };
        let prefixed = self.public.iter().filter(|url| !url.prefix.is_empty());
        prefixed
            .filter_map(below)
            .min_by_key(|rest| rest.len())
            .unwrap_or(path)
    }

    /// Whether the path is a prefix without its slash: relative links of a page there would lead elsewhere.
    pub(crate) fn is_bare(&self, path: &str) -> bool {
        !path.is_empty() && self.public.iter().any(|url| url.prefix == path)
    }

    /// This machine's names for itself, and its addresses where others may ask. Addresses cannot be made to lead elsewhere, as names can.
    fn is_own(&self, host: &str) -> bool {
        let (name, given) = match host.rsplit_once(':') {
            Some((name, digits)) if !host.ends_with(']') => match digits.parse::<u16>() {
                Ok(given) if digits.bytes().all(|byte| byte.is_ascii_digit()) => (name, given),
                _ => return false,
            },
            _ => (host, 80),
        };
        if given != self.port() {
            return false;
        }
        if is_this_machine(name) {
            return true;
        }
        let bare = name
            .strip_prefix('[')
            .and_then(|name| name.strip_suffix(']'));
        let address = match bare {
            Some(bare) => bare.parse().map(IpAddr::V6),
            None => name.parse().map(IpAddr::V4),
        };
        let ours = self.listen.ip();
        address.is_ok_and(|address| address == ours || ours.is_unspecified())
    }
}

impl fmt::Display for Names {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let port = self.port();
        if !self.listen.ip().is_loopback() && !self.listen.ip().is_unspecified() {
            write!(out, "{}, ", self.listen)?;
        }
        for url in &self.public {
            write!(out, "{}, ", url.host)?;
        }
        write!(out, "localhost:{port} and 127.0.0.1:{port}")
    }
}

#[cfg(test)]
mod tests {
    use super::super::public_url::public_url;
    use super::*;

    fn names(listen: &str, public: &[&str]) -> Names {
        let public = public.iter().map(|url| public_url(url).unwrap()).collect();
        Names::new(listen.parse().unwrap(), public)
    }

    #[test]
    fn only_our_own_names_with_our_own_port_count() {
        let own = names("127.0.0.1:8080", &[]);
        for (host, ours) in [
            ("127.0.0.1:8080", true),
            ("localhost:8080", true),
            ("LOCALHOST:8080", true),
            ("[::1]:8080", true),
            ("localhost", false),
            ("localhost:80", false),
            ("127.0.0.1:8081", false),
            ("127.0.0.1.evil.example:8080", false),
            ("evil.example:8080", false),
            ("localhost.:8080", false),
            ("192.168.1.5:8080", false),
            ("[::1]", false),
            ("localhost:+8080", false),
            ("", false),
            (":8080", false),
        ] {
            assert_eq!(own.is_host(host), ours, "{host}");
        }
        let plain = names("127.0.0.1:80", &[]);
        assert!(plain.is_host("localhost") && plain.is_host("[::1]"));
    }

    #[test]
    fn beyond_this_machine_addresses_count_and_names_only_when_they_were_given() {
        let one = names(
            "192.168.1.5:8080",
            &["https://Dash.example/runs/", "http://wall.example:81"],
        );
        for (host, ours) in [
            ("192.168.1.5:8080", true),
            ("192.168.1.6:8080", false),
            ("dash.example", true),
            ("DASH.example:443", true),
            ("dash.example:80", false),
            ("wall.example:81", true),
            ("wall.example", false),
            ("dash.example.evil.example", false),
        ] {
            assert_eq!(one.is_host(host), ours, "{host}");
        }
        let all = names("[::]:8080", &[]);
        assert!(all.is_host("10.0.0.7:8080") && all.is_host("[2001:db8::1]:8080"));
        assert!(
            !all.is_host("10.0.0.7")
                && !all.is_host("server:8080")
                && !all.is_host("2001:db8::1:8080")
        );
    }

    #[test]
    fn an_origin_is_ours_under_the_name_that_was_asked() {
        let names = names("127.0.0.1:8080", &["https://dash.example/runs"]);
        for (origin, host, ours) in [
            ("http://localhost:8080", "localhost:8080", true),
            ("http://localhost:8080", "127.0.0.1:8080", false),
            ("https://localhost:8080", "localhost:8080", false),
            ("https://dash.example", "dash.example", true),
            ("https://dash.example", "127.0.0.1:8080", true),
            ("http://dash.example", "dash.example", false),
            ("https://dash.example:444", "dash.example", false),
            ("null", "localhost:8080", false),
        ] {
            assert_eq!(names.is_origin(origin, host), ours, "{origin} {host}");
        }
        assert!(names.is_https(Some("https://dash.example"), "localhost:8080"));
        assert!(names.is_https(None, "dash.example") && !names.is_https(None, "localhost:8080"));
    }

    #[test]
    fn prefixes_are_taken_off_whole() {
        let names = names(
            "127.0.0.1:8080",
            &["https://x/a", "https://x/a/b", "https://y"],
        );
        for (path, rest) in [
            ("/a/", "/"),
            ("/a/api/v1/info", "/api/v1/info"),
            ("/a/b/api", "/api"),
            ("/ab/api", "/ab/api"),
            ("/a", "/a"),
            ("/api/v1", "/api/v1"),
        ] {
            assert_eq!(names.below(path), rest, "{path}");
        }
        assert!(
            names.is_bare("/a")
                && !names.is_bare("/a/")
                && !names.is_bare("")
                && !names.is_bare("/")
        );
    }
}
