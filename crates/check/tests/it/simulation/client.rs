//! A client process: a session with someone behind it, or a repeater; and the history of what it sent and
//! what came.

mod player;
mod repeater;
mod sweeper;

use std::time::Duration;

use model::Mono;
use session::{Backoff, Do, Event as Told, Lost, Options, Session};
use wire::{Command, decode_frame};

use super::fate::{Event, Fate};
use super::file::{Ending, File, Who};
use super::network::Network;
pub(crate) use player::{Act, Player};
pub(crate) use repeater::Repeater;
pub(crate) use sweeper::Sweeper;

/// How long connecting takes, at most.
const CONNECTING: Duration = Duration::from_millis(10);

pub(crate) struct Client {
    pub(crate) index: usize,
    pub(crate) file: File,
    pub(crate) who: Who,
    pub(crate) voice: Voice,
    pub(crate) conn: Option<u64>,
    pub(crate) is_over: bool,
    /// The gateway it always takes, if one.
    only: Option<usize>,
    /// The gateway that it tries to reach, and the number of that try.
    trying: Option<usize>,
    attempt: u64,
    timer: Option<Mono>,
}

pub(crate) enum Voice {
    Session { session: Box<Session>, mind: Mind },
    Raw(Repeater),
}

/// Who uses a session.
pub(crate) enum Mind {
    Player(Box<Player>),
    Sweeper(Sweeper),
}

/// Short waits: virtual time is free, but each ping of it is an event.
fn options(fate: &mut Fate, who: &Who, gateways: usize) -> Options {
    let Who { user, device, instance } = who.clone();
    let dice = &mut fate.dice;
    let defaults = Options::new(user, device, instance, dice.word());
    Options {
        gateways,
        backoff: Backoff {
            steps: vec![Duration::from_millis(5), Duration::from_millis(40)],
            ceiling: Duration::from_millis(150),
            ceiling_spread: Duration::from_millis(50),
            anew_after: Duration::from_secs(1),
        },
        heartbeat: Duration::from_secs(2),
        connect_timeout: Duration::from_millis(500),
        in_flight_max: dice.count(1, 8),
        acknowledge_on_hearing: dice.percent(50),
        acknowledge_delay: Duration::from_millis(dice.below(30)),
        ..defaults
    }
}

impl Client {
    pub(crate) fn new(index: usize, name: String, who: Who, voice: Voice) -> Self {
        let is_final = matches!(voice, Voice::Session { mind: Mind::Sweeper(_), .. });
        Self {
            index,
            file: File::new(name, &who, is_final),
            who,
            voice,
            conn: None,
            is_over: false,
            only: None,
            trying: None,
            attempt: 0,
            timer: None,
        }
    }

    pub(crate) fn player(
        fate: &mut Fate,
        index: usize,
        name: String,
        who: Who,
        (gateways, acts): (usize, u64),
    ) -> Self {
        let options = options(fate, &who, gateways);
        let player = Player::new(name.clone(), acts, options.acknowledge_on_hearing);
        let session = Box::new(Session::new(options, fate.now));
        let mind = Mind::Player(Box::new(player));
        Self::new(index, name, who, Voice::Session { session, mind })
    }

    pub(crate) fn sweeper(
        fate: &mut Fate,
        index: usize,
        who: Who,
        gateway: usize,
        sweeper: Sweeper,
    ) -> Self {
        let session = Box::new(Session::new(options(fate, &who, 1), fate.now));
        let voice = Voice::Session { session, mind: Mind::Sweeper(sweeper) };
        let client = Self::new(index, format!("final-g{gateway}"), who, voice);
        Self { only: Some(gateway), ..client }
    }

    /// Where the try of this number leads, if it is still wanted.
    pub(crate) fn reaches(&mut self, attempt: u64) -> Option<usize> {
        if self.attempt == attempt { self.trying.take() } else { None }
    }

    pub(crate) fn connected(&mut self, fate: &mut Fate, net: &mut Network, conn: u64, via: usize) {
        self.conn = Some(conn);
        self.file.open(fate.now, via);
        match &mut self.voice {
            Voice::Session { session, .. } => session.handle_connected(fate.now),
            Voice::Raw(repeater) => {
                for text in repeater.first_words() {
                    self.file.out(fate.now, &text);
                    net.tell_gateway(fate, conn, text);
                }
            }
        }
        self.pump(fate, net);
    }

