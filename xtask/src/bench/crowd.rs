//! What a connection costs that waits: memory of the server, as its system sees it.
//!
//! Each connection has shown a token, follows one conversation and has acknowledged; later each says
//! and hears ten messages. Then three gateways of 16,700 each: more than one process can hold. With
//! `--tls` the one process alone, which everyone reaches over TLS.

mod certificate;

use std::io::{BufRead, BufReader};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use self::certificate::Certificate;
use super::BenchArgs;
use super::figure::Report;
use super::machine;
use super::process::{Output, Process};
use super::server::Server;
use super::workshop::Workshop;

/// Connections to one process.
const CONNECTIONS: u64 = 15_000;

/// Gateways, and connections to each: 50,100 together.
const GATEWAYS: usize = 3;
const CONNECTIONS_EACH: u64 = 16_700;

/// Connections that follow the same conversation.
const PER_CONVERSATION: u64 = 15;

/// Messages that each says.
const MESSAGES: u64 = 10;

/// How long after a stage memory is read: by then rings have let go of what was said.
const REST: Duration = Duration::from_secs(70);

/// Of one that has only subscribed and acknowledged.
const IDLE_MAX_KB: f64 = 5.0;

/// Of one that has said and heard ten messages.
const SPOKEN_MAX_KB: f64 = 6.0;

/// Of a client, in the generator.
const GENERATOR_MAX_KB: f64 = 4.0;

/// How long all that were there may take to answer.
const ANSWERED_MAX_S: f64 = 10.0;

/// What was read when a stage was over.
#[derive(Debug)]
struct Stage {
    name: String,
    connections: f64,
    seconds: f64,
    /// Bytes of each server.
    memory: Vec<u64>,
    /// Bytes of the generator.
    generator: f64,
}

pub(super) fn run(workshop: &Workshop, args: &BenchArgs, report: &mut Report) -> Result<()> {
    if args.tls {
        return over_tls(workshop, args.quick, report);
    }
    in_the_clear(workshop, args.quick, report)?;
    workshop.clear()?;
    gateways(workshop, args.quick, report)
}

fn in_the_clear(workshop: &Workshop, is_quick: bool, report: &mut Report) -> Result<()> {
    let server = Server::start_as(workshop, "serve.log", &one_process(workshop)?)?;
    let stages = one_crowd(workshop, &server, is_quick, report)?;
    let note = "of all, RSS, one process for both roles";
    report.figure("idle_each", each(&stages, "open")?, Some(IDLE_MAX_KB), note);
    let note = format!("after {MESSAGES} messages each; the stores' caches of them are in it");
    report.figure("spoken_each", each(&stages, "spoken")?, Some(SPOKEN_MAX_KB), note);
    let (before, open) = (stage(&stages, "first")?, stage(&stages, "open")?);
    let own = (open.generator - before.generator) / 1024.0 / open.connections;
    report.figure("generator_each", (own, "KiB"), Some(GENERATOR_MAX_KB), "RSS of the generator");
    report.figure("opened", (open.connections / open.seconds, "/s"), None, "with tokens");
    server.stop()?;
    Ok(())
}

fn over_tls(workshop: &Workshop, is_quick: bool, report: &mut Report) -> Result<()> {
    let Certificate { chain, key } = Certificate::make(workshop)?;
    let (chain, key) = (chain.display().to_string(), key.display());
    let arguments = format!("{} --tls-cert {chain} --tls-key {key}", one_process(workshop)?);
    let server = Server::start_secured(workshop, "serve.log", &arguments, chain)?;
    let stages = one_crowd(workshop, &server, is_quick, report)?;
    let note = "of all over TLS, RSS, one process for both roles";
    report.figure("tls_idle_each", each(&stages, "open")?, None, note);
    let note = format!("after {MESSAGES} messages each; the stores' caches of them are in it");
    report.figure("tls_spoken_each", each(&stages, "spoken")?, None, note);
    let open = stage(&stages, "open")?;
    report.figure("tls_opened", (open.connections / open.seconds, "/s"), None, "with tokens");
    server.stop()?;
    Ok(())
}

/// What one server for both roles is told.
fn one_process(workshop: &Workshop) -> Result<String> {
    let (data, secret) = (workshop.data(), secret(workshop)?);
    let data = data.display();
    Ok(format!("--data {data} --commands-per-second 0 --token-secret-file {secret}"))
}

