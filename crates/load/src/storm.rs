//! Everyone loses their connection at once, and comes back: when, in how many tries, and how many at the same time.
//!
//! Real sessions with the shipped policy, or with none for contrast. What takes the connections away is the network, or a
//! server of our own that is killed or asked to stop. The result is the *arrival spectrum*: tries in each tenth of a
//! second after the cut, beside what the policy should give by its dice alone, and what the textbook says.
//!
//! # Invariants
//!
//! - A try counts where it began. One that began later than a column after it was due is the generator's fault: if more
//!   than 1 % are so, the measurement is invalid.
//! - Messages go on while nobody is connected; each is expected by everyone who follows its conversation, once.

mod args;
mod board;
mod expected;
mod html;
mod member;
mod outcome;
mod server;
mod spectrum;
mod text;

use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use model::ConversationId;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use self::args::Cut;
use self::board::Board;
use self::expected::Storm;
use self::member::Member;
use self::outcome::{CutSeen, Outcome};
use self::server::Server;
use crate::cpu;
use crate::measure::Refusal;
use crate::swarm::{self, Act, Order, Peer, Place, Roster};

pub use self::args::StormArgs;

/// How often it looks how far everyone is.
const LOOK: Duration = Duration::from_millis(20);

/// Clients that come in at the same time, in the beginning.
const ENTERING: u32 = 64;

/// Before the first cut everyone may forget how they came in.
const BREATH: Duration = Duration::from_millis(500);

/// Who storms, and where.
struct House {
    args: StormArgs,
    server: Option<Server>,
    board: Arc<Board>,
    orders: watch::Sender<Order>,
    clients: JoinSet<()>,
    /// Bytes of memory that a client costs this process.
    client_bytes: u64,
}

/// Cuts everyone off, and tells how they come back.
///
/// # Errors
/// Arguments that cannot be meant; a server that cannot be reached; a file that cannot be written.
pub fn storm(args: &StormArgs) -> Result<ExitCode, Refusal> {
    args.check()?;
    let outcome = swarm::runtime()?.block_on(async {
        let mut house = House::enter(args.clone()).await?;
        let mut seen = Vec::new();
        let is_interrupted = tokio::select! {
            done = house.course(&mut seen) => { done?; false }
            _ = tokio::signal::ctrl_c() => true,
        };
        Ok(house.outcome(seen, is_interrupted))
    })?;
    if let Some(file) = &args.html {
        let page = html::page(&outcome);
        let wrong = |why| Refusal::io(format!("{}: {why}", file.display()));
        std::fs::write(file, page).map_err(wrong)?;
    }
    say(&if args.json { outcome.to_json() } else { text::text(&outcome) });
    Ok(outcome.exit_code())
}

impl House {
    /// Begins a server if none is given, and lets everyone in.
    async fn enter(args: StormArgs) -> Result<Self, Refusal> {
        let server = match args.url {
            Some(_) => None,
            None => Some(Server::begin(args.window().unwrap_or_default()).await?),
        };
        let url = args.url.clone().or_else(|| server.as_ref().map(Server::url)).unwrap_or_default();
        let place = Place::reached(&url, &args.roster).await?;
        let policy = (args.policy.backoff(), args.seed);
        let name = args.roster.name.clone().unwrap_or_else(|| "storm".to_owned());
        let roster = Roster::new(&args.roster, (args.clients, name), vec![place], policy)?;
        let board = Arc::new(Board::new(args.clients, args.conversations));
        let (orders, _) = watch::channel(Order::rest());
        let clients = JoinSet::new();
        let mut house = Self { args, server, board, orders, clients, client_bytes: 0 };
        let before = memory_bytes();
        house.open(&Arc::new(roster)).await?;
        house.client_bytes = memory_bytes().saturating_sub(before) / u64::from(house.args.clients);
        Ok(house)
    }

