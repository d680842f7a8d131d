//! The cookie of a browser that gave the token: `v1.EXPIRY.ID.HASH`, signed with a key from the token. The bridge keeps nothing of it, so it
//! outlives the bridge; another token ends all of them.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::http::{HeaderMap, HeaderValue, header};
use hmac::Mac;

use super::token::Token;

/// How long a browser stays signed in that does not come back.
const LIFE: u64 = 30 * 24 * 3600;
/// A cookie that was used up by so much is renewed.
const RENEW: u64 = 24 * 3600;
/// Ended sessions that are remembered until their time would be over.
const ENDED: usize = 4096;
const PURPOSE: &[u8] = b"runboard session v1";

/// A browser that is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Session {
    id: String,
    expiry: u64,
    secure: bool,
}

pub(crate) struct Jar {
    token: Token,
    ended: Mutex<VecDeque<Session>>,
}

impl Jar {
    pub(crate) fn new(token: &Token) -> Jar {
        Jar {
            token: token.clone(),
            ended: Mutex::default(),
        }
    }

    /// Begins a session. `secure`: the page came by https.
    ///
    /// # Errors
    /// The system gives no random bytes.
    pub(crate) fn begin(&self, secure: bool) -> Result<Session, getrandom::Error> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes)?;
        Ok(Session {
            id: hex(&bytes),
            expiry: seconds() + LIFE,
            secure,
        })
    }

    /// From now on the session's cookie is worth nothing, wherever it was copied to; until the bridge starts anew, which the cookie outlives.
    pub(crate) fn end(&self, session: &Session) {
        let mut ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        let now = seconds();
        ended.retain(|session| session.expiry > now);
        if ended.len() >= ENDED {
            ended.pop_front();
        }
        // A renewed cookie of the same session would end later.
        ended.push_back(Session {
            expiry: now + LIFE,
            ..session.clone()
        });
    }

    /// The session that a request belongs to.
    pub(crate) fn find(&self, headers: &HeaderMap, port: u16) -> Option<Session> {
        let lines = headers.get_all(header::COOKIE).iter();
        let pairs = lines
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().split_once('='));
        let mut found = pairs.filter_map(|(name, value)| {
            let secure = [true, false]
                .into_iter()
                .find(|secure| name == self::name(*secure, port))?;
            self.check(value, secure, seconds())
        });
        found.next()
    }

    fn check(&self, value: &str, secure: bool, now: u64) -> Option<Session> {
        let (signed, hash) = value.rsplit_once('.')?;
        self.token
            .keyed(PURPOSE, signed.as_bytes())
            .verify_slice(&unhex(hash)?)
            .ok()?;
        let (expiry, id) = signed.strip_prefix("v1.")?.split_once('.')?;
        let expiry: u64 = expiry.parse().ok()?;
        let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        let valid = now < expiry && !ended.iter().any(|session| session.id == id);
        valid.then(|| Session {
            id: id.into(),
            expiry,
            secure,
        })
    }

    /// The header that gives a browser its cookie.
    pub(crate) fn set(&self, session: &Session, port: u16) -> Option<HeaderValue> {
        let signed = format!("v1.{}.{}", session.expiry, session.id);
        let hash = self.token.keyed(PURPOSE, signed.as_bytes()).finalize();
        let left = session.expiry.saturating_sub(seconds());
        let value = format!("{signed}.{}", hex(&hash.into_bytes()));
        header_of(session.secure, port, &value, left)
    }

    pub(crate) fn renewed(
        &self,
        session: &Session,
        request: &HeaderMap,
        port: u16,
    ) -> Option<HeaderValue> {
        let expiry = seconds() + LIFE;
        // Two answers to one browser may cross; a session that has just ended does not come back.
        if expiry < session.expiry + RENEW || self.find(request, port).is_none() {
            return None;
        }
        let session = Session {
            expiry,
            ..session.clone()
        };
        self.set(&session, port)
    }
}

