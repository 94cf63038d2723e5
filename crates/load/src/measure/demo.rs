//! `hubbub load demo`: slow servers with known ceilings, so that a first run needs nothing, and every verdict has a
//! target whose cause is known.
//!
//! The server is a process of its own, on its own half of the cores: what it costs is told apart from what the
//! generator costs.

mod ceiling;
mod child;
mod serve;

use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser};

use super::args::RunArgs;
use super::command;
use super::plan::duration;
use super::refusal::Refusal;
use crate::report::Outputs;

pub(crate) use ceiling::Ceiling;
pub(crate) use child::{Child, send};

/// `hubbub load demo`
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Exit codes are those of `hubbub load run`.\n\nExamples:\n  hubbub load demo\n  hubbub load demo lock\n  \
                  hubbub load demo pause -o run.json\n  hubbub load demo shed --serve --listen 127.0.0.1:8099"
)]
pub struct DemoArgs {
    /// What holds the server back
    #[arg(default_value = "plateau")]
    pub(crate) ceiling: Ceiling,
    /// Only serve, to be measured from elsewhere
    #[arg(long)]
    pub(crate) serve: bool,
    /// End with the thread that started this process
    #[arg(long, hide = true, requires = "serve")]
    pub(crate) leashed: bool,
    /// Where to serve
    #[arg(long, default_value = "127.0.0.1:0", value_name = "HOST:PORT")]
    pub(crate) listen: std::net::SocketAddr,
    /// How long it is measured
    #[arg(short, long, value_name = "TIME", default_value = "5s", value_parser = duration)]
    pub(crate) duration: Duration,
    /// Write the run there
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<std::path::PathBuf>,
    #[command(flatten)]
    pub(crate) outputs: Outputs,
}

/// Arguments of `load run`, as a command line has them.
#[derive(Parser)]
struct Line {
    #[command(flatten)]
    run: RunArgs,
}

/// Serves, or starts a process that serves and measures it.
///
/// # Errors
/// No address to listen at, no process to serve, and what `load run` says.
pub async fn demo(args: &DemoArgs) -> Result<ExitCode, Refusal> {
    if args.serve {
        if args.leashed {
            child::leash()?;
        }
        return serve::serve(args.ceiling, args.listen).await;
    }
    let child = Child::begin(args.ceiling)?;
    let mut line = vec!["run".to_owned(), child.url.clone()];
    line.extend(args.ceiling.plan().iter().map(|&word| word.to_owned()));
    if !args.ceiling.plan().contains(&"-n") {
        let millis = args.duration.as_millis();
        line.extend(["--duration".to_owned(), format!("{millis}ms")]);
    }
    let mut run = Line::try_parse_from(line).map_err(|why| Refusal::usage(why.to_string()))?.run;
    run.target.output.clone_from(&args.output);
    run.target.outputs.clone_from(&args.outputs);
    run.target.server_pid = vec![child.pid()];
    let shown = args.ceiling.plan().join(" ");
    if !args.outputs.is_json() {
        super::summary::say(&format!(
            "{}: {}\nhubbub load run {} {shown}\n\n",
            args.ceiling,
            args.ceiling.sentence(),
            child.url
        ));
    }
    command::run(&run).await
}
