//! The binary: parses arguments, calls one library each, turns errors into exit codes.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{Args, Parser, Subcommand};
use server::config::{Config, ConfigError, Layer, LogFormat, TellingConfig};
use server::error::ServeError;
use tracing_subscriber::EnvFilter;

mod backup;
mod cases;
mod demo;
mod desk;
mod doctor;
mod export;
mod failure;
mod keys;
mod letters;
mod report;
mod token;
mod verify;
mod why;

/// What a crowd needed for a moment goes back to the system (ADR 0015).
#[global_allocator]
static MEMORY: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Exit code: a flag or a setting is wrong (sysexits `EX_USAGE`).
const EXIT_USAGE: u8 = server::error::EXIT_USAGE;

#[derive(Debug, Parser)]
#[command(
    name = "hubbub",
    version,
    about = "Carries, understands and measures chat at scale",
    after_help = "Examples:\n  hubbub demo\n  hubbub serve --dev\n  hubbub keys secret token.secret && hubbub serve --token-secret-file token.secret\n  hubbub config show\n  hubbub verify target/crash/histories/*.jsonl"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve chat: journal, gateway and page in one process, or one of the roles
    #[command(
        after_help = "Every setting may also stand in the --config file (listen = \"127.0.0.1:9000\") or in the \
                      environment (HUBBUB_LISTEN=127.0.0.1:9000). Flags win over the environment, that over the file.\n\n\
                      Examples:\n  hubbub serve --dev\n  hubbub serve --token-secret-file token.secret --data /var/lib/hubbub\n  hubbub serve --role owner --link /tmp/hubbub.link --listen 127.0.0.1:8070\n  \
                      hubbub serve --role gateway --link /tmp/hubbub.link --listen 127.0.0.1:8081 --token-secret-file token.secret"
    )]
    Serve(Settings),
    /// Look at the settings that `serve` would use
    #[command(subcommand)]
    Config(ConfigCommand),
    /// The whole house at once: NLP service, server, and bots that replay real conversations
    Demo(demo::DemoArgs),
    /// Check histories that clients wrote: did the promises hold?
    Verify(verify::VerifyArgs),
    /// Make a token: who someone is, until when, and what they may do
    Token(Box<token::TokenArgs>),
    /// Make, list and retire what tokens are signed with
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    /// What the tables count: messages, sentiment, latency, people, words; by time, conversation, bot, topic
    Report(Box<report::ReportArgs>),
    /// The tables as a script that psql loads into PostgreSQL
    Export(export::ExportArgs),
    /// Messages that the NLP service gave no answer for, whatever was tried: list, look, have them asked for again
    #[command(subcommand)]
    Letters(letters::LettersCommand),
    /// What happened to one message on its way to being understood: calls, waits, guesses, results
    Why(why::WhyArgs),
    /// Look at a running server and name the cap that binds: what to raise, or what is broken
    Doctor(doctor::DoctorArgs),
    /// Copy a data directory, while it is served or not
    Backup(backup::BackupArgs),
    /// Make a data directory of a backup
    Restore(backup::RestoreArgs),
    /// Say what was said elsewhere: JSON lines become messages of a running server
    Import(load::ImportArgs),
    /// A small NLP service: what a text is about and how it feels, after about 200 ms
    #[command(
        after_help = "Examples:\n  hubbub nlp\n  hubbub nlp --latency-mean-ms 50 --fail-share 0.1\n  \
                      hubbub nlp --no-models --faults faults.toml\n  \
                      hubbub nlp --model data-models\n  \
                      curl -d '{\"text\":\"what a lovely day\"}' 127.0.0.1:8090/v1/analyze\n  \
                      curl -X PUT -d '{\"stall\":{\"for_ms\":2000}}' 127.0.0.1:8090/v1/faults"
    )]
    Nlp(nlp::NlpArgs),
    /// Services in the plain way and in the clever one, to be measured beside each other
    #[command(subcommand)]
    Lab(cases::Lab),
    /// Clients that torment a server and write down what they saw
    #[command(subcommand)]
    Load(Load),
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Say what is wrong with them, if anything; nothing is opened
    #[command(
        after_help = "Exit code: 0 sound, 64 not.\n\nExample:\n  hubbub config check --config hubbub.toml"
    )]
    Check(Settings),
    /// Print each as TOML, with where it comes from: flag, environment, file or default
    #[command(after_help = "Example:\n  HUBBUB_HUBS=2 hubbub config show --config hubbub.toml")]
    Show(Settings),
}

/// As given to `serve`.
#[derive(Debug, Args)]
struct Settings {
    /// A TOML file with settings
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    settings: Box<Layer>,
}