impl Session {
    pub(crate) fn left(&self) -> Duration {
        Duration::from_secs(self.expiry.saturating_sub(seconds()))
    }
}

/// The headers that take the cookie away, under both its names.
pub(crate) fn cleared(port: u16) -> impl Iterator<Item = HeaderValue> {
    [true, false]
        .into_iter()
        .filter_map(move |secure| header_of(secure, port, "", 0))
}

fn header_of(secure: bool, port: u16, value: &str, life: u64) -> Option<HeaderValue> {
    let name = name(secure, port);
    let more = if secure { "; Secure" } else { "" };
    let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict; Max-Age={life}{more}");
    let mut header = HeaderValue::from_str(&text).ok()?;
    header.set_sensitive(true);
    Some(header)
}

/// Browsers share cookies between the ports of a host, so two bridges there need two names.
fn name(secure: bool, port: u16) -> String {
    format!("{}runboard-{port}", if secure { "__Host-" } else { "" })
}

fn seconds() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let digits = text
        .as_bytes()
        .chunks(2)
        .map(|two| std::str::from_utf8(two).ok());
    digits
        .map(|two| u8::from_str_radix(two?, 16).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jar(token: &str) -> Jar {
        let path =
            std::env::temp_dir().join(format!("runboard-jar-{}-{token}", std::process::id()));
        std::fs::write(&path, token).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        }
        let token = Token::read(&path).unwrap();
        std::fs::remove_file(path).unwrap();
        Jar::new(&token)
    }

    fn value(jar: &Jar, session: &Session) -> String {
        let header = jar.set(session, 80).unwrap();
        let text = header.to_str().unwrap();
        let (_, rest) = text.split_once('=').unwrap();
        rest.split(';').next().unwrap().to_string()
    }

    #[test]
    fn a_cookie_is_what_this_token_signed_and_nothing_else() {
        let (jar, other) = (jar("0123456789abcdef"), jar("0123456789abcdeF"));
        let session = jar.begin(false).unwrap();
        let good = value(&jar, &session);
        let now = seconds();
        assert_eq!(jar.check(&good, false, now), Some(session.clone()));
        assert_eq!(jar.check(&good, false, session.expiry), None);
        assert_eq!(other.check(&good, false, now), None);
        let later = good.replacen(
            &session.expiry.to_string(),
            &(session.expiry + 1).to_string(),
            1,
        );
        let (signed, hash) = good.rsplit_once('.').unwrap();
        for wrong in [
            later,
            String::new(),
            signed.into(),
            format!("{signed}."),
            format!("{signed}.{}", &hash[1..]),
            format!("{signed}.{hash}0"),
            format!("{signed}.{hash}00"),
            format!("{signed}.x{}", &hash[1..]),
            format!("v2{}", &good[2..]),
        ] {
            assert_eq!(jar.check(&wrong, false, now), None, "{wrong}");
        }
        jar.end(&session);
        assert_eq!(jar.check(&good, false, now), None);
    }

    #[test]
    fn a_used_cookie_is_renewed_and_an_ended_one_is_not() {
        let jar = jar("0123456789abcdeg");
        let fresh = jar.begin(true).unwrap();
        let used = Session {
            expiry: fresh.expiry - RENEW,
            ..fresh.clone()
        };
        let request = |session: &Session| {
            let mut headers = HeaderMap::new();
            let text = format!("a=b; __Host-runboard-80={}; c", value(&jar, session));
            headers.insert(header::COOKIE, text.parse().unwrap());
            headers
        };
        assert!(jar.renewed(&fresh, &request(&fresh), 80).is_none());
        let set = jar.renewed(&used, &request(&used), 80).unwrap();
        assert!(
            set.to_str()
                .unwrap()
                .ends_with("; Path=/; HttpOnly; SameSite=Strict; Max-Age=2592000; Secure")
        );
        jar.end(&used);
        assert!(jar.renewed(&used, &request(&used), 80).is_none());
        assert!(jar.find(&request(&fresh), 80).is_none());
    }
}