    /// Lets everyone in, so many at a time.
    async fn open(&mut self, roster: &Arc<Roster>) -> Result<(), Refusal> {
        let StormArgs { clients, conversations, rate, within, .. } = self.args;
        let fresh = getrandom::u32().map_err(|_| Refusal::io("the system gives no randomness"))?;
        let until = Instant::now() + within;
        let (board, orders) = (&self.board, &self.orders);
        let at_once = (ENTERING, until);
        swarm::enter(&mut self.clients, clients, &board.back, at_once, |number| {
            let conversation = number % conversations;
            let name = format!("{}-{fresh:08x}-{conversation}", roster.name());
            let name = ConversationId::new(&name).map_err(|why| Refusal::usage(why.to_string()))?;
            Peer::new(roster, number, orders.subscribe(), |options| {
                Member::join(options, (number, clients, rate), (conversation, name), board)
            })
        })
        .await?;
        if !self.all_back(until).await {
            let there = self.board.back.load(Relaxed);
            return Err(Refusal::unavailable(format!(
                "{there} of {clients} clients came in within {} s; does the server run with --dev, or were --tokens given?",
                within.as_secs()
            )));
        }
        note(&format!("{clients} clients are in"));
        Ok(())
    }

    /// All cuts, and in the end what was not delivered yet.
    async fn course(&mut self, seen: &mut Vec<CutSeen>) -> Result<(), Refusal> {
        let act = if self.args.rate > 0 { Act::Speak(Instant::now()) } else { Act::Rest };
        self.orders.send_modify(|order| order.act = act);
        sleep(BREATH).await;
        for number in 1..=self.args.times {
            if number > 1 {
                sleep(self.args.between).await;
            }
            let cut = self.cut(number).await?;
            note(&cut.line());
            seen.push(cut);
        }
        self.orders.send_modify(|order| order.act = Act::Rest);
        let settling = async {
            while !self.board.is_settled() {
                sleep(LOOK).await;
            }
        };
        // What has not come by then is missing from the figures.
        let _late = timeout(self.args.within, settling).await;
        Ok(())
    }

    /// Takes it away, gives it back, and waits for everyone.
    async fn cut(&mut self, number: u32) -> Result<CutSeen, Refusal> {
        let began = Instant::now();
        let cpu_before = cpu::seconds().unwrap_or_default();
        self.board.is_cut();
        match (self.args.cut, &mut self.server) {
            (Cut::Network, _) | (_, None) => {
                self.orders.send_modify(|order| order.network.cut(began));
                sleep(self.args.down).await;
                self.orders.send_modify(|order| order.network.is_up = true);
            }
            (Cut::Kill, Some(server)) => {
                server.kill()?;
                restart(server, began + self.args.down).await?;
            }
            (Cut::Term, Some(server)) => {
                server.ask_to_stop()?;
                restart(server, began + self.args.down).await?;
            }
        }
        let away = began.elapsed();
        let all_back = self.all_back(began + away + self.args.within).await;
        let spent_s = cpu::seconds().unwrap_or_default() - cpu_before;
        let is_patient = number == 1 || self.args.between >= self.args.policy.backoff().anew_after;
        let storm = Storm {
            clients: self.args.clients,
            away,
            backoff: self.args.policy.backoff(),
            window: self.args.window(),
            seed: self.args.seed,
        };
        let expected = is_patient.then(|| expected::walk(&storm));
        let taken = (away, began.elapsed(), spent_s);
        Ok(self.board.spectrum(|spectrum| CutSeen::new(spectrum, taken, all_back, expected)))
    }

    async fn all_back(&self, until: Instant) -> bool {
        swarm::reaches(&self.board.back, self.args.clients, until).await
    }

    fn outcome(&self, cuts: Vec<CutSeen>, is_interrupted: bool) -> Outcome {
        Outcome::new(&self.args, cuts, &self.board, self.client_bytes, is_interrupted)
    }
}

/// Starts it again at this moment, or as soon as the old one has ended.
async fn restart(server: &mut Server, at: Instant) -> Result<(), Refusal> {
    server.stopped().await?;
    tokio::time::sleep_until(at).await;
    server.start().await
}

/// Of this process; 0 if the system does not say.
fn memory_bytes() -> u64 {
    cpu::memory_bytes(std::process::id()).unwrap_or_default()
}

/// To standard output. Whoever reads it may go away early (`| head`).
fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    drop(out.write_all(text.as_bytes()).and_then(|()| out.flush()));
}

#[expect(clippy::print_stderr, reason = "people want to know how far it is")]
fn note(text: &str) {
    eprintln!("{text}");
}
