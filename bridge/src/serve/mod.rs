//! `runboard-bridge serve`: the app and the Runs API over HTTP, for this machine.

pub(crate) mod assets;
pub(crate) mod config;
pub(crate) mod guard;
pub(crate) mod headers;

use std::io::Write;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, Response, StatusCode, header};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::access::{Access, AccessArgs, session};
use crate::actions::Actions;
use crate::api::problem::Problem;
use crate::api::{Api, LOCAL, RESERVED, json_bytes};
use crate::executioner::Executioner;
use crate::executioner::args::ExecutionerArgs;
use crate::proxy::{Proxies, ProxyArgs};
use crate::source::{Place, Source};
use assets::Assets;
use config::Config;
use headers::Security;

/// How long open answers may take once the bridge is told to stop.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Serve the app and the runs of this machine
#[derive(Debug, clap::Args)]
pub(crate) struct ServeArgs {
    /// Address and port to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Folder of the built app [default: the one inside this program, else ./dist]
    #[arg(long)]
    dist: Option<PathBuf>,
    /// Folder of recorded runs [default: .runboard of this clone]
    #[arg(long)]
    dir: Option<PathBuf>,
    /// A run history to serve as well; may be given several times
    #[arg(long, value_name = "NAME=PATH", value_parser = history)]
    history: Vec<(String, PathBuf)>,
    #[command(flatten)]
    executioner: ExecutionerArgs,
    /// Serve this file as config.json
    #[arg(long)]
    config: Option<PathBuf>,
    /// Allow changes, not only reading
    #[arg(long)]
    allow_actions: bool,
    /// How long a run that is terminated may take to end before it is killed
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    grace: u64,
    #[command(flatten)]
    access: AccessArgs,
    #[command(flatten)]
    proxy: ProxyArgs,
}

/// `NAME=PATH`, of which the name stands in URLs.
pub(crate) fn history(text: &str) -> Result<(String, PathBuf), String> {
    let (name, path) = text
        .split_once('=')
        .filter(|(_, path)| !path.is_empty())
        .ok_or("it takes NAME=PATH")?;
    // The same form as a run's id: it stands in URLs.
    if !runboard_record::is_run_id(name) {
        return Err(format!(
            "{name:?} is no name: it takes 1 to 64 letters, digits, '.', '_' and '-', beginning with a letter or digit"
        ));
    }
    if RESERVED.contains(&name) {
        return Err(format!("the name {name} is taken"));
    }
    Ok((name.into(), path.into()))
}

struct Site {
    api: Api,
    assets: Assets,
    config: Config,
    security: Security,
    access: Access,
    proxies: Proxies,
}

/// Serves until it is told to stop.
pub(crate) async fn serve(args: ServeArgs) -> ExitCode {
    match run(args).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            complain(&message);
            ExitCode::FAILURE
        }
    }
}

/// Tells the operator.
pub(crate) fn complain(message: &str) {
    // A closed stderr is no reason to crash.
    let _ = writeln!(std::io::stderr(), "runboard-bridge: {message}");
}

