//! The token: read from a file that is not everybody's, compared in constant time.

use std::fmt;
use std::io::Read;
use std::path::Path;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

const LENGTH: std::ops::RangeInclusive<usize> = 16..=1024;

#[derive(Clone)]
pub(crate) struct Token(Vec<u8>);

impl fmt::Debug for Token {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Token")
    }
}

impl Token {
    /// # Errors
    /// One line that names the file and what is wrong with it; never what is in it.
    pub(crate) fn read(path: &Path) -> Result<Token, String> {
        let name = format!("the token file {}", path.display());
        let unread = |error| format!("{name} cannot be read: {error}");
        let file = std::fs::File::open(path).map_err(unread)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = file.metadata().map_err(unread)?.permissions().mode();
            if mode & 0o007 != 0 {
                return Err(format!(
                    "{name} is open to every user of this machine: `chmod o= {}` closes it",
                    path.display()
                ));
            }
        }
        let mut bytes = Vec::new();
        let limit = *LENGTH.end() as u64 + 3;
        file.take(limit).read_to_end(&mut bytes).map_err(unread)?;
        let token = bytes.trim_ascii();
        if !LENGTH.contains(&token.len()) {
            return Err(format!(
                "{name} must hold {} to {} characters: `openssl rand -hex 32` makes a good token",
                LENGTH.start(),
                LENGTH.end()
            ));
        }
        if !token.iter().all(u8::is_ascii_graphic) {
            return Err(format!(
                "{name} must hold one word of ASCII letters, digits and signs"
            ));
        }
        Ok(Token(token.to_vec()))
    }

    /// Whether it is this one. Takes as long for every wrong one of the same length.
    pub(crate) fn is(&self, given: &[u8]) -> bool {
        let ours = self.keyed(b"compare", &self.0).finalize();
        self.keyed(b"compare", given)
            .verify(&ours.into_bytes())
            .is_ok()
    }

    /// A hash that only who has the token can make; `purpose` keeps one use apart from another.
    pub(crate) fn keyed(&self, purpose: &[u8], text: &[u8]) -> Hmac<Sha256> {
        // Keys of any length are taken, so there is always a hash.
        let mut mac = Hmac::<Sha256>::new(&hmac_key(&self.0));
        mac.update(purpose);
        mac.update(&[0]);
        mac.update(text);
        mac
    }
}

/// The token as a key of one block.
fn hmac_key(token: &[u8]) -> hmac::digest::Key<Hmac<Sha256>> {
    use sha2::Digest;
    let mut key = hmac::digest::Key::<Hmac<Sha256>>::default();
    let hash = Sha256::digest(token);
    for (slot, byte) in key.iter_mut().zip(hash) {
        *slot = byte;
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_very_token_is_the_token() {
        let token = Token(b"0123456789abcdef".to_vec());
        assert!(token.is(b"0123456789abcdef"));
        for wrong in [
            "",
            "0123456789abcde",
            "0123456789abcdef0",
            "0123456789abcdeF",
        ] {
            assert!(!token.is(wrong.as_bytes()), "{wrong}");
        }
        assert_eq!(format!("{token:?}"), "Token");
    }

    #[test]
    fn hashes_of_another_purpose_or_token_are_others() {
        let hash = |token: &[u8], purpose: &[u8]| {
            Token(token.to_vec())
                .keyed(purpose, b"text")
                .finalize()
                .into_bytes()
        };
        let one = hash(b"0123456789abcdef", b"a");
        assert_eq!(one, hash(b"0123456789abcdef", b"a"));
        assert_ne!(one, hash(b"0123456789abcdef", b"b"));
        assert_ne!(one, hash(b"0123456789abcdee", b"a"));
    }
}
