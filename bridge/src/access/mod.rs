//! Who may ask from beyond this machine: whoever gives the token, and browsers that gave it once (docs/access.md).

pub(crate) mod cookie;
mod limit;
pub(crate) mod names;
mod public_url;
pub(crate) mod session;
mod token;

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};

use crate::api::problem::Problem;
use cookie::{Jar, Session};
use limit::Limit;
use names::Names;
use public_url::PublicUrl;
use token::Token;

#[derive(Debug, clap::Args)]
pub(crate) struct AccessArgs {
    /// File with the token that users sign in with; needed to be reached from beyond this machine
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Address, with its path prefix, under which a reverse proxy shows this bridge; may be given several times
    #[arg(long, value_name = "URL", value_parser = public_url::public_url)]
    public_url: Vec<PublicUrl>,
}

/// What a request was let in by.
#[derive(Clone, Debug)]
pub(crate) enum Admitted {
    /// There is no token: only this machine can ask.
    Open,
    Bearer,
    Cookie(Session),
}

/// The names that this bridge answers to, and the token that it asks for.
pub(crate) struct Access {
    pub(crate) names: Names,
    keys: Option<Keys>,
    limit: Limit,
}

struct Keys {
    token: Token,
    jar: Jar,
}

impl Access {
    /// # Errors
    /// One line for the user: a token is needed and missing, or is no good.
    pub(crate) fn open(args: AccessArgs, listen: SocketAddr) -> Result<Access, String> {
        if args.token_file.is_none() {
            let needed = "--token-file FILE must name a file with the token that they sign in with";
            if !listen.ip().is_loopback() {
                return Err(format!(
                    "{listen} is not a loopback address: others can reach it, so {needed}"
                ));
            }
            if let Some(url) = args.public_url.iter().find(|url| !url.is_loopback()) {
                return Err(format!(
                    "--public-url {url} lets others reach this bridge, so {needed}"
                ));
            }
        }
        let keys = args.token_file.map(|path| {
            let token = Token::read(&path)?;
            let jar = Jar::new(&token);
            Ok::<_, String>(Keys { token, jar })
        });
        Ok(Access {
            names: Names::new(listen, args.public_url),
            keys: keys.transpose()?,
            limit: Limit::default(),
        })
    }

    /// Says who asks, or that nobody may without the token.
    pub(crate) fn admit(&self, headers: &HeaderMap, peer: IpAddr) -> Result<Admitted, Problem> {
        let Some(keys) = &self.keys else {
            return Ok(Admitted::Open);
        };
        if let Some(given) = headers.get(header::AUTHORIZATION).and_then(bearer) {
            self.try_token(keys, given, peer)?;
            return Ok(Admitted::Bearer);
        }
        keys.jar
            .find(headers, self.names.port())
            .map(Admitted::Cookie)
            .ok_or_else(|| {
                Problem::new(
                    StatusCode::UNAUTHORIZED,
                    "sign in with this bridge's token first",
                )
            })
    }

    /// Compares a token with ours. The right one always counts: behind a reverse proxy all come from one address, and whoever guesses there must
    /// not shut the others out (a token of 16 random characters is not guessed at any speed).
    fn try_token(&self, keys: &Keys, given: &[u8], peer: IpAddr) -> Result<(), Problem> {
        if keys.token.is(given) {
            return Ok(());
        }
        if let Some(wait) = self.limit.wait(peer) {
            return Err(Problem::later(
                wait,
                "too many wrong tokens came from your address",
            ));
        }
        self.limit.failed(peer);
        Err(Problem::new(
            StatusCode::UNAUTHORIZED,
            "this is not the token of this bridge",
        ))
    }

    /// A new cookie for a session that has used up part of its time, so that a display on a wall stays signed in.
    pub(crate) fn renewed(&self, admitted: &Admitted, request: &HeaderMap) -> Option<HeaderValue> {
        let Admitted::Cookie(session) = admitted else {
            return None;
        };
        let jar = &self.keys.as_ref()?.jar;
        jar.renewed(session, request, self.names.port())
    }
}

fn bearer(value: &HeaderValue) -> Option<&[u8]> {
    let (scheme, token) = value.as_bytes().split_at_checked(7)?;
    scheme
        .eq_ignore_ascii_case(b"bearer ")
        .then(|| token.trim_ascii())
}
