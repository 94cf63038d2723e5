//! Arguments become a plan that can be carried out, or one sentence that says why not.

mod room;
mod text;

use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;
use stats::schedule;
use stats::slo::{self, Slo};
use tokio_rustls::rustls::pki_types::ServerName;

use super::args::{OpenArrivals, RunArgs, TargetArgs};
use super::chat::Chat;
use super::clock::nanos;
use super::engine::Load;
use super::line::Asked;
use super::part::Part;
use super::refusal::Refusal;
use super::request::{BODIES_MAX, Request, Wanted};
use super::run::{Arrivals, Kind, Plan, Stage};
use super::server::{Page, Processes, Scraper, Watched};
use super::socket::{Dial, Sources};
use super::target::Target;
use super::tls::{self, Trust};

pub(crate) use room::{PROCESSES_MAX, told as told_processes};
pub(crate) use text::{Kilo, StageText, duration, duration_or_none};

/// Without --duration.
const LENGTH: Duration = Duration::from_secs(10);

/// What is told apart in time.
const SECOND: Duration = Duration::from_secs(1);

/// From this length on the first second is left out.
const LENGTH_WITH_WARM_UP: Duration = Duration::from_secs(5);

/// Without --connections.
const CONNECTIONS: u32 = 50;

/// Without --streams.
const STREAMS_OF_HTTP2: u32 = 10;
const STREAMS_OF_CHAT: u32 = 1;

/// Whom a load is for.
#[derive(Clone)]
pub(crate) struct Aim {
    pub(crate) target: Target,
    asked: Asked,
    dial: Dial,
    pub(crate) slos: Vec<Slo>,
}

impl Aim {
    /// Checks all that can be checked without asking the target, then looks its name up.
    pub(crate) async fn take(args: &TargetArgs) -> Result<Self, Refusal> {
        let slos = args.slo.iter().map(|text| {
            slo::parse(text).map_err(|why| Refusal::usage(format!("--slo {text:?}: {why}")))
        });
        let slos = slos.collect::<Result<Vec<_>, _>>()?;
        let protocol: &[u8] = if args.http2 { b"h2" } else { b"http/1.1" };
        let asked = asked(args, &Target::parse(&args.url)?)?;
        let (target, dial) = dialled(&args.url, args, protocol).await?;
        Ok(Self { target, asked, dial, slos })
    }

    /// The server: its processes, if they can be seen, and its metrics, if they were named or there is nothing else.
    pub(crate) async fn server(&self, args: &TargetArgs) -> Result<Option<Watched>, Refusal> {
        let processes = Processes::find(&self.target, &args.server_pid);
        let metrics = match &args.server_metrics {
            Some(url) => {
                let (target, dial) = dialled(url, args, b"http/1.1").await?;
                let page = Page { target, dial, authorization: authorization(args) };
                let begun = Scraper::begin(page, false);
                begun
                    .await
                    .map_err(|why| Refusal::unavailable(format!("--server-metrics: {why}")))?
            }
            None if processes.is_some() => None,
            None => self.own_metrics(args).await,
        };
        let is_seen = processes.is_some() || metrics.is_some();
        Ok(is_seen.then_some(Watched { processes, metrics }))
    }

    /// Those of the target, if it is hubbub and answers.
    async fn own_metrics(&self, args: &TargetArgs) -> Option<Scraper> {
        let scheme = if self.target.is_tls { "https" } else { "http" };
        let url = format!("{scheme}://{}/metrics", self.target.authority);
        let (target, dial) = dialled(&url, args, b"http/1.1").await.ok()?;
        let page = Page { target, dial, authorization: authorization(args) };
        // Most servers have no such page: nothing is known of them, as before.
        Scraper::begin(page, true).await.ok().flatten()
    }

    /// The same with nobody who listens.
    pub(crate) fn unheard(&self) -> Self {
        let asked = match &self.asked {
            Asked::Http(request) => Asked::Http(Arc::clone(request)),
            Asked::Chat(chat) => Asked::Chat(Arc::new(chat.unheard())),
        };
        Self { asked, ..self.clone() }
    }

    /// A closed loop.
    pub(crate) fn closed(
        &self,
        args: &TargetArgs,
        connections: u32,
        most: u64,
        length: Duration,
    ) -> Result<Load, Refusal> {
        self.load(args, connections, Paced { most, length, ..Paced::closed() })
    }

    fn chat(&self) -> Option<&Chat> {
        match &self.asked {
            Asked::Http(_) => None,
            Asked::Chat(chat) => Some(chat),
        }
    }

    /// Processes that share it. Chat has one: those who listen know only its clock.
    fn processes(&self, args: &TargetArgs, connections: u32) -> Result<u32, Refusal> {
        let processes = room::processes(args, connections)?;
        if self.chat().is_some() && processes > 1 {
            return Err(Refusal::usage(format!(
                "chat is measured by one process, and this would take {processes}: fewer connections, or several commands \
                 with a --name each"
            )));
        }
        Ok(processes)
    }

