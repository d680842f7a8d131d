//! `/proxy/NAME/`: other servers under this origin, because browsers may not ask them otherwise (docs/proxy.md).
//!
//! Which servers is fixed when the bridge starts. Without `--allow-actions` only what reads passes.

mod client;
mod connect;
mod flyte;
mod forward;
mod graphql;
mod headers;
mod judge;
mod secret;
mod socket;
mod socket_rules;
mod tunnel;
mod upstream;

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{Response, StatusCode};
use tokio::sync::watch;

use crate::access::Admitted;
use crate::api::problem::Problem;
use crate::serve::config::source;
use client::Client;
use flyte::FlyteServer;
use secret::SecretHeader;
use upstream::{Target, Upstream};

#[derive(Debug, clap::Args)]
pub(crate) struct ProxyArgs {
    /// Serve another server at proxy/NAME/, for reading only; may be given several times
    #[arg(long, value_name = "NAME=URL", value_parser = upstream::named)]
    proxy: Vec<(String, Target)>,
    /// Serve a dagster-webserver at proxy/NAME/ and show it as a source; may be given several times
    #[arg(long, value_name = "NAME=URL", value_parser = upstream::named)]
    dagster: Vec<(String, Target)>,
    /// Serve a Flyte 2 runs service at proxy/NAME/ and show it as a source: all its projects, or one; may be given several times
    #[arg(long, value_name = "NAME=URL?org=&project=&domain=", value_parser = flyte::flyte)]
    flyte: Vec<FlyteServer>,
    /// Send this server a header whose value stands in a file; may be given several times
    #[arg(long, value_name = "NAME=HEADER:FILE", value_parser = secret::named)]
    upstream_header: Vec<(String, SecretHeader)>,
}

impl ProxyArgs {
    /// The servers that the app has an adapter for: their names, and their sources for config.json.
    pub(crate) fn sources(&self, actions: bool) -> Vec<(String, serde_json::Value)> {
        let dagster = |(name, _): &(String, Target)| {
            let url = format!("./proxy/{name}/");
            (name.clone(), source(name, "dagster", &url, actions))
        };
        let flyte = |server: &FlyteServer| (server.name.clone(), server.source(actions));
        let dagster = self.dagster.iter().map(dagster);
        dagster.chain(self.flyte.iter().map(flyte)).collect()
    }
}

pub(crate) struct Proxies {
    upstreams: Vec<Upstream>,
    client: Client,
    actions: bool,
    shutdown: watch::Receiver<bool>,
}

impl Proxies {
    /// # Errors
    /// One line for the user: names that do not fit together, a secret that cannot be read, no TLS.
    pub(crate) fn open(
        args: ProxyArgs,
        actions: bool,
        shutdown: watch::Receiver<bool>,
    ) -> Result<Proxies, String> {
        let mut targets = args.proxy;
        targets.extend(args.dagster);
        let of = |server: FlyteServer| (server.name, server.target);
        targets.extend(args.flyte.into_iter().map(of));
        let client = Client::new(targets.iter().any(|(_, target)| target.is_https()))?;
        let mut upstreams: Vec<Upstream> = Vec::new();
        for (name, target) in targets {
            if upstreams.iter().any(|upstream| upstream.name == name) {
                return Err(format!(
                    "--proxy, --dagster or --flyte {name}=...: there are two of that name"
                ));
            }
            upstreams.push(Upstream::new(name, target));
        }
        for (name, secret) in args.upstream_header {
            let upstream = upstreams.iter_mut().find(|upstream| upstream.name == name);
            let Some(upstream) = upstream else {
                return Err(format!(
                    "--upstream-header {name}=...: there is no --proxy, --dagster or --flyte {name}=URL"
                ));
            };
            secret.check()?;
            upstream.secrets.push(secret);
        }
        Ok(Proxies {
            upstreams,
            client,
            actions,
            shutdown,
        })
    }

    /// Answers what was asked at `/proxy/` + `rest`.
    pub(crate) async fn answer(
        &self,
        mut request: Parts,
        body: Body,
        rest: &str,
        admitted: &Admitted,
    ) -> Result<Response<Body>, Problem> {
        let (name, path) = rest.split_once('/').ok_or_else(|| {
            Problem::new(
                StatusCode::NOT_FOUND,
                format!("there is nothing at /proxy/{rest}: a proxied server is a folder, /proxy/{rest}/"),
            )
        })?;
        let upstream = self.upstreams.iter().find(|upstream| upstream.name == name);
        let upstream = upstream.ok_or_else(|| {
            Problem::new(
                StatusCode::NOT_FOUND,
                format!("there is no proxied server {name:?}: only those that this bridge was started with (--proxy)"),
            )
        })?;
        let query = request.uri.query().map(str::to_string);
        let to = upstream.at(path, query.as_deref())?;
        let asked = judge::Asked {
            method: &request.method,
            path,
            query: query.as_deref(),
            headers: &request.headers,
            actions: self.actions,
        };
        let body = judge::judge(&asked, body)
            .await
            .map_err(|problem| problem.of(&upstream.name))?;
        if socket::is_wanted(&request) {
            return self.socket(upstream, to, &mut request, admitted).await;
        }
        self.forward(upstream, to, &request, path, body).await
    }
}