    pub(crate) fn not_connected(&mut self, fate: &mut Fate, net: &mut Network) {
        if let Voice::Session { session, .. } = &mut self.voice {
            session.handle_disconnected(Lost::Broken, fate.now);
        }
        self.pump(fate, net);
    }

    pub(crate) fn hears(&mut self, fate: &mut Fate, net: &mut Network, conn: u64, text: &str) {
        if self.conn != Some(conn) {
            return;
        }
        self.file.came(fate.now, text);
        let frame = decode_frame(text).unwrap();
        match &mut self.voice {
            Voice::Session { session, .. } => session.handle_frame(frame, fate.now),
            Voice::Raw(repeater) => {
                if repeater.is_through(&frame) {
                    self.leave(fate, net);
                }
            }
        }
        self.pump(fate, net);
    }

    pub(crate) fn lost(&mut self, fate: &mut Fate, net: &mut Network, conn: u64) {
        if self.conn == Some(conn) {
            self.conn = None;
            self.file.close(fate.now);
            self.not_connected(fate, net);
        }
    }

    pub(crate) fn tick(&mut self, fate: &mut Fate, net: &mut Network) {
        if self.timer == Some(fate.now) {
            self.timer = None;
            if let Voice::Session { session, .. } = &mut self.voice {
                session.handle_timeout(fate.now);
            }
            self.pump(fate, net);
        }
    }

    /// It ends, as things are.
    pub(crate) fn end(&mut self, fate: &mut Fate, net: &mut Network, ending: Ending) {
        let outbox = match &self.voice {
            Voice::Session { session, .. } => session.outbox_len(),
            Voice::Raw(_) => 0,
        };
        self.leave(fate, net);
        self.file.end(fate.now, outbox, ending);
        self.is_over = true;
    }

    /// Closes the connection, or gives up the try.
    fn leave(&mut self, fate: &mut Fate, net: &mut Network) {
        self.trying = None;
        if let Some(conn) = self.conn.take() {
            self.file.close(fate.now);
            net.client_left(fate, conn);
        }
    }

    fn connect(&mut self, fate: &mut Fate, gateway: usize) {
        self.attempt += 1;
        self.trying = Some(self.only.unwrap_or(gateway));
        let (client, attempt) = (self.index, self.attempt);
        fate.within(CONNECTING, Event::Connected { client, attempt });
    }

    /// Does what the session wants, and lets the one behind it know.
    pub(crate) fn pump(&mut self, fate: &mut Fate, net: &mut Network) {
        while !self.is_over {
            let Voice::Session { session, mind } = &mut self.voice else { return };
            match session.next_command() {
                Some(Do::Connect { gateway }) => self.connect(fate, gateway),
                Some(Do::Send(command)) => {
                    if let (Mind::Player(player), Command::Send { post, .. }) = (mind, &command) {
                        player.sends(post);
                    }
                    let text = command.encode();
                    self.file.out(fate.now, &text);
                    if let Some(conn) = self.conn {
                        net.tell_gateway(fate, conn, text);
                    }
                }
                Some(Do::Close) => {
                    self.leave(fate, net);
                    if let Voice::Session { session, .. } = &mut self.voice {
                        session.handle_disconnected(Lost::Broken, fate.now);
                    }
                }
                None => match (session.next_event(), mind) {
                    (None, _) => break,
                    (Some(Told::Stopped), _) => {}
                    (Some(told), Mind::Player(player)) => player.hears(fate, told),
                    (Some(told), Mind::Sweeper(sweeper)) => sweeper.hears(fate, session, told),
                },
            }
        }
        self.set_timer(fate);
    }

    fn set_timer(&mut self, fate: &mut Fate) {
        let Voice::Session { session, .. } = &self.voice else { return };
        let Some(due) = session.poll_timeout().filter(|_| !self.is_over) else { return };
        let due = due.max(fate.now);
        if self.timer.is_none_or(|at| due < at) {
            self.timer = Some(due);
            fate.at(due, Event::Timer { client: self.index });
        }
    }

    /// Nothing of it is under way.
    pub(crate) fn is_idle(&self) -> bool {
        self.conn.is_none() && self.trying.is_none()
    }
}
