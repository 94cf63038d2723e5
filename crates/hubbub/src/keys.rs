//! `hubbub keys`: what tokens are signed and verified with, in files.
//!
//! A private key is in a file of its own that only its owner can read, made before its public half
//! is published. The published set is replaced whole, so that who reads it never reads half of it.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use access::{Jwks, KeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clap::{Args, Subcommand};
use zeroize::Zeroizing;

use crate::failure::Failure;

/// The published set, in its directory.
const JWKS: &str = "jwks.json";

/// What to do with keys.
#[derive(Debug, Subcommand)]
pub(crate) enum KeysCommand {
    /// Make a pair of Ed25519 keys, and publish its public half beside those that are there
    #[command(
        after_help = "Writes DIR/key-ID.pem (private, mode 0600) and adds to DIR/jwks.json (public). To rotate: make a new \
                      one, let every server read jwks.json, sign with the new one, and when the last token of the old one \
                      has ended, retire it.\n\nExample:\n  hubbub keys new --dir keys"
    )]
    New(Dir),
    /// List the published keys, and whether their private halves are here
    #[command(after_help = "Example:\n  hubbub keys list --dir keys")]
    List(Dir),
    /// Take a key out of the published set: its tokens are worth nothing then
    #[command(
        after_help = "The private half stays where it is; delete it yourself.\n\nExample:\n  \
                      hubbub keys retire --dir keys --id kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
    )]
    Retire {
        #[command(flatten)]
        dir: Dir,
        /// Its id, as `list` prints it
        #[arg(long, value_name = "ID", allow_hyphen_values = true)]
        id: String,
    },
    /// Make a shared secret of 256 bits, for HS256
    #[command(
        after_help = "One line of text, mode 0600; the line is the secret, as it stands. Whoever has it can make tokens. \
                      A file that is there is not written over.\n\nExample:\n  hubbub keys secret token.secret"
    )]
    Secret {
        /// The file to make
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

/// Where keys are.
#[derive(Debug, Args)]
pub(crate) struct Dir {
    /// The directory of the keys
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
}

/// Does it, and says what was done.
pub(crate) fn run(command: &KeysCommand) -> Result<(), Failure> {
    match command {
        KeysCommand::New(Dir { dir }) => new(dir),
        KeysCommand::List(Dir { dir }) => list(dir),
        KeysCommand::Retire { dir: Dir { dir }, id } => retire(dir, id),
        KeysCommand::Secret { file } => secret(file),
    }
}

/// The system's dice.
pub(crate) fn dice<const N: usize>() -> Result<Zeroizing<[u8; N]>, Failure> {
    let mut bytes = Zeroizing::new([0; N]);
    let why = |why| Failure::file(Path::new("the system's randomness"), why);
    getrandom::fill(bytes.as_mut_slice()).map_err(why)?;
    Ok(bytes)
}

fn new(dir: &Path) -> Result<(), Failure> {
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(dir);
    made.map_err(|why| Failure::file(dir, why))?;
    let _alone = lock(dir)?;
    let pair = KeyPair::from_seed(&*dice::<32>()?);
    let published = published(dir)?.unwrap_or_default().with(&pair);
    let published = published.map_err(|why| Failure::file(&dir.join(JWKS), why))?;
    let private = private(dir, &pair.id());
    write_new(&private, 0o600, pair.to_pem().as_bytes())?;
    publish(dir, &published)?;
    crate::print(&format!("made {}, published in {}", private.display(), dir.join(JWKS).display()));
    Ok(())
}

fn list(dir: &Path) -> Result<(), Failure> {
    let missing =
        || Failure::file(&dir.join(JWKS), "is not there: make a key with `hubbub keys new`");
    for (id, algorithm) in published(dir)?.ok_or_else(missing)?.ids() {
        let here = if private(dir, id).exists() { "can sign here" } else { "verifies only" };
        crate::print(&format!("{id} {algorithm} {here}"));
    }
    Ok(())
}

fn retire(dir: &Path, id: &str) -> Result<(), Failure> {
    let _alone = lock(dir)?;
    let rest = published(dir)?.and_then(|set| set.without(id));
    let rest = rest.ok_or_else(|| {
        Failure::usage(format!(
            "{} has no key {id:?}: see `hubbub keys list`",
            dir.join(JWKS).display()
        ))
    })?;
    publish(dir, &rest)?;
    crate::print(&format!(
        "retired {id}: servers refuse its tokens when they have read {JWKS} again"
    ));
    Ok(())
}

fn secret(file: &Path) -> Result<(), Failure> {
    let text = Zeroizing::new(URL_SAFE_NO_PAD.encode(*dice::<32>()?) + "\n");
    write_new(file, 0o600, text.as_bytes())?;
    crate::print(&format!("made {}", file.display()));
    Ok(())
}

fn private(dir: &Path, id: &str) -> PathBuf {
    dir.join(format!("key-{id}.pem"))
}

/// Two commands at once must not lose one of two new keys. It ends with the process.
fn lock(dir: &Path) -> Result<File, Failure> {
    let locked = File::open(dir).and_then(|file| file.lock().map(|()| file));
    locked.map_err(|why| Failure::file(dir, why))
}

fn published(dir: &Path) -> Result<Option<Jwks>, Failure> {
    let path = dir.join(JWKS);
    match fs::read_to_string(&path) {
        Ok(text) => Jwks::parse(&text).map(Some).map_err(|why| Failure::file(&path, why)),
        Err(why) if why.kind() == ErrorKind::NotFound => Ok(None),
        Err(why) => Err(Failure::file(&path, why)),
    }
}

/// Whole or not at all: written beside it, then put in its place.
fn publish(dir: &Path, set: &Jwks) -> Result<(), Failure> {
    let [path, beside] = [dir.join(JWKS), dir.join("jwks.json.new")];
    // What a run left that was killed here; the lock is ours.
    fs::remove_file(&beside).ok();
    write_new(&beside, 0o644, set.to_json().as_bytes())?;
    fs::rename(&beside, &path).map_err(|why| Failure::file(&path, why))?;
    let synced = File::open(dir).and_then(|dir| dir.sync_all());
    synced.map_err(|why| Failure::file(dir, why))
}

/// A file that was not there, with these permissions from its first moment on.
fn write_new(path: &Path, mode: u32, bytes: &[u8]) -> Result<(), Failure> {
    let file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path);
    let mut file = file.map_err(|why| {
        if why.kind() == ErrorKind::AlreadyExists {
            return Failure::file(path, "is there already: give another name");
        }
        Failure::file(path, why)
    })?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    written.map_err(|why| Failure::file(path, why))
}
