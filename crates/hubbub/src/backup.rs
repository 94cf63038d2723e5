//! `hubbub backup` and `hubbub restore`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Args;
use serde_json::Value;
use server::backup::{BackedUp, BackupError, Checked, Progress, Restored};

/// How often a long work says how far it is.
const SAY_EVERY: Duration = Duration::from_secs(2);

/// What to copy, and whereto.
#[derive(Debug, Args)]
#[command(
    after_help = "The server may run. What was acknowledged before the backup began is in it. A second backup into the same \
                  directory copies only what is new; one that is killed leaves the one before as it was.\n\
                  Exit code: 0 done; 64 BACKUP_DIR is inside DIR; 74 a file cannot be read or written, or BACKUP_DIR holds something else.\n\n\
                  Examples:\n  hubbub backup --data data --to /mnt/backup/hubbub\n  hubbub backup --data data --to /mnt/backup/hubbub --json"
)]
pub(crate) struct BackupArgs {
    /// The data directory
    #[arg(long, value_name = "DIR", default_value = "data")]
    data: PathBuf,
    /// An empty directory, one that is not there, or an earlier backup of the same data directory
    #[arg(long, value_name = "BACKUP_DIR")]
    to: PathBuf,
    /// One JSON object instead of a line for people
    #[arg(long)]
    json: bool,
}

/// What to restore, and whereto.
#[derive(Debug, Args)]
#[command(
    after_help = "Every checksum is compared before anything is made. What was said after the backup is not in it, although \
                  clients may have seen it: so all conversations go on in a new epoch, and clients are told once (recovered: false). \
                  Views are built at the next start.\n\
                  Exit code: 0 done; 64 wrong flags; 74 the backup is damaged (file and range are named), NEW_DIR is not empty, or the disk fails.\n\n\
                  Examples:\n  hubbub restore --from /mnt/backup/hubbub --check\n  hubbub restore --from /mnt/backup/hubbub --data new"
)]
pub(crate) struct RestoreArgs {
    /// The backup
    #[arg(long, value_name = "BACKUP_DIR")]
    from: PathBuf,
    #[command(flatten)]
    what: What,
    /// One JSON object instead of a line for people
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct What {
    /// The data directory to make: empty, or not there
    #[arg(long, value_name = "NEW_DIR")]
    data: Option<PathBuf>,
    /// Only see whether the backup is sound
    #[arg(long)]
    check: bool,
}

/// Copies, and says what it has.
pub(crate) fn backup(args: &BackupArgs) -> ExitCode {
    let done = server::backup::backup(&args.data, &args.to, &mut teller("backup"));
    answer(done, args.json, |done: &BackedUp| {
        for damage in &done.damage {
            crate::complain(&format!("damaged in the journal, and so in the backup: {damage}"));
        }
        let of = (done.batches, done.records);
        format!(
            "backed up: {} batches, {} records in {} files of {}; {} of it copied now",
            of.0,
            of.1,
            done.files,
            megabytes(done.bytes),
            megabytes(done.copied_bytes)
        )
    })
}

/// Restores or checks, and says what it found.
pub(crate) fn restore(args: &RestoreArgs) -> ExitCode {
    let Some(data) = &args.what.data else {
        let done = server::backup::check(&args.from, &mut teller("check"));
        return answer(done, args.json, |done: &Checked| format!("sound: {}", held(done)));
    };
    let done = server::backup::restore(&args.from, data, &mut teller("restore"));
    answer(done, args.json, |done: &Restored| {
        for damage in &done.damage {
            crate::complain(&format!("was damaged when it was backed up: {damage}"));
        }
        format!("restored: {}; all conversations go on in epoch {}", held(&done.backup), done.epoch)
    })
}

fn held(backup: &Checked) -> String {
    let Checked { batches, records, files, bytes, .. } = backup;
    format!("{batches} batches, {records} records in {files} files of {}", megabytes(*bytes))
}

fn answer<T: serde::Serialize>(
    done: Result<T, BackupError>,
    json: bool,
    text: impl FnOnce(&T) -> String,
) -> ExitCode {
    match done {
        Ok(done) if json => {
            let value =
                serde_json::to_value(&done).unwrap_or_else(|why| Value::String(why.to_string()));
            crate::print(&value.to_string());
            ExitCode::SUCCESS
        }
        Ok(done) => {
            crate::print(&text(&done));
            ExitCode::SUCCESS
        }
        Err(why) => {
            crate::complain(&why.to_string());
            ExitCode::from(why.exit_code())
        }
    }
}

/// Says now and then how far it is, on standard error.
fn teller(what: &'static str) -> impl FnMut(Progress) {
    let mut last = Instant::now();
    move |progress| {
        if last.elapsed() >= SAY_EVERY {
            last = Instant::now();
            let (done, of) = (megabytes(progress.done_bytes), megabytes(progress.of_bytes));
            crate::complain(&format!("{what}: {done} of about {of}"));
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "for people, to a tenth of a megabyte")]
fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}
