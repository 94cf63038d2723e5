//! Tickets: what a browser shows in its first frame instead of a token.
//!
//! A ticket is 128 random bits that open one connection, once, within [`TICKET_LIFE`]. It is worth
//! nothing when it leaks later, into a log or a history.
//!
//! Looking one up tells nothing of the others by its time: the map's hash is keyed with a secret
//! seed, so where two tickets meet does not depend on how they begin, and a whole ticket is
//! compared as one number.

use std::collections::BTreeMap;
use std::fmt;

use model::{SeededMap, SeededState, Wall};

use crate::bounds::{TICKET_LIFE, TICKETS_MAX};
use crate::claims::later;
use crate::grant::Grant;

/// Hexadecimal digits of a ticket.
const DIGITS: usize = 32;

/// Tickets that were issued and not yet redeemed: at most [`TICKETS_MAX`], the oldest dropped.
pub struct Tickets {
    held: SeededMap<u128, Held>,
    /// By the order of issue.
    order: BTreeMap<u64, u128>,
    issued: u64,
}

struct Held {
    grant: Grant,
    issued_at: Wall,
    serial: u64,
}

impl Tickets {
    /// None yet. The seed is secret.
    pub fn new(seed: SeededState) -> Self {
        Self { held: SeededMap::with_hasher(seed), order: BTreeMap::new(), issued: 0 }
    }

    /// A ticket for what is granted. `dice` are 128 bits from the system: whoever can guess them
    /// can come in.
    pub fn issue(&mut self, grant: Grant, dice: u128, now: Wall) -> String {
        self.take(dice);
        self.drop_dead(now);
        if self.held.len() == TICKETS_MAX {
            self.drop_oldest();
        }
        self.issued += 1;
        self.order.insert(self.issued, dice);
        self.held.insert(dice, Held { grant, issued_at: now, serial: self.issued });
        format!("{dice:032x}")
    }

    /// What it was issued for, if it is one, in time, and for the first time; and if what was
    /// granted has not ended meanwhile.
    pub fn redeem(&mut self, text: &str, now: Wall) -> Option<Grant> {
        // The number alone would also be read from other writings of it, with a sign or shorter.
        let digits = text.len() == DIGITS && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = digits.then(|| u128::from_str_radix(text, 16).ok()).flatten()?;
        let held = self.take(number)?;
        (held.is_alive(now) && now < held.grant.expires_at()).then_some(held.grant)
    }

    /// How many wait; those count that are past their time and were not looked at since.
    pub fn len(&self) -> usize {
        self.held.len()
    }

    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    fn take(&mut self, number: u128) -> Option<Held> {
        let held = self.held.remove(&number)?;
        self.order.remove(&held.serial);
        Some(held)
    }

    fn drop_dead(&mut self, now: Wall) {
        while let Some(oldest) = self.order.first_entry() {
            if self.held.get(oldest.get()).is_some_and(|held| held.is_alive(now)) {
                break;
            }
            self.drop_oldest();
        }
    }

    fn drop_oldest(&mut self) {
        if let Some((_, number)) = self.order.pop_first() {
            self.held.remove(&number);
        }
    }
}

impl Held {
    /// A clock that was set back ends a ticket rather than lengthen its life.
    fn is_alive(&self, now: Wall) -> bool {
        self.issued_at <= now && now < later(self.issued_at, TICKET_LIFE)
    }
}

impl fmt::Debug for Tickets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tickets({}, hidden)", self.held.len())
    }
}