/// Takes one crowd through its stages.
fn one_crowd(
    workshop: &Workshop,
    server: &Server,
    is_quick: bool,
    report: &mut Report,
) -> Result<Vec<Stage>> {
    let connections = if is_quick { 300 } else { CONNECTIONS };
    let crowd = Crowd { name: "crowd", source: "127.0.0.1", connections, messages: MESSAGES };
    report.say(&format!("{connections} connections to one process:"));
    watch(workshop, &[(crowd, server)], is_quick, report)
}

/// What a connection has added to the one server's memory when this stage was over.
fn each(stages: &[Stage], name: &str) -> Result<(f64, &'static str)> {
    let (before, after) = (stage(stages, "first")?, stage(stages, name)?);
    let grown = after.memory[0] as f64 - before.memory[0] as f64;
    Ok((grown / 1024.0 / after.connections, "KiB"))
}

fn gateways(workshop: &Workshop, is_quick: bool, report: &mut Report) -> Result<()> {
    let secret = secret(workshop)?;
    let link = workshop.folder().join("link");
    let link = link.display();
    let owner = format!("--role owner --link {link} --data {}", workshop.data().display());
    let owner = Server::start_as(workshop, "owner.log", &owner)?;
    let gateway = |number: usize| {
        let arguments = format!(
            "--role gateway --link {link} --commands-per-second 0 --token-secret-file {secret}"
        );
        Server::start_as(workshop, &format!("gateway-{number}.log"), &arguments)
    };
    let gateways = (0..GATEWAYS).map(gateway).collect::<Result<Vec<_>>>()?;
    let connections = if is_quick { 100 } else { CONNECTIONS_EACH };
    report.say(&format!("{GATEWAYS} x {connections} connections through {GATEWAYS} gateways:"));
    let crowd = |at: usize| Crowd {
        name: ["one", "two", "three"][at],
        source: ["127.0.0.2", "127.0.0.3", "127.0.0.4"][at],
        connections,
        messages: MESSAGES,
    };
    let owner_before = machine::memory_bytes(owner.id())?;
    let crowds: Vec<_> =
        gateways.iter().enumerate().map(|(at, server)| (crowd(at), server)).collect();
    let stages = watch(workshop, &crowds, is_quick, report)?;
    let owner_after = machine::memory_bytes(owner.id())?;
    let all = connections as f64 * GATEWAYS as f64;
    let answered: f64 = of(&stages, "answered").map(|stage| stage.connections).sum();
    let slowest = of(&stages, "answered").map(|stage| stage.seconds).fold(0.0, f64::max);
    let missing = (all - answered, "");
    report.figure(
        "through_gateways_missing",
        missing,
        Some(0.0),
        format!("of {all:.0}, in the end"),
    );
    let note = "to answer, all at once, after a minute's rest";
    report.figure("through_gateways_answered", (slowest, "s"), Some(ANSWERED_MAX_S), note);
    for (name, figure, target) in [
        ("open", "gateway_idle_each", IDLE_MAX_KB),
        ("spoken", "gateway_spoken_each", SPOKEN_MAX_KB),
    ] {
        let mut most = 0.0_f64;
        for at in 0..GATEWAYS {
            let (before, after) = (nth(&stages, "first", at)?, nth(&stages, name, at)?);
            let grown = after.memory[at] as f64 - before.memory[at] as f64;
            most = most.max(grown / 1024.0 / after.connections);
        }
        report.figure(figure, (most, "KiB"), Some(target), "RSS of the gateway, worst of three");
    }
    let grown = (owner_after as f64 - owner_before as f64) / 1024.0 / all;
    report.figure("owner_each", (grown, "KiB"), None, "RSS of the owner, what was said included");
    for server in gateways {
        server.stop()?;
    }
    owner.stop()?;
    Ok(())
}

/// What `hubbub load crowd` is told.
#[derive(Debug, Clone, Copy)]
struct Crowd {
    name: &'static str,
    source: &'static str,
    connections: u64,
    messages: u64,
}

