//! Dead letters, for those who operate: look at them, see what asking for them again would take, and have that done.
//!
//! A replay takes the letters that are there when it begins, the oldest first, one after the other at its rate; each
//! becomes pending, which is a fact, and waits with the others to be asked again. One runs at a time. It is not a
//! fact itself: after a crash what it had not come to is dead as before. Letters beyond [`Settings::letters_max`] come
//! back once it has made room for them.

use std::time::Duration;

use model::{LetterId, Mono, Offset, Reason, Understood, Wall};

use crate::Enricher;
#[cfg(doc)]
use crate::Settings;
use crate::dead::Letter;
use crate::in_hand::{Coming, InHand};

/// Letters a second that a replay may ask for.
pub const REPLAY_PER_S_MAX: u32 = 1_000;

/// How far a replay that was held up may come after, at its rate.
const LATE_MAX: Duration = Duration::from_millis(20);

/// How often one that finds no room looks again.
const REST: Duration = Duration::from_millis(50);

/// What a replay would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// Letters by why they were given up, the reasons in the order of their numbers; those too that there was no room
    /// for, which a replay leaves for the next.
    pub reasons: Vec<(Reason, u64)>,
    /// When the oldest and the newest of those that are kept were said.
    pub span: Option<(Wall, Wall)>,
    /// Calls that one letter may take, each.
    pub tries_max: u8,
    /// How long it would take if every first call were answered.
    pub lasts: Duration,
}

/// Why there is no replay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoReplay {
    /// One is running: wait for it, or cancel it.
    Running,
    /// Nothing is ever asked again here.
    NothingAgain,
    /// A rate is from 1 to [`REPLAY_PER_S_MAX`].
    Rate,
}

/// How a replay goes, or how the last one went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Replay {
    /// Letters of which reason; none: of all.
    pub reason: Option<Reason>,
    /// Letters a second.
    pub per_s: u32,
    /// Letters that were there when it began.
    pub of: u64,
    /// Letters that were made pending.
    pub done: u64,
    /// Letters that it left as they are: whose they are is not known.
    pub left: u64,
    /// Whether it goes on.
    pub runs: bool,
    /// The last that it came to, and the last that it comes to.
    at: Option<LetterId>,
    until: Option<LetterId>,
    due: Mono,
}

impl Enricher {
    /// Dead letters after `after`, the oldest first: of one reason, or of all. Up to [`Settings::letters_max`] are
    /// kept, those beyond are counted by [`preview`](Self::preview) alone.
    pub fn letters(
        &self,
        reason: Option<Reason>,
        after: Option<LetterId>,
    ) -> impl Iterator<Item = (LetterId, &Letter)> {
        let dead = self.ledger.dead();
        let next = move |at: &(LetterId, _)| dead.after(reason, Some(at.0));
        std::iter::successors(dead.after(reason, after), next)
    }

    /// One dead letter.
    pub fn letter(&self, id: LetterId) -> Option<&Letter> {
        let letter = self.ledger.dead().get(id.target)?;
        (letter.said.as_ref().is_none_or(|said| said.at == id.at)).then_some(letter)
    }

    /// What a replay would do, at so many letters a second.
    pub fn preview(&self, reason: Option<Reason>, per_s: u32) -> Preview {
        let dead = self.ledger.dead();
        let wanted = |why: &Reason| reason.is_none_or(|reason| reason == *why);
        let reasons: Vec<_> = Reason::ALL
            .into_iter()
            .filter(wanted)
            .map(|reason| (reason, dead.count(reason)))
            .filter(|(_, letters)| *letters > 0)
            .collect();
        let oldest = dead.of(reason).filter_map(|(_, ids)| ids.first()).min();
        let newest = dead.of(reason).filter_map(|(_, ids)| ids.last()).max();
        let slowest = per_s.min(self.settings.again_per_s).max(1);
        let letters: u64 = reasons.iter().map(|(_, letters)| letters).sum();
        Preview {
            reasons,
            span: oldest.zip(newest).map(|(oldest, newest)| (oldest.at, newest.at)),
            tries_max: self.settings.tries_max,
            lasts: Duration::from_secs(letters.div_ceil(u64::from(slowest))),
        }
    }

