//! Time and what is to happen in it: a queue of events that dice put in order.

use std::collections::BTreeMap;
use std::time::Duration;

use link::{FromOwner, ToOwner};
use model::{Mono, Wall};

use super::dice::{Dice, Trace};
use super::met::Met;
use super::owner::Task;

/// The wall clock when a run begins, milliseconds.
const BEGINNING_MS: u64 = 1_700_000_000_000;

/// What happens next. `life` says to which life of its owner or gateway it belongs: it comes to nothing
/// when another one is there.
#[derive(Debug)]
pub(crate) enum Event {
    /// A client does something.
    Act { client: usize },
    /// A session is told the time.
    Timer { client: usize },
    /// A try to connect ends.
    Connected { client: usize, attempt: u64 },
    /// A frame arrives.
    ToGateway { conn: u64, text: String },
    /// A frame arrives.
    ToClient { conn: u64, text: String },
    /// A gateway notices that a connection is gone.
    GatewayLost { conn: u64 },
    /// A client notices that a connection is gone.
    ClientLost { conn: u64 },
    /// A gateway is started again.
    GatewayStart { gateway: usize },
    /// A gateway looks what is due.
    GatewayTurn { gateway: usize, life: u64 },
    /// A gateway tries to reach the owner.
    Dial { gateway: usize, life: u64 },
    /// Something arrives over a link.
    ToOwner { link: u64, what: ToOwner },
    /// Something arrives over a link.
    FromOwner { link: u64, what: FromOwner },
    /// A gateway notices that its link is gone.
    LinkLost { link: u64 },
    /// The owner notices that a link is gone.
    LinkDown { link: u64 },
    /// A hub takes some of its inbox.
    HubTurn { life: u64, hub: usize },
    /// The journal writes what waits.
    WriterTurn { life: u64 },
    /// The views follow the journal.
    FollowTurn { life: u64 },
    /// The views answer.
    Answer { life: u64, hub: usize, task: Box<Task> },
    /// A poisoned owner ends.
    OwnerExit { life: u64 },
    /// The owner is started again.
    OwnerStart,
    /// Something is said that nobody listens to.
    Ballast,
    /// Something goes wrong.
    Fault,
    /// There is room on the disk again.
    RoomAgain,
}

/// The queue, and all that goes with a run.
pub(crate) struct Fate {
    pub(crate) now: Mono,
    pub(crate) dice: Dice,
    pub(crate) met: Met,
    pub(crate) trace: Trace,
    /// Promises that were broken where no history shows it.
    pub(crate) broken: Vec<String>,
    /// Milliseconds by which the wall clock is wrong.
    pub(crate) wall_ahead_ms: u64,
    queue: BTreeMap<(Mono, u64), Event>,
    pushed: u64,
}

impl Fate {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            now: Mono(1),
            dice: Dice::new(seed),
            met: Met::default(),
            trace: Trace::new(),
            broken: Vec::new(),
            wall_ahead_ms: 0,
            queue: BTreeMap::new(),
            pushed: 0,
        }
    }

    /// Of two events at one time the first put is the first to happen.
    pub(crate) fn at(&mut self, when: Mono, event: Event) {
        self.pushed += 1;
        self.queue.insert((when.max(self.now), self.pushed), event);
    }

    pub(crate) fn within(&mut self, most: Duration, event: Event) {
        let when = self.now + self.dice.delay(most);
        self.at(when, event);
    }

    /// Never before what went the same way: `last` is when that arrives.
    pub(crate) fn in_order(&mut self, last: &mut Mono, most: Duration, event: Event) {
        *last = (self.now + self.dice.delay(most)).max(*last);
        self.at(*last, event);
    }

    /// The next event before `end`; time goes on to it.
    pub(crate) fn next(&mut self, end: Mono) -> Option<Event> {
        let entry = self.queue.first_entry()?;
        let (when, number) = *entry.key();
        if when >= end {
            return None;
        }
        self.now = when;
        self.trace.numbers(&[when.0, number]);
        Some(entry.remove())
    }

    pub(crate) fn wall(&self) -> Wall {
        Wall(BEGINNING_MS + self.wall_ahead_ms + self.now.0 / 1_000_000)
    }
}
