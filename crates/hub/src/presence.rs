//! Who is there: a machine of its own, beside the conversations. Nothing of it is journaled.
//!
//! A gateway says who has a connection there. Its link is the lease: a gateway that is gone takes its
//! users with it, but only after [`LINGER`], so that nobody flickers who comes back through another
//! gateway, or reloads a page.
//!
//! # Invariants
//!
//! - Watchers are told the state when they begin and at every change after, in order, never twice the
//!   same.
//! - A user is kept while a gateway has them, while they linger, or while someone watches.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use model::{Mono, UserId};

use crate::GatewayId;

/// How long someone is still there after their last connection ended.
pub const LINGER: Duration = Duration::from_secs(15);

/// What a gateway is to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Which gateway.
    pub gateway: GatewayId,
    /// Of whom.
    pub user: UserId,
    /// Whether they are there.
    pub online: bool,
}

/// Who is there, of the users of some partitions.
#[derive(Debug, Default)]
pub struct Presence {
    users: BTreeMap<UserId, User>,
    /// By gateway: who is there through it, and whom it watches.
    gateways: BTreeMap<GatewayId, BTreeSet<UserId>>,
    /// Who left, by when it counts.
    leaving: BTreeSet<(Mono, UserId)>,
    told: VecDeque<Told>,
}

#[derive(Debug, Default)]
struct User {
    /// Sorted by nothing, each once: there are few gateways.
    at: Vec<GatewayId>,
    watchers: BTreeSet<GatewayId>,
    /// When the last connection's end counts.
    leaves_at: Option<Mono>,
}

impl User {
    fn is_online(&self) -> bool {
        !self.at.is_empty() || self.leaves_at.is_some()
    }

    fn is_nobody(&self) -> bool {
        !self.is_online() && self.watchers.is_empty()
    }
}

impl Presence {
    /// A user has a connection at a gateway, or no longer any.
    pub fn handle_present(&mut self, gateway: GatewayId, user: UserId, here: bool, now: Mono) {
        if here {
            self.come(gateway, user);
        } else {
            self.go(gateway, &user, now);
            self.tidy(gateway, &user);
        }
    }

    /// A gateway wants to hear of a user, or no longer.
    pub fn handle_watch(&mut self, gateway: GatewayId, user: UserId, on: bool) {
        if on {
            let known = self.users.entry(user.clone()).or_default();
            let online = known.is_online();
            known.watchers.insert(gateway);
            self.gateways.entry(gateway).or_default().insert(user.clone());
            self.told.push_back(Told { gateway, user, online });
        } else {
            if let Some(known) = self.users.get_mut(&user) {
                known.watchers.remove(&gateway);
            }
            self.tidy(gateway, &user);
        }
    }

    /// A link is gone: its gateway watches nobody, and who was there through it alone will leave.
    pub fn handle_gateway_gone(&mut self, gateway: GatewayId, now: Mono) {
        for user in self.gateways.remove(&gateway).into_iter().flatten() {
            if let Some(known) = self.users.get_mut(&user) {
                known.watchers.remove(&gateway);
            }
            self.go(gateway, &user, now);
            self.tidy(gateway, &user);
        }
    }

    /// Time passed.
    pub fn handle_timeout(&mut self, now: Mono) {
        while self.leaving.first().is_some_and(|(at, _)| *at <= now) {
            let Some((_, user)) = self.leaving.pop_first() else { return };
            if let Some(known) = self.users.get_mut(&user) {
                known.leaves_at = None;
                let (watchers, nobody) = (known.watchers.clone(), known.is_nobody());
                self.tell(&watchers, &user, false);
                if nobody {
                    self.users.remove(&user);
                }
            }
        }
    }

    /// When [`Presence::handle_timeout`] is to be called next.
    pub fn poll_timeout(&self) -> Option<Mono> {
        self.leaving.first().map(|(at, _)| *at)
    }

    /// The next thing to be told, if any.
    pub fn next_told(&mut self) -> Option<Told> {
        self.told.pop_front()
    }

    /// How many are there now.
    pub fn online(&self) -> usize {
        self.users.values().filter(|user| user.is_online()).count()
    }

    fn come(&mut self, gateway: GatewayId, user: UserId) {
        let known = self.users.entry(user.clone()).or_default();
        let was = known.is_online();
        if !known.at.contains(&gateway) {
            known.at.reserve_exact(1);
            known.at.push(gateway);
        }
        if let Some(at) = known.leaves_at.take() {
            self.leaving.remove(&(at, user.clone()));
        }
        let watchers = known.watchers.clone();
        self.gateways.entry(gateway).or_default().insert(user.clone());
        if !was {
            self.tell(&watchers, &user, true);
        }
    }

    fn go(&mut self, gateway: GatewayId, user: &UserId, now: Mono) {
        let Some(known) = self.users.get_mut(user) else { return };
        let before = known.at.len();
        known.at.retain(|at| *at != gateway);
        if before > 0 && known.at.is_empty() {
            let at = now + LINGER;
            known.leaves_at = Some(at);
            self.leaving.insert((at, user.clone()));
        }
    }

    /// Forgets what nobody needs.
    fn tidy(&mut self, gateway: GatewayId, user: &UserId) {
        let Some(known) = self.users.get(user) else { return };
        let has = known.at.contains(&gateway) || known.watchers.contains(&gateway);
        if known.is_nobody() {
            self.users.remove(user);
        }
        if !has && let Some(theirs) = self.gateways.get_mut(&gateway) {
            theirs.remove(user);
            if theirs.is_empty() {
                self.gateways.remove(&gateway);
            }
        }
    }

    fn tell(&mut self, watchers: &BTreeSet<GatewayId>, user: &UserId, online: bool) {
        for &gateway in watchers {
            self.told.push_back(Told { gateway, user: user.clone(), online });
        }
    }
}