    /// Begins a replay of all letters of a reason that are there now, so many a second.
    ///
    /// # Errors
    /// [`NoReplay`]: nothing is begun.
    pub fn begin_replay(
        &mut self,
        reason: Option<Reason>,
        per_s: u32,
        now: Mono,
    ) -> Result<(), NoReplay> {
        if !(1..=REPLAY_PER_S_MAX).contains(&per_s) {
            return Err(NoReplay::Rate);
        }
        if self.settings.again_per_s == 0 {
            return Err(NoReplay::NothingAgain);
        }
        if self.replay.is_some_and(|replay| replay.runs) {
            return Err(NoReplay::Running);
        }
        let dead = self.ledger.dead();
        let until = dead.of(reason).filter_map(|(_, ids)| ids.last()).max().copied();
        self.replay = Some(Replay {
            reason,
            per_s,
            of: dead.of(reason).map(|(_, ids)| ids.len() as u64).sum(),
            done: 0,
            left: 0,
            runs: until.is_some(),
            at: None,
            until,
            due: now,
        });
        Ok(())
    }

    /// Ends the replay that runs; what it had not come to stays dead. `false`: none runs.
    pub fn cancel_replay(&mut self) -> bool {
        let Some(replay) = self.replay.as_mut().filter(|replay| replay.runs) else { return false };
        replay.runs = false;
        true
    }

    /// The replay that runs, or else the last one.
    pub fn replay(&self) -> Option<Replay> {
        self.replay
    }

    /// Whether letters for which there is room are looked for: not while a replay runs, which takes those that were
    /// there when it began.
    pub(super) fn letters_come_back(&self) -> bool {
        !self.replay.is_some_and(|replay| replay.runs)
    }

    /// When the replay goes on.
    pub(super) fn replay_at(&self) -> Option<Mono> {
        self.replay.filter(|replay| replay.runs).map(|replay| replay.due)
    }

    /// The replay goes on as far as its rate and the room allow.
    pub(super) fn go_on_replaying(&mut self, now: Mono) {
        while let Some(mut replay) = self.replay.filter(|replay| replay.runs && replay.due <= now) {
            if self.room() == 0 || self.is_full() {
                replay.due = now + REST;
                self.replay = Some(replay);
                return;
            }
            let next = self.ledger.dead().after(replay.reason, replay.at);
            let next = next.map(|(id, _)| id).filter(|id| Some(*id) <= replay.until);
            match next {
                Some(id) if self.ask_again(id.target, now) => replay.done += 1,
                Some(_) => replay.left += 1,
                None => replay.runs = false,
            }
            replay.at = next.or(replay.at);
            let late = Mono(now.0.saturating_sub(nanos(LATE_MAX)));
            let apart = Duration::from_nanos(1_000_000_000 / u64::from(replay.per_s));
            replay.due = replay.due.max(late) + apart;
            self.replay = Some(replay);
        }
    }

    /// Makes a letter pending; `false` if it stays one, for nobody knows whose it is.
    fn ask_again(&mut self, target: Offset, now: Mono) -> bool {
        let Some(letter) = self.ledger.dead().get(target).cloned() else { return false };
        let Some(said) = letter.said else { return false };
        self.ledger.unbury(target);
        self.trace.now(now);
        let standing = Understood::Dead(letter.why);
        let coming = Coming { batch: letter.batch, standing, sweeps: 1, deadline: Mono(0) };
        let message = InHand::without_text(letter.conversation, letter.seq, said, coming);
        self.in_hand.insert(target, message);
        self.append(target, Understood::Pending);
        true
    }
}

fn nanos(span: Duration) -> u64 {
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)
}