#[derive(Debug, Subcommand)]
enum Load {
    /// Ask a URL, or chat, at a rate or as fast as it answers, and say who was saturated
    Run(Box<load::measure::RunArgs>),
    /// Ask a URL over more and more connections and back, and find where more of them do no more
    Ladder(Box<load::measure::LadderArgs>),
    /// Measure a slow server of our own whose ceiling is known: nothing needs to be there
    Demo(load::measure::DemoArgs),
    /// Stop the server, then the generator, then starve it: are they told apart?
    Selftest(load::measure::SelftestArgs),
    /// Speak, listen, lag, cut sockets, vanish and come back; write down every frame
    Talk(load::TalkArgs),
    /// Replay real conversations, sped up
    Replay(load::ReplayArgs),
    /// Read every conversation whole, and write down every frame
    Sweep(load::SweepArgs),
    /// One speaks to a thousand: deliveries a second, how late, at what cost; of other servers, too
    Fanout(load::FanoutArgs),
    /// Cut thousands of clients off at once, and plot how they come back: with our policy, or with none
    Storm(Box<load::StormArgs>),
    /// Open many connections that mostly wait, and see that all are there
    Crowd(load::CrowdArgs),
    /// Tell saved measurements: text, HTML, CSV, JUnit, .hgrm, .hlog
    Report(load::ReportArgs),
    /// Is one set of saved measurements different from another?
    Compare(load::CompareArgs),
    /// Where throughput ends to grow, of a saved ladder
    Knee(load::KneeArgs),
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(why) => {
            let fine = matches!(why.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
            let printed = why.print();
            return if fine && printed.is_ok() {
                ExitCode::SUCCESS
            } else {
                ExitCode::from(usage_code(std::env::args()))
            };
        }
    };
    match cli.command {
        Command::Serve(given) => serve(given),
        Command::Config(ConfigCommand::Check(given)) => show(&given, false),
        Command::Config(ConfigCommand::Show(given)) => show(&given, true),
        Command::Verify(args) => verify::run(&args),
        Command::Token(args) => failure::exit_code(token::run(&args)),
        Command::Keys(command) => failure::exit_code(keys::run(&command)),
        Command::Report(args) => report::run(&args),
        Command::Export(args) => export::run(&args),
        Command::Letters(command) => asked(letters::run(&command)),
        Command::Why(args) => asked(why::run(&args)),
        Command::Doctor(args) => wait_for(async { Ok(failure::code(doctor::run(&args).await)) }),
        Command::Backup(args) => backup::backup(&args),
        Command::Restore(args) => backup::restore(&args),
        Command::Import(args) => wait_for(async { Ok(load::import(args).await) }),
        Command::Demo(args) => wait_for(demo::run(args)),
        Command::Load(Load::Replay(args)) => wait_for(replay(args)),
        // A stand-in takes as little as it can of the machine that it shares with what is measured.
        Command::Nlp(args) if args.no_models => wait_on_one_thread_for(serve_nlp(args)),
        Command::Nlp(args) => wait_for(serve_nlp(args)),
        Command::Lab(lab) => wait_for(cases::run(lab)),
        Command::Load(Load::Run(args)) => measured(load::measure::measure(&args)),
        Command::Load(Load::Ladder(args)) => measured(load::measure::ladder(&args)),
        Command::Load(Load::Demo(args)) => measured(load::measure::demo(&args)),
        Command::Load(Load::Selftest(args)) => measured(load::measure::selftest(&args)),
        Command::Load(Load::Talk(args)) => wait_for(load::talk(args)),
        Command::Load(Load::Sweep(args)) => wait_for(load::sweep(args)),
        Command::Load(Load::Fanout(args)) => ended(load::fanout(&args)),
        Command::Load(Load::Storm(args)) => told(load::storm(&args)),
        Command::Load(Load::Crowd(args)) => told(load::crowd(&args)),
        Command::Load(Load::Report(args)) => told(load::report::report(&args)),
        Command::Load(Load::Compare(args)) => told(load::report::compare(&args)),
        Command::Load(Load::Knee(args)) => told(load::report::knee(&args)),
    }
}

/// Measurements keep the codes of other load generators, for pipelines: there, wrong usage is 2.
fn usage_code(mut args: impl Iterator<Item = String>) -> u8 {
    const MEASURING: &[&str] =
        &["run", "ladder", "demo", "selftest", "storm", "crowd", "report", "compare", "knee"];
    let is_load = args.nth(1).is_some_and(|word| word == "load");
    let is_measuring = args.next().is_some_and(|word| MEASURING.contains(&word.as_str()));
    if is_load && is_measuring { load::measure::EXIT_USAGE } else { EXIT_USAGE }
}

