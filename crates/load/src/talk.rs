//! Many sessions that speak and listen, behave badly, and bring everything through in the end.

mod acts;
pub(crate) mod changes;
mod life;
mod player;
mod repeater;
pub(crate) mod said;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::Result;
use client::{Backoff, Gateway};
use model::ConversationId;
use tokio::time::Instant;

use crate::TalkArgs;
use crate::dice::Dice;
use life::Ended;

/// What all sessions of a process share.
#[derive(Debug)]
struct Settings {
    name: String,
    gateways: Vec<Gateway>,
    urls: Vec<String>,
    conversations: Vec<ConversationId>,
    /// Those that sessions of this process made.
    rooms: Mutex<Vec<ConversationId>>,
    sessions: u32,
    histories: PathBuf,
    seed: u64,
    /// Between two messages of one session, on average.
    pace: Duration,
    backoff: Backoff,
    connect_timeout: Duration,
    started: Instant,
    until: Instant,
}

/// What became of sessions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Tally {
    lives: u64,
    said: u64,
    acknowledged: u64,
    /// Refused for good.
    failed: u64,
    heard: u64,
    /// Not brought through, or not heard to the end.
    left: u64,
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.lives += other.lives;
        self.said += other.said;
        self.acknowledged += other.acknowledged;
        self.failed += other.failed;
        self.heard += other.heard;
        self.left += other.left;
    }
}

/// Speaks and listens for a while, then brings everything through. Exit code 0: it could; 1: not.
///
/// # Errors
/// Arguments that are none; a history that cannot be made.
#[expect(clippy::print_stdout, reason = "a command's one line of result")]
pub async fn talk(args: TalkArgs) -> Result<ExitCode> {
    let settings = Arc::new(Settings::new(&args)?);
    let sessions: Vec<_> = (0..args.sessions)
        .map(|number| tokio::spawn(person(Arc::clone(&settings), number)))
        .collect();
    let mut tally = Tally::default();
    for session in sessions {
        tally.add(session.await??);
    }
    println!(
        "talk {}: {} sessions, {} lives, {} said, {} acknowledged, {} refused for good, {} heard, {} left",
        args.name,
        args.sessions,
        tally.lives,
        tally.said,
        tally.acknowledged,
        tally.failed,
        tally.heard,
        tally.left,
    );
    Ok(if tally.left == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// One user, life after life: when a life vanishes, another one of the same device begins, as a rule
/// at another gateway.
async fn person(settings: Arc<Settings>, number: u32) -> Result<Tally> {
    let mut dice =
        Dice::new(settings.seed.wrapping_add(u64::from(number).wrapping_mul(0x9E37_79B9)));
    let mut tally = Tally::default();
    let mut follows = Vec::new();
    loop {
        let life = life::live(&settings, number, tally.lives, &mut dice, follows).await?;
        tally.add(life.tally);
        match life.ended {
            Ended::Vanished if Instant::now() < settings.until => {
                follows = life.follows;
                tokio::time::sleep(dice.between(50, 1_500)).await;
            }
            Ended::Vanished | Ended::InOrder => return Ok(tally),
        }
    }
}

impl Settings {
    fn new(args: &TalkArgs) -> Result<Self> {
        let started = Instant::now();
        let of_one = f64::from(args.sessions) / f64::from(args.rate);
        Ok(Self {
            name: args.name.clone(),
            gateways: args.place.gateways()?,
            urls: args.place.urls().to_vec(),
            conversations: args.place.names()?,
            rooms: Mutex::default(),
            sessions: args.sessions,
            histories: args.place.histories.clone(),
            seed: args.seed,
            pace: Duration::from_secs_f64(of_one),
            backoff: if args.fast_backoff { impatient() } else { Backoff::default() },
            connect_timeout: Duration::from_secs(if args.fast_backoff { 2 } else { 10 }),
            started,
            until: started + Duration::from_secs(args.seconds),
        })
    }
}

/// A crash run wants many reconnects, not polite ones.
fn impatient() -> Backoff {
    Backoff {
        steps: [20, 50, 100, 200].map(Duration::from_millis).to_vec(),
        ceiling: Duration::from_millis(400),
        ceiling_spread: Duration::from_millis(400),
        anew_after: Duration::from_secs(2),
    }
}