async fn run(args: ServeArgs) -> Result<(), String> {
    let mut access = Access::open(args.access, args.listen)?;
    let assets = Assets::open(args.dist.as_deref())?;
    let mut sources = vec![Source::new(
        LOCAL,
        Place::Recorded(args.dir.unwrap_or_else(runboard_record::default_dir)),
    )];
    for (name, path) in args.history {
        if sources.iter().any(|source| source.name == name) {
            return Err(format!(
                "--history {name}={}: there are two sources of that name",
                path.display()
            ));
        }
        sources.push(Source::new(&name, Place::History(path)));
    }
    for (name, setup) in
        args.executioner
            .setups(
                &sources
                    .first()
                    .map_or_else(PathBuf::new, |local| match &local.place {
                        Place::Recorded(dir) => dir.clone(),
                        _ => PathBuf::new(),
                    }),
            )?
    {
        if sources.iter().any(|source| source.name == name) {
            return Err(format!(
                "--executioner {name}={}: there are two sources of that name",
                setup.database.display()
            ));
        }
        sources.push(Source::new(&name, Place::Executioner(setup)));
    }
    let foreign = args.proxy.sources(args.allow_actions);
    let is_taken = |name: &str| sources.iter().any(|source| source.name == name);
    if let Some((name, _)) = foreign.iter().find(|(name, _)| is_taken(name)) {
        return Err(format!(
            "--dagster or --flyte {name}=...: there are two sources of that name"
        ));
    }
    let config = match &args.config {
        Some(path) => Config::read(path)?,
        None => Config::generated(
            &sources
                .iter()
                .map(|source| source.name.clone())
                .collect::<Vec<_>>(),
            foreign.into_iter().map(|(_, source)| source).collect(),
            args.allow_actions,
        ),
    };
    let listener = TcpListener::bind(args.listen)
        .await
        .map_err(|error| match error.kind() {
            std::io::ErrorKind::AddrInUse => format!(
                "{} is in use by another program: --listen {}:0 takes a free port",
                args.listen,
                args.listen.ip()
            ),
            _ => format!("{} cannot be listened on: {error}", args.listen),
        })?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    for source in &sources {
        // Large histories are read before anybody asks.
        let source = source.clone();
        tokio::task::spawn_blocking(move || {
            let state = source.look();
            let why = match &source.place {
                Place::History(path) => state
                    .lines
                    .unread()
                    .map(|why| format!("{}: {why}", path.display())),
                _ => state.unreadable(),
            };
            let elsewhere = state.executioner().and_then(Executioner::warning);
            drop(state);
            for why in why.into_iter().chain(elsewhere) {
                complain(&format!("warning: source {}: {why}", source.name));
            }
        });
    }
    access.names.listening_on(address);
    let (stop, stopped) = watch::channel(false);
    let proxies = Proxies::open(args.proxy, args.allow_actions, stopped.clone())?;
    let security = Security::new(&config.origins);
    let site = Arc::new(Site {
        api: Api {
            sources,
            actions: Actions::new(args.allow_actions, Duration::from_secs(args.grace)),
            shutdown: stopped.clone(),
        },
        assets,
        config,
        security,
        access,
        proxies,
    });
    let router = Router::new().fallback(answer).with_state(site);
    let signals = signal()?;
    // Whoever started us waits for this line.
    let _ =
        writeln!(std::io::stdout(), "http://{address}/").and_then(|()| std::io::stdout().flush());
    let mut told = stopped.clone();
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let server = axum::serve(listener, service).with_graceful_shutdown(async move {
        // An error means that nobody can tell us any more.
        let _ = told.wait_for(|stop| *stop).await;
    });
    let server = tokio::spawn(server.into_future());
    signals.await;
    let _ = stop.send(true);
    drop(stopped);
    // Streams end by themselves, and then nobody waits for the word any more; a reader that does not read must not hold us.
    let ended = async {
        let _ = server.await;
        stop.closed().await;
    };
    let _ = tokio::time::timeout(LAST_WORDS, ended).await;
    Ok(())
}

/// Sends who asked for a folder without its slash into it.
fn into(bare: &str) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::TEMPORARY_REDIRECT;
    let name = bare.rsplit('/').next().unwrap_or_default();
    if let Ok(place) = HeaderValue::from_str(&format!("{name}/")) {
        response.headers_mut().insert(header::LOCATION, place);
    }
    response
}

/// Ends with Ctrl-C, or with a request to terminate.
fn signal() -> Result<impl Future<Output = ()>, String> {
    #[cfg(unix)]
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())
        .map_err(|error| format!("signals: {error}"))?;
    #[cfg(unix)]
    let mut interrupt = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::interrupt())
        .map_err(|error| format!("signals: {error}"))?;
    Ok(async move {
        #[cfg(unix)]
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        #[cfg(not(unix))]
        let _ = tokio::signal::ctrl_c().await;
    })
}

