//! Whatever becomes of a file of the view: the truth, less of it, or an error that names the
//! directory to delete. Never something else, never a panic.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use history::History;
use model::bounds::BODY_MAX_BYTES;
use model::{Fact, Message, Seq};

use crate::world::*;

/// More than a memtable holds, so that there are tables, too.
const MESSAGES: u64 = 9 * 1024 * 1024 / BODY_MAX_BYTES as u64;

#[test]
fn damage_is_an_error_that_says_what_to_delete_and_never_another_answer() {
    let place = Place::new();
    let history = place.open();
    let body = "b".repeat(BODY_MAX_BYTES);
    feed(&history, 1, (1..=MESSAGES).map(|seq| Fact::Message(message("r", seq, "ann", &body))));
    wait_for_tables(&place.dir);
    drop(history);

    let whole = files(&place.dir);
    let (mut refused, mut answered) = (0, 0);
    for number in 0..whole.len() {
        for damage in Damage::all(&whole[number].path) {
            put_back(&place.dir, &whole);
            damage.to(&whole[number]);
            match ask(&place) {
                Ok(_) => answered += 1,
                Err(says) => {
                    refused += 1;
                    assert!(says.contains(&*place.dir.to_string_lossy()), "{says}");
                }
            }
        }
    }
    assert!(refused > 0 && answered > 0, "refused {refused}, answered {answered}");
    put_back(&place.dir, &whole);
    assert_eq!(ask(&place), Ok(MESSAGES));
}

/// A length that is wrong makes fjall 3.1 panic while it opens (in a debug build).
#[test]
fn no_bit_of_the_write_ahead_file_makes_it_panic() {
    const FIRST_BYTES: usize = 64;
    let place = Place::new();
    let history = place.open();
    feed(&history, 1, (1..=3).map(|seq| said("r", seq)));
    drop(history);
    let whole = files(&place.dir);
    let ahead = whole.iter().find(|file| file.path.extension().is_some_and(|is| is == "jnl"));
    let mut refused = 0;
    for at in 0..FIRST_BYTES {
        put_back(&place.dir, &whole);
        ahead.unwrap().with_flipped(at);
        refused += usize::from(History::open(&place.dir, OPTIONS).is_err());
    }
    assert!(refused > 0);
}

/// How many messages there are, each as it was said; or what the error says.
fn ask(place: &Place) -> Result<u64, String> {
    let history = History::open(&place.dir, OPTIONS).map_err(|error| error.to_string())?;
    let (mut next, said) = (1, "b".repeat(BODY_MAX_BYTES));
    loop {
        let page = history.read(&room("r"), Seq(next), 200, Seq(MESSAGES));
        let page: Vec<Message> = page.map_err(|error| error.to_string())?;
        for message in &page {
            assert_eq!(message.seq, Seq(next));
            assert!(
                message.content.body().unwrap().as_str() == said,
                "message {next} is not what was said"
            );
            next += 1;
        }
        if page.is_empty() {
            return Ok(next - 1);
        }
    }
}

/// The store writes a full memtable out when it finds the time.
fn wait_for_tables(dir: &Path) {
    let since = Instant::now();
    let is_table = |file: &Kept| file.path.parent().unwrap().ends_with("tables");
    while !files(dir).iter().any(is_table) {
        assert!(since.elapsed() < Duration::from_secs(20), "the memtable was never written out");
        sleep(Duration::from_millis(20));
    }
}

enum Damage {
    Removed,
    Emptied,
    /// A bit of the byte at so many parts in [`PARTS`] of the file.
    Flipped(usize),
}

const PARTS: usize = 12;

impl Damage {
    /// The write-ahead file is what a crash leaves behind, so it gets the most.
    fn all(path: &Path) -> impl Iterator<Item = Self> {
        let every = if path.extension().is_some_and(|is| is == "jnl") { 1 } else { 5 };
        let flipped = (0..PARTS).step_by(every).map(Self::Flipped);
        [Self::Removed, Self::Emptied].into_iter().chain(flipped)
    }

    fn to(&self, file: &Kept) {
        match self {
            Self::Removed => fs::remove_file(&file.path).unwrap(),
            Self::Emptied => fs::write(&file.path, b"").unwrap(),
            Self::Flipped(part) => file.with_flipped(file.bytes.len() * part / PARTS),
        }
    }
}

/// A file and what it holds, without the zeros it ends with.
struct Kept {
    path: PathBuf,
    bytes: Vec<u8>,
    length: u64,
}

impl Kept {
    fn new(path: PathBuf) -> Self {
        let mut bytes = fs::read(&path).unwrap();
        let length = bytes.len() as u64;
        bytes.truncate(bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1));
        Self { path, bytes, length }
    }

    fn write(&self, bytes: &[u8]) {
        let mut file = File::create(&self.path).unwrap();
        file.write_all(bytes).unwrap();
        file.set_len(self.length).unwrap();
    }

    fn with_flipped(&self, at: usize) {
        let mut bytes = self.bytes.clone();
        if let Some(byte) = bytes.get_mut(at) {
            *byte ^= 0x10;
        }
        self.write(&bytes);
    }
}

fn files(dir: &Path) -> Vec<Kept> {
    let paths = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    paths
        .flat_map(|path| if path.is_dir() { files(&path) } else { vec![Kept::new(path)] })
        .collect()
}

fn put_back(dir: &Path, whole: &[Kept]) {
    fs::remove_dir_all(dir).unwrap();
    for file in whole {
        fs::create_dir_all(file.path.parent().unwrap()).unwrap();
        file.write(&file.bytes);
    }
}
