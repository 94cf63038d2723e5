//! The connection: when to try, when to greet, when to ping, when to give up.

use std::time::Duration;

use model::Mono;
use rand_core::{Rng, SeedableRng};
use rand_pcg::Pcg64;

use wire::{CloseCode, Proof};

use crate::{Lost, Options};

/// After so many silent heartbeats a connection is given up.
const SILENT_HEARTBEATS: u32 = 3;

/// A shorter heartbeat than this is taken as this.
const HEARTBEAT_MIN: Duration = Duration::from_millis(10);

/// What the connection needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// A connection to this gateway.
    Connect(usize),
    /// To greet.
    Hello,
    /// A sign of life.
    Ping,
    /// To be given up.
    Close,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// The next try is due then.
    Down {
        connect_at: Mono,
    },
    Connecting {
        since: Mono,
    },
    /// Connected, not greeted yet.
    Silent,
    /// `hello` is out.
    Greeted,
    /// Welcome.
    Open,
    /// Given up; the shell has not said yet that it is gone.
    Closing,
    Stopped,
}

#[derive(Debug)]
pub(crate) struct Line {
    state: State,
    stopping: bool,
    gateway: usize,
    gateways: usize,
    failed: usize,
    /// There was a connection, since `connected_at`.
    stood: bool,
    connected_at: Mono,
    heard_at: Mono,
    sent_at: Mono,
    heartbeat: Duration,
    connect_timeout: Duration,
    backoff: crate::Backoff,
    /// It shows a ticket, and will show the same again.
    has_ticket: bool,
    dice: Pcg64,
}

impl Line {
    pub(crate) fn new(options: &Options, now: Mono) -> Self {
        let mut dice = Pcg64::seed_from_u64(options.seed);
        let gateways = options.gateways.max(1);
        let gateway = usize::try_from(dice.next_u64() % gateways as u64).unwrap_or(0);
        Self {
            state: State::Down { connect_at: now },
            stopping: false,
            gateway,
            gateways,
            failed: 0,
            stood: false,
            connected_at: now,
            heard_at: now,
            sent_at: now,
            heartbeat: options.heartbeat.max(HEARTBEAT_MIN),
            connect_timeout: options.connect_timeout,
            backoff: options.backoff.clone(),
            has_ticket: matches!(options.proof, Some(Proof::Ticket(_))),
            dice,
        }
    }

    pub(crate) fn connected(&mut self, now: Mono) {
        if matches!(self.state, State::Connecting { .. }) {
            self.state = State::Silent;
            self.stood = true;
            (self.connected_at, self.heard_at, self.sent_at) = (now, now, now);
        }
    }

    /// The server knows us; `false` if it was not asked.
    pub(crate) fn welcome(&mut self, heartbeat: Duration) -> bool {
        let greeted = self.state == State::Greeted;
        if greeted {
            self.state = State::Open;
            self.heartbeat = heartbeat.max(HEARTBEAT_MIN);
        }
        greeted
    }

    /// It is gone: how long until the next try, or `None` if there will be none.
    pub(crate) fn lost(&mut self, lost: Lost, now: Mono) -> Option<Duration> {
        let (again, least) = match lost {
            Lost::Broken => (true, None),
            Lost::Refused { retry_after_ms } => (true, retry_after_ms),
            // A ticket lets in once, and there is no other.
            Lost::Closed { code: CloseCode::STALE, .. } if self.has_ticket => (false, None),
            Lost::Closed { code, retry_after_ms } => (code.connect_again(), retry_after_ms),
        };
        if self.stopping || !again {
            self.state = State::Stopped;
            return None;
        }
        if std::mem::take(&mut self.stood)
            && now.since(self.connected_at) >= self.backoff.anew_after
        {
            self.failed = 0;
        }
        let wait = self.backoff.wait(self.failed, &mut self.dice);
        let wait = wait.max(Duration::from_millis(least.unwrap_or(0).into()));
        self.failed += 1;
        self.state = State::Down { connect_at: now + wait };
        Some(wait)
    }

    /// No other connection after this one; whether that is so already.
    pub(crate) fn stop(&mut self) -> bool {
        self.stopping = true;
        if matches!(self.state, State::Down { .. }) {
            self.state = State::Stopped;
        }
        self.state == State::Stopped
    }

    pub(crate) fn heard(&mut self, now: Mono) {
        self.heard_at = now;
    }

    pub(crate) fn sent(&mut self, now: Mono) {
        self.sent_at = now;
    }

    pub(crate) fn is_connected(&self) -> bool {
        matches!(self.state, State::Silent | State::Greeted | State::Open)
    }

    pub(crate) fn is_open(&self) -> bool {
        self.state == State::Open
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.state == State::Stopped
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping
    }

    pub(crate) fn is_down_or_stopped(&self) -> bool {
        matches!(self.state, State::Down { .. } | State::Stopped)
    }

    /// What is due, but for a ping and the last close: those come after all else.
    pub(crate) fn first_need(&mut self, now: Mono) -> Option<Need> {
        match self.state {
            State::Down { connect_at } if now >= connect_at => {
                self.state = State::Connecting { since: now };
                let gateway = self.gateway;
                self.gateway = (gateway + 1) % self.gateways;
                Some(Need::Connect(gateway))
            }
            State::Connecting { since } if self.stopping || now >= since + self.connect_timeout => {
                Some(self.close())
            }
            State::Silent | State::Greeted | State::Open if now >= self.silent_at() => {
                Some(self.close())
            }
            State::Silent | State::Greeted if self.stopping => Some(self.close()),
            State::Silent => {
                self.state = State::Greeted;
                Some(Need::Hello)
            }
            State::Down { .. }
            | State::Connecting { .. }
            | State::Greeted
            | State::Open
            | State::Closing
            | State::Stopped => None,
        }
    }

    /// What is due when nothing else is to be said.
    pub(crate) fn last_need(&mut self, now: Mono) -> Option<Need> {
        match self.state {
            State::Open if self.stopping => Some(self.close()),
            State::Open if now >= self.sent_at + self.heartbeat => Some(Need::Ping),
            State::Open
            | State::Down { .. }
            | State::Connecting { .. }
            | State::Silent
            | State::Greeted
            | State::Closing
            | State::Stopped => None,
        }
    }

    pub(crate) fn poll_timeout(&self) -> Option<Mono> {
        match self.state {
            State::Down { connect_at } => Some(connect_at),
            State::Connecting { since } => Some(since + self.connect_timeout),
            State::Silent | State::Greeted => Some(self.silent_at()),
            State::Open => Some(self.silent_at().min(self.sent_at + self.heartbeat)),
            State::Closing | State::Stopped => None,
        }
    }

    fn silent_at(&self) -> Mono {
        self.heard_at + self.heartbeat.saturating_mul(SILENT_HEARTBEATS)
    }

    fn close(&mut self) -> Need {
        self.state = State::Closing;
        Need::Close
    }
}
