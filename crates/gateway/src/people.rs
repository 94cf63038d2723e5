//! Who is connected here, and of whom connections here want to know whether they are there.
//!
//! # Invariants
//!
//! - The owner hears of a user's first connection and of the end of the last, and of each user
//!   watched once, however many watch.
//! - After a lost link everything is said anew; what was known stays shown until the owner says
//!   otherwise.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use link::{ToOwner, USERS_MAX};
use model::UserId;

use crate::mailbox::Mailbox;

#[derive(Debug, Default)]
pub(crate) struct People {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Connections of each user here.
    here: HashMap<UserId, usize>,
    watched: HashMap<UserId, Watched>,
}

#[derive(Debug, Default)]
struct Watched {
    /// As the owner said last.
    online: Option<bool>,
    /// By the number of the connection.
    watchers: BTreeMap<u64, Arc<Mailbox>>,
}

impl People {
    /// A connection begins.
    pub(crate) fn come(&self, user: &UserId, say: impl FnOnce(ToOwner)) {
        let mut state = self.lock();
        let count = state.here.entry(user.clone()).or_default();
        *count += 1;
        if *count == 1 {
            say(ToOwner::Present { users: vec![user.clone()], here: true });
        }
    }

    /// A connection ends.
    pub(crate) fn go(&self, user: &UserId, say: impl FnOnce(ToOwner)) {
        let mut state = self.lock();
        let Some(count) = state.here.get_mut(user) else { return };
        *count -= 1;
        if *count == 0 {
            state.here.remove(user);
            say(ToOwner::Present { users: vec![user.clone()], here: false });
        }
    }

    /// A connection watches a user from now on. Gives what is known.
    pub(crate) fn watch(
        &self,
        connection: u64,
        user: &UserId,
        mailbox: &Arc<Mailbox>,
        say: impl FnOnce(ToOwner),
    ) -> Option<bool> {
        let mut state = self.lock();
        let watched = state.watched.entry(user.clone()).or_default();
        watched.watchers.insert(connection, Arc::clone(mailbox));
        if watched.watchers.len() == 1 {
            say(ToOwner::Watch { users: vec![user.clone()], on: true });
        }
        watched.online
    }

    /// It does no longer.
    pub(crate) fn unwatch(&self, connection: u64, user: &UserId, say: impl FnOnce(ToOwner)) {
        let mut state = self.lock();
        let Some(watched) = state.watched.get_mut(user) else { return };
        watched.watchers.remove(&connection);
        if watched.watchers.is_empty() {
            state.watched.remove(user);
            say(ToOwner::Watch { users: vec![user.clone()], on: false });
        }
    }

    /// The owner tells.
    pub(crate) fn presence(&self, user: &UserId, online: bool) {
        let mut state = self.lock();
        let Some(watched) = state.watched.get_mut(user) else { return };
        if watched.online.replace(online) != Some(online) {
            for mailbox in watched.watchers.values() {
                mailbox.presence(user, online);
            }
        }
    }

    /// Says everything that a new link has to hear. Under the lock: what changes meanwhile is said
    /// after it.
    pub(crate) fn retell(&self, mut say: impl FnMut(ToOwner)) {
        let state = self.lock();
        for users in chunks(state.here.keys()) {
            say(ToOwner::Present { users, here: true });
        }
        for users in chunks(state.watched.keys()) {
            say(ToOwner::Watch { users, on: true });
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn chunks<'a>(users: impl Iterator<Item = &'a UserId>) -> Vec<Vec<UserId>> {
    let users: Vec<UserId> = users.cloned().collect();
    users.chunks(USERS_MAX).map(<[UserId]>::to_vec).collect()
}
