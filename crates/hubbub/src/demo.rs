//! `hubbub demo`: the whole house on one machine. Three processes, so that each can be killed: the NLP
//! service, the server, and this one, which replays conversations, makes trouble if it is asked to, and
//! starts again what dies.

mod scenario;

use std::net::{SocketAddr, TcpListener};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::Args;
use load::{ReplayArgs, Tempo};

use scenario::Scenario;

/// How long a process that died stays dead: long enough to be seen.
const PAUSE: Duration = Duration::from_secs(1);

/// How often it is looked whether everyone lives.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// How long a process may take to end when it is asked to.
const GOODBYE: Duration = Duration::from_secs(8);

/// What to show.
#[derive(Debug, Args)]
#[command(
    after_help = "Open the dashboard that is printed. Kill what you like (`kill -9 PID`): it is started again, and every \
                  message is counted once.\n\nExamples:\n  hubbub demo --rate 200 --scenario outage\n  hubbub demo --groups --bots 128"
)]
pub(crate) struct DemoArgs {
    /// Address of the page
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Where journal and views are kept
    #[arg(long, default_value = "data", value_name = "DIR")]
    data: PathBuf,
    /// Bots at a time, one a person of a conversation
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u16).range(2..=10_000))]
    bots: u16,
    /// Messages a second, by all bots together
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    rate: u32,
    /// What goes wrong, for a quarter of each minute
    #[arg(long, value_enum, default_value_t = Scenario::Calm)]
    scenario: Scenario,
    /// Four conversations of two at a time in one of eight, with mentions: synthetic, and named so
    #[arg(long)]
    groups: bool,
    /// Let the NLP service use the small model in this folder, which `make setup-models` fills
    #[arg(long, value_name = "DIR")]
    model: Option<PathBuf>,
    /// End when the conversations are through, instead of going on with new ones
    #[arg(long)]
    once: bool,
}

/// Runs until the conversations are through, or until it is stopped.
pub(crate) async fn run(args: DemoArgs) -> Result<ExitCode> {
    let nlp = free_address()?;
    let mut crew = [
        Kept::start("nlp", understanding(nlp, args.model.as_deref()))?,
        Kept::start(
            "serve",
            vec![
                "serve".into(),
                "--dev".into(),
                "--listen".into(),
                args.listen.to_string(),
                "--data".into(),
                args.data.display().to_string(),
                "--nlp".into(),
                format!("http://{nlp}"),
                "--log".into(),
                "warn".into(),
            ],
        )?,
    ];
    let replayed = ReplayArgs {
        bots_max: args.bots,
        groups: args.groups,
        repeat: !args.once,
        ..ReplayArgs::new(format!("ws://{}/v1/ws", args.listen))
    };
    let tempo = Tempo::new(args.rate);
    let replay = load::replay_at(replayed, Some(tempo.clone()), server::asked_to_stop());
    let play = args.scenario.play(nlp, &tempo, args.rate);
    tokio::pin!(replay, play);
    let code = loop {
        tokio::select! {
            ended = &mut replay => {
                let replayed = ended?;
                crate::complain(&replayed.to_string());
                break replayed.exit_code();
            }
            never = &mut play => match never {},
            () = tokio::time::sleep(LOOK_EVERY) => {
                for kept in &mut crew {
                    kept.revive().await?;
                }
            }
        }
    };
    for kept in crew.iter_mut().rev() {
        kept.end().await?;
    }
    Ok(code)
}

/// How the NLP service is started. A model that cannot be used is told, and nothing stops.
fn understanding(listen: SocketAddr, model: Option<&Path>) -> Vec<String> {
    let mut arguments = vec!["nlp".into(), "--listen".into(), listen.to_string()];
    if let Some(folder) = model {
        match nlp::try_model(folder) {
            Ok(()) => arguments.extend(["--model".into(), folder.display().to_string()]),
            Err(why) => crate::complain(&format!("{why}; lists of words do its work")),
        }
    }
    arguments
}

/// A process that is started again when it dies.
struct Kept {
    name: &'static str,
    arguments: Vec<String>,
    child: Child,
}

impl Kept {
    fn start(name: &'static str, arguments: Vec<String>) -> Result<Self> {
        let child = spawn(&arguments)?;
        crate::complain(&format!("{name} is process {}", child.id()));
        Ok(Self { name, arguments, child })
    }

    /// Starts it again if it was killed. One that ended by itself had a reason, which it has told.
    async fn revive(&mut self) -> Result<()> {
        let Some(status) = self.child.try_wait()? else { return Ok(()) };
        if let Some(code) = status.code() {
            anyhow::bail!("{} ended with exit code {code}", self.name);
        }
        crate::complain(&format!("{} was killed ({status}); it is started again", self.name));
        tokio::time::sleep(PAUSE).await;
        self.child = spawn(&self.arguments)?;
        crate::complain(&format!("{} is process {}", self.name, self.child.id()));
        Ok(())
    }

    async fn end(&mut self) -> Result<()> {
        let asked = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        asked.context("kill")?;
        let mut waited = Duration::ZERO;
        while self.child.try_wait()?.is_none() && waited < GOODBYE {
            tokio::time::sleep(LOOK_EVERY).await;
            waited += LOOK_EVERY;
        }
        Ok(())
    }
}

impl Drop for Kept {
    /// Nothing outlives the demo; one that has ended already is no error.
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn spawn(arguments: &[String]) -> Result<Child> {
    let binary = std::env::current_exe().context("where is this program?")?;
    Command::new(&binary)
        .args(arguments)
        .stdin(Stdio::null())
        // A Ctrl-C is for this process, which ends the others in their order.
        .process_group(0)
        .spawn()
        .with_context(|| format!("cannot start {}", binary.display()))
}

fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind(("127.0.0.1", 0)).context("no free port on 127.0.0.1")?.local_addr()?)
}
