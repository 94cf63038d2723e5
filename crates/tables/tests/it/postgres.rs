//! The script for PostgreSQL, loaded by `psql` into a real server: a socket in a folder of its own, as
//! somebody who may do nothing else. Where there is no PostgreSQL these tests say so and pass; CI has one.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use model::{Understanding, Understood};
use tables::{Report, Tables};
use tempfile::TempDir;

use crate::world::*;

/// The user and the group `nobody`: the server refuses to run as root.
const NOBODY: u32 = 65_534;

/// Names of the database's owner, and of the database.
const OWNER: &str = "postgres";

/// How long the server may take until it answers.
const READY_WITHIN: Duration = Duration::from_secs(60);

/// A server of our own. Dropping it ends it.
struct Server {
    folder: TempDir,
    programs: PathBuf,
    process: Child,
}

/// Where PostgreSQL's programs are, if not where Debian has them.
const ELSEWHERE: [&str; 3] = ["/usr/bin", "/usr/local/bin", "/usr/local/pgsql/bin"];

/// The newest that is installed: Debian keeps it out of the path.
fn programs() -> Option<PathBuf> {
    let debian = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = debian.map(|entry| entry.path().join("bin")).collect();
    found.sort();
    found.reverse();
    found.extend(ELSEWHERE.map(PathBuf::from));
    let all = ["initdb", "postgres", "psql"];
    found.into_iter().find(|folder| all.iter().all(|name| folder.join(name).exists()))
}

/// A program of the server's, run as nobody if we are root.
fn program(path: &Path, folder: &Path) -> Command {
    let mut command = Command::new(path);
    if fs::metadata("/proc/self").is_ok_and(|me| me.uid() == 0) {
        command.uid(NOBODY).gid(NOBODY);
    }
    command.current_dir(folder).env("LC_ALL", "C").stdin(Stdio::null());
    command
}

impl Server {
    /// One that answers; `None` where there is no PostgreSQL.
    #[expect(clippy::print_stderr, reason = "a test that tests nothing says so")]
    fn start() -> Option<Self> {
        let Some(programs) = programs() else {
            eprintln!("skipped: there is no PostgreSQL (make setup-postgres installs it)");
            return None;
        };
        let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
        let at = folder.path();
        // Only root can give it away, and only root has to.
        drop(chown(at, Some(NOBODY), Some(NOBODY)));
        let mut initdb = program(&programs.join("initdb"), at);
        initdb.args(["-D", "data", "-U", OWNER, "-A", "trust", "-E", "UTF8", "--no-locale", "-N"]);
        let made = initdb.output().unwrap();
        assert!(made.status.success(), "{made:?}");
        let mut postgres = program(&programs.join("postgres"), at);
        postgres.args(["-D", "data", "-h", "", "-c", "fsync=off", "-k"]).arg(at);
        let log = fs::File::create(at.join("log")).unwrap();
        let process = postgres.stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap();
        let server = Self { folder, programs, process };
        let until = Instant::now() + READY_WITHIN;
        while !server.psql(&["-c", "SELECT 1"]).status.success() {
            let log = || fs::read_to_string(server.folder.path().join("log")).unwrap();
            assert!(Instant::now() < until, "not ready: {}", log());
            sleep(Duration::from_millis(50));
        }
        Some(server)
    }

    fn psql(&self, arguments: &[&str]) -> Output {
        let mut psql = Command::new(self.programs.join("psql"));
        psql.args(["-X", "-q", "-U", OWNER, "-d", OWNER, "-h"]).arg(self.folder.path());
        psql.args(arguments).stdin(Stdio::null()).output().unwrap()
    }

    fn load(&self, script: &[u8]) -> Output {
        let file = self.folder.path().join("script.sql");
        fs::write(&file, script).unwrap();
        self.psql(&["-f", file.to_str().unwrap()])
    }

    /// What a query answers, as [`Place::ask`] says it.
    fn ask(&self, sql: &str) -> Vec<String> {
        let sql = format!("SET search_path = hubbub; {sql}");
        let told = self.psql(&["-A", "-t", "-F", " ", "-P", "null=-", "-c", &sql]);
        assert!(told.status.success(), "{told:?}");
        String::from_utf8(told.stdout).unwrap().lines().map(str::to_owned).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // SIGQUIT: its children go with it.
        let id = self.process.id().to_string();
        drop(Command::new("kill").args(["-s", "QUIT", &id]).status());
        drop(self.process.wait());
    }
}

fn script(place: &Place) -> Vec<u8> {
    let mut script = Vec::new();
    Tables::reader(&place.file).unwrap().to_postgres(&mut script).unwrap();
    script
}