fn serve(given: Settings) -> ExitCode {
    let served = Config::load(given.config.as_deref(), *given.settings)
        .map_err(ServeError::from)
        .and_then(|config| log(&config.telling).and_then(|()| server::serve(&config)));
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            complain(&why.to_string());
            ExitCode::from(why.exit_code())
        }
    }
}

fn show(given: &Settings, all: bool) -> ExitCode {
    match looked_at(given, all) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            complain(&why.to_string());
            ExitCode::from(why.exit_code())
        }
    }
}

fn looked_at(given: &Settings, all: bool) -> Result<(), ServeError> {
    let file = given.config.as_deref();
    let config = Config::load(file, (*given.settings).clone())?;
    filter(&config.telling.log)?;
    if all {
        for setting in Config::show(file, (*given.settings).clone())? {
            print(&setting.to_string());
        }
    } else {
        print("the settings are sound");
    }
    Ok(())
}

async fn replay(args: load::ReplayArgs) -> anyhow::Result<ExitCode> {
    let replayed = load::replay(args, server::asked_to_stop()).await?;
    print(&replayed.to_string());
    Ok(replayed.exit_code())
}

async fn serve_nlp(args: nlp::NlpArgs) -> anyhow::Result<ExitCode> {
    let options = match args.options() {
        Ok(options) => options,
        Err(why) => {
            complain(&why.to_string());
            return Ok(ExitCode::from(EXIT_USAGE));
        }
    };
    let service = match nlp::bind(&options).await {
        Ok(service) => service,
        Err(why) => {
            complain(&why.to_string());
            let usage = matches!(why, nlp::NlpError::Options(_));
            return Ok(ExitCode::from(if usage { EXIT_USAGE } else { server::error::EXIT_IO }));
        }
    };
    print(&format!("hubbub nlp is ready: http://{}/v1/analyze", service.address()));
    service.serve(server::asked_to_stop()).await;
    Ok(ExitCode::SUCCESS)
}

/// Runs one of the clients.
fn wait_for(client: impl Future<Output = anyhow::Result<ExitCode>>) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    ended(runtime.map_err(anyhow::Error::from).and_then(|runtime| runtime.block_on(client)))
}

/// Runs one that has no use for more threads.
fn wait_on_one_thread_for(client: impl Future<Output = anyhow::Result<ExitCode>>) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    ended(runtime.map_err(anyhow::Error::from).and_then(|runtime| runtime.block_on(client)))
}

/// Runs a command of operators.
fn asked(command: impl Future<Output = Result<(), failure::Failure>>) -> ExitCode {
    wait_for(async { Ok(failure::exit_code(command.await)) })
}

/// Runs a measurement, on one thread: the workers of the generator have their own.
fn measured(measuring: impl Future<Output = Result<ExitCode, load::measure::Refusal>>) -> ExitCode {
    wait_on_one_thread_for(async { Ok(told(measuring.await)) })
}

/// What a measurement came to, or why there is none.
fn told(result: Result<ExitCode, load::measure::Refusal>) -> ExitCode {
    result.unwrap_or_else(|why| {
        complain(&why.to_string());
        ExitCode::from(why.exit_code)
    })
}

fn ended(result: anyhow::Result<ExitCode>) -> ExitCode {
    match result {
        Ok(code) => code,
        Err(why) => {
            complain(&format!("{why:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Logs to standard error what the filter lets through.
fn log(telling: &TellingConfig) -> Result<(), ServeError> {
    let filter = filter(&telling.log)?;
    let log = tracing_subscriber::fmt().with_writer(std::io::stderr).with_env_filter(filter);
    match telling.log_format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().with_span_list(false).init(),
    }
    Ok(())
}

fn filter(text: &str) -> Result<EnvFilter, ServeError> {
    let why = |why| ConfigError::OutOfRange {
        key: "log",
        value: format!("{text} ({why})"),
        right: "error, warn, info, debug, trace, or filters such as gateway=debug",
    };
    Ok(EnvFilter::try_new(text).map_err(why)?)
}

/// What the program answers.
#[expect(clippy::print_stdout, reason = "this is what the user asked for")]
pub(crate) fn print(text: &str) {
    println!("{text}");
}

/// Why it did not work.
#[expect(clippy::print_stderr, reason = "errors go to standard error, once, for people")]
pub(crate) fn complain(text: &str) {
    eprintln!("hubbub: {text}");
}