/// Runs the crowds side by side, each to its server, and reads all servers' memory when each of them
/// has rested after a stage. The stages of the first come first.
fn watch(
    workshop: &Workshop,
    crowds: &[(Crowd, &Server)],
    is_quick: bool,
    report: &mut Report,
) -> Result<Vec<Stage>> {
    let rest = if is_quick { Duration::from_secs(3) } else { REST };
    let servers: Vec<u32> = crowds.iter().map(|(_, server)| server.id()).collect();
    let started: Result<Vec<Process>> =
        crowds.iter().map(|(crowd, server)| crowd.start(workshop, server, rest)).collect();
    let readers: Vec<_> = started?
        .into_iter()
        .map(|mut process| -> Result<_> {
            let output = process.output().context("its output is taken")?;
            let servers = servers.clone();
            let reading = std::thread::spawn(move || read(output, &servers, rest));
            Ok((process, reading))
        })
        .collect::<Result<_>>()?;
    let mut stages = Vec::new();
    for (mut process, reading) in readers {
        let Ok(read) = reading.join() else { bail!("reading a crowd failed") };
        stages.extend(read?);
        let status = process.wait(Duration::from_secs(60))?.context("a crowd does not end")?;
        if !status.success() {
            let log = workshop.folder().join("crowd.log");
            let log = std::fs::read_to_string(log).unwrap_or_default();
            report.say(&format!("a crowd ended with {status}; it said:\n{log}"));
        }
    }
    for stage in &stages {
        report.say(&stage.line());
        report.detail(stage.to_json());
    }
    Ok(stages)
}

/// Hears one crowd out.
fn read(output: std::process::ChildStdout, servers: &[u32], rest: Duration) -> Result<Vec<Stage>> {
    let mut stages = Vec::new();
    for line in BufReader::new(output).lines() {
        let said: Value = serde_json::from_str(&line?)?;
        std::thread::sleep(rest.saturating_sub(Duration::from_secs(1)));
        let number = |name: &str| said[name].as_f64().with_context(|| format!("no {name}: {said}"));
        stages.push(Stage {
            name: said["type"].as_str().unwrap_or_default().to_owned(),
            connections: number("connections")?,
            seconds: number("seconds")?,
            generator: number("generator_bytes")?,
            memory: servers.iter().map(|id| machine::memory_bytes(*id)).collect::<Result<_>>()?,
        });
    }
    Ok(stages)
}

impl Crowd {
    fn start(self, workshop: &Workshop, server: &Server, rest: Duration) -> Result<Process> {
        let Self { name, source, connections, messages } = self;
        let tokens = workshop.folder().join(format!("{name}.tokens"));
        let make = format!(
            "token --user {name} --count {} --secret-file {} --ttl 1d",
            connections + 1,
            workshop.folder().join("secret").display()
        );
        std::fs::write(&tokens, workshop.ask(&make)?)?;
        let trust = server.trusted_by().map(|file| format!("--ca {file}")).unwrap_or_default();
        let arguments = format!(
            "load crowd {trust} --url {} --name {name} --source {source} --connections {connections} --tokens {} \
             --conversations {} --messages {messages} --rest-seconds {}",
            server.url(),
            tokens.display(),
            (connections / PER_CONVERSATION).max(1),
            rest.as_secs()
        );
        let arguments: Vec<String> = arguments.split_whitespace().map(str::to_owned).collect();
        let log = workshop.folder().join("crowd.log");
        Process::start(&workshop.guardian, &workshop.binary, &arguments, &log, &Output::Pipe)
    }
}

impl Stage {
    fn line(&self) -> String {
        let memory: Vec<String> =
            self.memory.iter().map(|bytes| format!("{:.1}", *bytes as f64 / 1048576.0)).collect();
        format!(
            "{:<9} {:>6.0} connections after {:.1} s, {} MiB",
            self.name,
            self.connections,
            self.seconds,
            memory.join(", ")
        )
    }

    fn to_json(&self) -> Value {
        let Self { name, connections, seconds, memory, generator } = self;
        json!({ "stage": name, "connections": connections, "seconds": seconds, "memory": memory, "generator": generator })
    }
}

fn of<'a>(stages: &'a [Stage], name: &'a str) -> impl Iterator<Item = &'a Stage> {
    stages.iter().filter(move |stage| stage.name == name)
}

fn nth<'a>(stages: &'a [Stage], name: &'a str, at: usize) -> Result<&'a Stage> {
    of(stages, name).nth(at).with_context(|| format!("crowd {at} did not come to `{name}`"))
}

fn stage<'a>(stages: &'a [Stage], name: &'a str) -> Result<&'a Stage> {
    nth(stages, name, 0)
}

/// The file with a new secret for tokens.
fn secret(workshop: &Workshop) -> Result<String> {
    let path = workshop.folder().join("secret").display().to_string();
    workshop.ask(&format!("keys secret {path}"))?;
    Ok(path)
}