fn about(topic: &str, sentiment_micros: i32) -> Understood {
    let understanding = Understanding {
        language: "eng".to_owned(),
        sentiment_micros,
        topic: topic.to_owned(),
        toxicity_micros: 125_000,
        urgency_micros: 0,
    };
    Understood::Full(understanding)
}

/// Some days of talk in some rooms, with answers, guesses, and words that trend.
fn talk(tables: &mut Tables, journal: &mut Journal, batches: std::ops::Range<u64>) {
    const DAY: u64 = 86_400_000;
    for number in batches {
        let (room, sender) = (format!("room-{}", number % 7), format!("u{}", number % 5));
        let at = 19_676 * DAY + number * 3_000_000;
        let said = journal.place([says(&room, &sender, "The quick élan of größere \\ tables")]);
        let record = said[0].0.record.0;
        tables.apply(&[stamped(2 * number - 1, at, &said)]).unwrap();
        let after = match number % 4 {
            0 => Understood::Pending,
            1 => degraded(-250_000),
            _ => about(["billing", "sports"][usize::from(number % 4 == 2)], 333_333),
        };
        let result = answered((&room, &sender), record, at, (Understood::Pending, after));
        let result = journal.place([result]);
        tables.apply(&[stamped(2 * number, at + 180, &result)]).unwrap();
    }
    tables.persist().unwrap();
}

/// Numbers are equal to a ten-thousandth: the one rounds fractions of two, the other of ten.
fn same(here: &str, there: &str) -> bool {
    let (one, other) = (here.split(' '), there.split(' '));
    one.clone().count() == other.clone().count()
        && one.zip(other).all(|(a, b)| match (a.parse::<f64>(), b.parse::<f64>()) {
            (Ok(a), Ok(b)) => (a - b).abs() < 1.5e-4,
            (Ok(_) | Err(_), Ok(_) | Err(_)) => a == b,
        })
}

fn assert_same(place: &Place, server: &Server) {
    let views = Report::ALL.map(|report| format!("SELECT * FROM {}", report.view()));
    let tables = ["conversations", "speakers"].map(|t| format!("SELECT * FROM {t} ORDER BY 1, 2"));
    let windows = "SELECT level, scope, start, name, messages, enriched, degraded, dead, different,
        sentiment_sum_micros, latency_p50_ms, latency_p99_ms, response_p50_ms, response_p99_ms
        FROM windows ORDER BY 1, 2, 3, 4";
    for sql in views.iter().chain(&tables).map(String::as_str).chain([windows]) {
        let (here, there) = (place.ask(sql), server.ask(sql));
        assert!(!here.is_empty(), "{sql}: nothing is compared");
        assert_eq!(here.len(), there.len(), "{sql}");
        for (here, there) in here.iter().zip(&there) {
            assert!(same(here, there), "{sql}: {here:?} here, {there:?} there");
        }
    }
    let sketches =
        "SELECT lower(hex(different_sketch)) FROM windows ORDER BY level, scope, start, name";
    let there =
        "SELECT encode(different_sketch, 'hex') FROM windows ORDER BY level, scope, start, name";
    assert_eq!(place.ask(sketches), server.ask(there));
}

#[test]
fn what_psql_loads_is_what_sqlite_has_again_and_again_or_not_at_all() {
    let Some(server) = Server::start() else { return };
    let place = Place::new();
    let (mut tables, mut journal) = (place.open(), Journal::new());
    talk(&mut tables, &mut journal, 1..60);
    let loaded = server.load(&script(&place));
    assert!(loaded.status.success() && loaded.stderr.is_empty(), "{loaded:?}");
    assert_same(&place, &server);
    assert_eq!(server.ask("SELECT value FROM meta WHERE key = 'batch'"), ["118"]);

    talk(&mut tables, &mut journal, 60..90);
    let whole = script(&place);
    let before = server.ask("SELECT * FROM summary");
    for cut in [whole.len() / 3, whole.len() * 2 / 3, whole.len() - "COMMIT;\n".len()] {
        server.load(&whole[..cut]);
        assert_eq!(server.ask("SELECT * FROM summary"), before, "cut at {cut}");
    }
    let loaded = server.load(&whole);
    assert!(loaded.status.success() && loaded.stderr.is_empty(), "{loaded:?}");
    assert_same(&place, &server);

    server.ask("UPDATE meta SET value = '1' WHERE key = 'version'");
    let refused = server.load(&whole);
    let why = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success(), "{why}");
    assert!(why.contains("have another version: DROP SCHEMA hubbub CASCADE"), "{why}");
    assert_eq!(server.ask("SELECT value FROM meta WHERE key = 'version'"), ["1"]);
}