async fn answer(
    State(site): State<Arc<Site>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response<Body> {
    let (request, body) = request.into_parts();
    let head = request.method == Method::HEAD;
    let path = site.access.names.below(request.uri.path()).to_string();
    if let Some(rest) = path.strip_prefix("/proxy/") {
        let answer = site.forward(request, body, rest, peer.ip()).await;
        let mut response = answer.unwrap_or_else(Problem::into_response);
        site.security.apply_to_foreign(response.headers_mut());
        return response;
    }
    let mut response = site
        .route(&request, body, &path, peer.ip())
        .await
        .unwrap_or_else(Problem::into_response);
    site.security.apply(response.headers_mut());
    if head {
        // The length is told, the body is not sent.
        let length = axum::body::HttpBody::size_hint(response.body()).exact();
        if let Some(length) =
            length.filter(|_| !response.headers().contains_key(header::CONTENT_LENGTH))
        {
            response
                .headers_mut()
                .insert(header::CONTENT_LENGTH, HeaderValue::from(length));
        }
        *response.body_mut() = Body::empty();
    }
    response
}

impl Site {
    /// What a server behind `/proxy/` says.
    async fn forward(
        &self,
        request: Parts,
        body: Body,
        rest: &str,
        peer: IpAddr,
    ) -> Result<Response<Body>, Problem> {
        guard::check(&request.headers, &self.access.names, true)?;
        let admitted = self.access.admit(&request.headers, peer)?;
        self.proxies.answer(request, body, rest, &admitted).await
    }

    async fn route(
        &self,
        request: &Parts,
        body: Body,
        path: &str,
        peer: IpAddr,
    ) -> Result<Response<Body>, Problem> {
        let query = request.uri.query();
        let api = path
            .strip_prefix("/api/v1/")
            .or((path == "/api/v1").then_some(""));
        let session = path == session::PATH;
        let pipeline = path
            .strip_prefix("/api/pipeline/runs")
            .filter(|rest| rest.is_empty() || rest.starts_with('/'));
        let data = api.is_some() || pipeline.is_some() || session || path == "/config.json";
        guard::check(&request.headers, &self.access.names, data)?;
        if session {
            return self.access.session(request, body, peer).await;
        }
        let admitted = self.access.admit(&request.headers, peer);
        if data && let Err(problem) = admitted {
            return Err(problem);
        }
        if !matches!(request.method, Method::GET | Method::HEAD) {
            return match api {
                Some(rest) => self.api.act(rest, request, body).await,
                None => Err(Problem::no_method(&request.method, "GET, HEAD")),
            };
        }
        let mut response = match (api, path) {
            (Some(rest), _) => self.api.get(rest, query, &request.headers).await,
            _ if let Some(rest) = pipeline => self.api.pipeline(rest, query).await,
            (None, "/healthz") => Ok(self.health(admitted.is_ok())),
            (None, "/readyz") if self.api.sources.iter().all(|source| source.is_ready()) => {
                Ok(self.health(admitted.is_ok()))
            }
            (None, "/readyz") => Err(Problem::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "histories are still being read",
            )),
            (None, "/config.json") => {
                let mut response = json_bytes(self.config.bytes.clone());
                response
                    .headers_mut()
                    .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
                Ok(response)
            }
            (None, bare) if self.access.names.is_bare(bare) => Ok(into(bare)),
            _ => self.assets.get(path, &request.headers).await,
        }?;
        if data
            && let Some(cookie) = admitted
                .ok()
                .and_then(|admitted| self.access.renewed(&admitted, &request.headers))
        {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
        Ok(response)
    }

    fn health(&self, admitted: bool) -> Response<Body> {
        if !admitted {
            return json_bytes(br#"{"status":"ok"}"#.to_vec());
        }
        let streams: usize = self.api.sources.iter().map(|source| source.streams()).sum();
        let lines: u64 = self
            .api
            .sources
            .iter()
            .map(|source| source.lines_sent())
            .sum();
        let health = serde_json::json!({"status": "ok", "version": env!("CARGO_PKG_VERSION"), "streams": streams, "log_lines_sent": lines});
        json_bytes(health.to_string().into_bytes())
    }
}
