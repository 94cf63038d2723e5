//! `hubbub export`: the tables as a script for PostgreSQL.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use server::report::{ScriptError, to_postgres};

use crate::failure::{Failure, exit_code};

/// From where to where.
#[derive(Debug, Args)]
#[command(
    after_help = "The server may run or not; nothing is written into DIR. The script replaces, in one transaction, what an earlier one \
                  loaded into the schema `hubbub`: tables and views have the names of docs/formats.md.\n\
                  Exit code: 0 told; 64 wrong flags; 74 there are no tables in DIR, or the disk fails.\n\n\
                  Examples:\n  hubbub export --data /var/lib/hubbub | psql postgres://reports@db/chat\n  \
                  psql postgres://reports@db/chat -c 'select * from hubbub.summary_hourly limit 5'"
)]
pub(crate) struct ExportArgs {
    /// The data directory
    #[arg(long, value_name = "DIR", default_value = "data")]
    data: PathBuf,
    /// Into this file instead of standard output
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Writes it.
pub(crate) fn run(args: &ExportArgs) -> ExitCode {
    exit_code(match &args.output {
        None => write(&args.data, Path::new("standard output"), std::io::stdout().lock()),
        Some(path) => File::create(path)
            .map_err(|why| Failure::file(path, why))
            .and_then(|file| write(&args.data, path, file)),
    })
}

fn write(data: &Path, path: &Path, out: impl Write) -> Result<(), Failure> {
    let mut out = BufWriter::new(out);
    to_postgres(data, &mut out).map_err(|why| match why {
        ScriptError::Tables(why) => Failure::file(data, why),
        ScriptError::Write(why) => Failure::file(path, why),
    })?;
    out.flush().map_err(|why| Failure::file(path, why))
}