    fn listening(&self) -> u32 {
        self.chat().map_or(0, |chat| chat.told().listening)
    }

    /// Requests that a connection has in flight at most; nothing for HTTP/1.1.
    fn streams(&self, args: &TargetArgs) -> Option<u32> {
        match (self.chat(), args.http2) {
            (Some(chat), _) => args.streams.or(chat.streams()).or(Some(STREAMS_OF_CHAT)),
            (None, true) => args.streams.or(Some(STREAMS_OF_HTTP2)),
            (None, false) => None,
        }
    }

    /// Open at once: as the flag has it, or else the scenario.
    fn connections(&self, args: &RunArgs) -> u32 {
        let of_scenario = self.chat().and_then(Chat::connections);
        args.connections.or(of_scenario).unwrap_or(CONNECTIONS)
    }

    fn load(&self, args: &TargetArgs, connections: u32, paced: Paced) -> Result<Load, Refusal> {
        let part = args.part.unwrap_or(Part::WHOLE);
        room::has_ports(part, connections, &args.source)?;
        let processes = self.processes(args, connections)?;
        let own = part.connections(connections);
        room::may_open(own.div_ceil(processes).saturating_add(self.listening()))?;
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let cores = u32::try_from(cores).unwrap_or(u32::MAX);
        let usual = if self.target.is_local() { cores / 2 } else { cores };
        let usual = (usual / processes.max(part.of)).max(1);
        let asked = match &self.asked {
            Asked::Http(request) => Asked::Http(Arc::clone(request)),
            Asked::Chat(chat) => Asked::Chat(chat.anew(connections)?),
        };
        Ok(Load {
            asked,
            dial: self.dial.clone(),
            arrivals: paced.arrivals,
            schedule: paced.schedule,
            seed: args.seed,
            most: if paced.most == u64::MAX { u64::MAX } else { part.share(paced.most) },
            length: paced.length,
            warm_up: paced.warm_up,
            tick: SECOND,
            connections: own,
            workers: args.workers.unwrap_or(usual).min(own.div_ceil(processes)),
            processes,
            part,
            timeout: args.timeout,
            reuse: !args.no_reuse && !self.chat().is_some_and(Chat::is_only_connect),
            streams: self.streams(args),
        })
    }
}

/// As requests show it.
fn authorization(args: &TargetArgs) -> Option<HeaderValue> {
    let named = args.headers.iter().filter_map(|line| line.split_once(':'));
    let mut right = named.filter(|(name, _)| name.trim().eq_ignore_ascii_case("authorization"));
    right.next().and_then(|(_, value)| HeaderValue::from_str(value.trim()).ok())
}

/// A URL and how to connect to it.
async fn dialled(url: &str, args: &TargetArgs, protocol: &[u8]) -> Result<(Target, Dial), Refusal> {
    let mut target = Target::parse(url)?;
    let trust = match &args.ca {
        _ if args.insecure => Trust::Anybody,
        Some(file) => Trust::File(file),
        None => Trust::Machine,
    };
    let tls = if target.is_tls { Some(tls::config(trust, &[protocol])?) } else { None };
    target.resolve().await?;
    let address = target.addresses.first().copied();
    let address = address.ok_or_else(|| Refusal::unavailable("the name has no address"))?;
    let name = ServerName::try_from(target.host.clone())
        .map_err(|why| Refusal::usage(format!("{}: {why}", target.url)));
    let tls = tls.map(|config| name.map(|name| (config, name))).transpose()?;
    room::may_bind(&args.source, address.ip())?;
    let turn = args.part.unwrap_or(Part::WHOLE).number;
    let dial = Dial { address, tls, sources: Sources::new(&args.source, turn) };
    Ok((target, dial))
}

/// When requests are made.
struct Paced {
    arrivals: Arrivals,
    schedule: Option<schedule::Plan>,
    most: u64,
    length: Duration,
    warm_up: Duration,
    stages: Vec<Stage>,
}

impl Paced {
    fn closed() -> Self {
        Self {
            arrivals: Arrivals::Closed,
            schedule: None,
            most: u64::MAX,
            length: LENGTH,
            warm_up: Duration::ZERO,
            stages: Vec::new(),
        }
    }

    fn of(args: &RunArgs, connections: u32) -> Result<Self, Refusal> {
        let mut paced = Self::closed();
        let steady = |rate: Kilo| StageText::steady(rate, args.duration.unwrap_or(LENGTH));
        let stages = match args.rate {
            Some(rate) => vec![steady(rate)],
            None => args.stages.clone(),
        };
        if stages.is_empty() {
            paced.most = args.requests.map_or(Ok(u64::MAX), Kilo::whole)?;
            let unlimited = Duration::from_secs(86_400);
            let usual = if args.requests.is_some() { unlimited } else { LENGTH };
            paced.length = args.duration.unwrap_or(usual);
        } else {
            let parts: Vec<schedule::Stage> = stages.iter().map(StageText::part).collect();
            let plan = schedule::Plan::new(&parts);
            let plan = plan.map_err(|why| Refusal::usage(format!("rate and time: {why}")))?;
            paced.length = Duration::from_nanos(plan.length_ns());
            paced.schedule = Some(plan);
            paced.arrivals = match args.arrivals {
                OpenArrivals::Uniform => Arrivals::Uniform,
                OpenArrivals::Poisson => Arrivals::Poisson,
            };
        }
        paced.stages = stages.iter().map(|stage| stage.told(connections)).collect();
        if paced.stages.is_empty() {
            let seconds = paced.length.as_secs_f64();
            paced.stages.push(Stage { rate: None, from_rate: None, connections, seconds });
        }
        paced.warm_up = warm_up(args, paced.length)?;
        Ok(paced)
    }
}

