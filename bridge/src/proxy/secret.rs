//! Headers with secrets from files, for a server that asks who we are.

use std::fmt;
use std::io::Read;
use std::path::PathBuf;

use axum::http::{HeaderName, HeaderValue};

use super::upstream::check_name;

/// More than any credential needs, and than servers take.
const LIMIT: u64 = 16 * 1024;
/// What belongs to a connection or a body, not to a secret.
const NOT: [&str; 12] = [
    "connection",
    "content-length",
    "content-type",
    "expect",
    "host",
    "keep-alive",
    "origin",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "proxy-connection",
];

/// A header whose value stands in a file. The file is read for each request, so a new secret counts at once.
#[derive(Clone)]
pub(crate) struct SecretHeader {
    pub(crate) header: HeaderName,
    file: PathBuf,
}

impl fmt::Debug for SecretHeader {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}", self.header, self.file.display())
    }
}

/// Reads `--upstream-header`.
pub(crate) fn named(text: &str) -> Result<(String, SecretHeader), String> {
    let form = "it takes NAME=HEADER:FILE";
    let (name, rest) = text.split_once('=').ok_or(form)?;
    let (header, file) = rest
        .split_once(':')
        .filter(|(_, file)| !file.is_empty())
        .ok_or(form)?;
    check_name(name)?;
    let header: HeaderName = header
        .parse()
        .map_err(|_| format!("{header:?} is no name of a header"))?;
    if NOT.contains(&header.as_str()) || header.as_str().starts_with("sec-") {
        return Err(format!("the header {header} is the connection's own"));
    }
    Ok((
        name.into(),
        SecretHeader {
            header,
            file: file.into(),
        },
    ))
}

impl SecretHeader {
    /// # Errors
    /// One line for the operator, which names the file.
    pub(crate) fn check(&self) -> Result<(), String> {
        self.value().map(drop)
    }

    /// The value as it stands in the file now.
    ///
    /// # Errors
    /// What is wrong with the file. It names the file but nothing of what is in it, and is not for browsers.
    pub(crate) fn value(&self) -> Result<HeaderValue, String> {
        let name = format!(
            "the file {} for the header {}",
            self.file.display(),
            self.header
        );
        let file = std::fs::File::open(&self.file)
            .map_err(|error| format!("{name} cannot be read: {error}"))?;
        let mut bytes = Vec::new();
        file.take(LIMIT + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| format!("{name} cannot be read: {error}"))?;
        if bytes.len() as u64 > LIMIT {
            return Err(format!("{name} holds more than {LIMIT} bytes"));
        }
        // An editor's last line end is no part of the secret; any other would begin a header of its own.
        let line = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            return Err(format!("{name} is empty"));
        }
        if line.iter().any(u8::is_ascii_control) {
            return Err(format!(
                "{name} must hold one line without control characters"
            ));
        }
        let mut value = HeaderValue::from_bytes(line)
            .map_err(|_| format!("{name} holds no value of a header"))?;
        value.set_sensitive(true);
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_one_line() {
        let path = std::env::temp_dir().join(format!("runboard-secret-{}", std::process::id()));
        let (_, secret) = named(&format!("d=Authorization:{}", path.display())).unwrap();
        for (text, good) in [
            ("Bearer x", true),
            ("Bearer x\n", true),
            ("Bearer x\r\n", true),
            ("Bearer x\n\n", false),
            ("Bearer x\r\nX-Evil: 1", false),
            ("Bearer\nx", false),
            ("Bearer\0x", false),
            ("\n", false),
            ("", false),
        ] {
            std::fs::write(&path, text).unwrap();
            let value = secret.value();
            assert_eq!(value.is_ok(), good, "{text:?}");
            match value {
                Ok(value) => assert!(value.is_sensitive() && value == "Bearer x"),
                Err(why) => assert!(!why.contains("Bearer") && !why.contains("Evil"), "{why}"),
            }
        }
        std::fs::remove_file(&path).unwrap();
        assert!(secret.value().is_err());
    }

    #[test]
    fn only_headers_that_carry_a_secret_are_taken() {
        for bad in [
            "d=Host:f",
            "d=Transfer-Encoding:f",
            "d=Sec-WebSocket-Key:f",
            "d=A B:f",
            "d=A\r\nB:f",
            "d=Authorization:",
            "d=:f",
            "d",
            "=A:f",
        ] {
            assert!(named(bad).is_err(), "{bad}");
        }
        assert!(named("d=X-Api-Key:/a:b").is_ok());
    }
}