/// The load of `load run`, and what a saved run says of it.
pub(crate) fn of_run(aim: &Aim, args: &RunArgs) -> Result<(Load, Plan), Refusal> {
    let connections = aim.connections(args);
    let paced = Paced::of(args, connections)?;
    let stages = paced.stages.clone();
    let load = aim.load(&args.target, connections, paced)?;
    let plan = told(aim, &load, stages);
    Ok((load, plan))
}

/// What a saved run says of a load.
pub(crate) fn told(aim: &Aim, load: &Load, stages: Vec<Stage>) -> Plan {
    Plan {
        target: aim.target.url.clone(),
        kind: match (&load.asked, load.streams) {
            (Asked::Chat(_), _) => Kind::Chat,
            (Asked::Http(_), Some(_)) => Kind::Http2,
            (Asked::Http(_), None) => Kind::Http1,
        },
        arrivals: load.arrivals,
        stages,
        warm_up_s: load.warm_up.as_secs_f64(),
        timeout_ms: nanos(load.timeout) / 1_000_000,
        reuse: load.reuse,
        streams: load.streams.unwrap_or(1),
        workers: load.workers * load.processes,
        processes: load.processes,
        seed: load.seed,
        chat: aim.chat().map(Chat::told),
        args: std::env::args().collect(),
    }
}

fn warm_up(args: &RunArgs, length: Duration) -> Result<Duration, Refusal> {
    let usual = if args.requests.is_none() && length >= LENGTH_WITH_WARM_UP { 1 } else { 0 };
    let given = args.warm_up.unwrap_or(Duration::from_secs(usual));
    // Seconds are what is told apart.
    let whole = Duration::from_secs(given.as_secs() + u64::from(given.subsec_nanos() > 0));
    if whole >= length && !whole.is_zero() {
        let text = format!("--warm-up {given:?} leaves nothing of {length:?} to be measured");
        return Err(Refusal::usage(text));
    }
    Ok(whole)
}

/// What is asked, of either kind; flags of the other kind are contradictions.
fn asked(args: &TargetArgs, target: &Target) -> Result<Asked, Refusal> {
    let of_http = [
        ("--method", args.method.is_some()),
        ("--header", !args.headers.is_empty()),
        ("--body", args.body.is_some()),
        ("--body-file", args.body_file.is_some()),
        ("--http2", args.http2),
        ("--no-reuse", args.no_reuse),
    ];
    let of_chat = args.chat.given();
    let strange = if target.is_chat { &of_http[..] } else { &of_chat[..] };
    if let Some((flag, _)) = strange.iter().find(|(_, is_given)| *is_given) {
        let kind = if target.is_chat { "HTTP" } else { "chat" };
        let url = &target.url;
        return Err(Refusal::usage(format!("{flag} is of {kind}, and {url} is not")));
    }
    if !target.is_chat && !args.http2 && args.streams.is_some() {
        return Err(Refusal::usage("--streams is of HTTP/2 and chat: give --http2, too"));
    }
    if target.is_chat {
        return Ok(Asked::Chat(Arc::new(Chat::new(target, &args.chat, args.seed)?)));
    }
    let wanted = Wanted {
        method: args.method.clone(),
        headers: args.headers.clone(),
        bodies: bodies(args)?,
        reuse: !args.no_reuse,
        seed: args.seed,
    };
    Ok(Asked::Http(Arc::new(Request::new(target, wanted)?)))
}

fn bodies(args: &TargetArgs) -> Result<Vec<Vec<u8>>, Refusal> {
    if let Some(body) = &args.body {
        return Ok(vec![body.clone().into_bytes()]);
    }
    let Some(path) = &args.body_file else { return Ok(Vec::new()) };
    let wrong = |why: &str| Refusal::usage(format!("--body-file {}: {why}", path.display()));
    let text = std::fs::read(path).map_err(|why| wrong(&why.to_string()))?;
    let lines = text.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii_end);
    let bodies: Vec<Vec<u8>> = lines.filter(|line| !line.is_empty()).map(<[u8]>::to_vec).collect();
    match bodies.len() {
        0 => Err(wrong("has no line")),
        count if count > BODIES_MAX => {
            Err(wrong(&format!("has {count} lines, above {BODIES_MAX}")))
        }
        _ => Ok(bodies),
    }
}

#[cfg(test)]
mod tests;
