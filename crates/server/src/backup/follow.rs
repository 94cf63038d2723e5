//! The journal's segments, copied while it is appended to, thinned and shortened at its front.
//!
//! A pass looks at each segment once. If the journal was thinned meanwhile such that the copy would say
//! less than what was thinned rests on, another pass copies what is new since.

use std::io;
use std::path::Path;

use journal::{OnlookError, Onlooker, Seen};

use super::error::BackupError;
use super::files::{self, Copier};
use super::manifest::Entry;
use super::target::Target;
use crate::data_dir::JOURNAL;

/// Passes after which a journal that is thinned all the time is given up.
const PASSES_MAX: u32 = 16;

/// What one pass has seen.
#[derive(Default)]
struct Pass {
    /// Batches up to this one were durable, and are in the backup or thinned away.
    reached: u64,
    /// The highest batch as of which a segment was thinned.
    thinned_as_of: u64,
    /// The last segment was sealed and thinned, or the first ones deleted, while it looked.
    overtaken: bool,
}

/// A segment, the one behind it, and what the backup has of it.
struct Turn<'a> {
    number: u64,
    seen: Seen,
    next: Option<Seen>,
    /// It is the last one that the backup has.
    last: bool,
    journal: &'a Path,
}

impl Target {
    /// Takes what is new, and what is different.
    pub(super) fn take_journal(
        &mut self,
        journal: &Path,
        copier: &mut Copier<'_>,
        damage: &mut Vec<String>,
    ) -> Result<(), BackupError> {
        for _ in 0..PASSES_MAX {
            let pass = self.pass(journal, copier, damage)?;
            if !pass.overtaken && pass.reached >= pass.thinned_as_of {
                return files::sync_directory(&self.dir.join(JOURNAL));
            }
        }
        Err(self.refused("cannot follow the journal, which is thinned all the time: try again"))
    }

    fn pass(
        &mut self,
        journal: &Path,
        copier: &mut Copier<'_>,
        damage: &mut Vec<String>,
    ) -> Result<Pass, BackupError> {
        let onlooker = Onlooker::new(journal);
        let numbers = onlooker.segments()?;
        let mut pass = Pass { reached: self.manifest.last_batch, ..Pass::default() };
        let Some(oldest_kept) = there(onlooker.oldest_kept(&numbers))? else {
            return Ok(Pass { overtaken: true, ..pass });
        };
        let last = self.begin(&onlooker, &numbers, oldest_kept)?;
        let begin = numbers.iter().position(|&number| Some(number) == last).unwrap_or(0);
        copier.expect(journal, &numbers[begin..]);
        for (index, &number) in numbers.iter().enumerate() {
            let next =
                numbers.get(index + 1).map(|&next| there(onlooker.open(next))).transpose()?;
            let (Some(seen), true) = (there(onlooker.open(number))?, !matches!(next, Some(None)))
            else {
                return Ok(Pass { overtaken: true, ..pass });
            };
            let (next, last_one) = (next.flatten(), Some(number) == last);
            pass.overtaken |= next.is_none() && seen.edition().is_some();
            pass.thinned_as_of = pass.thinned_as_of.max(seen.thinned_as_of().map_or(0, |at| at.0));
            pass.reached = pass.reached.max(seen.first_batch().map_or(0, |first| first.0 - 1));
            let missed =
                last.is_some_and(|last| number < last) && self.manifest.segment(number).is_none();
            if !missed {
                self.take(Turn { number, seen, next, last: last_one, journal }, copier, damage)?;
            }
        }
        pass.reached = pass.reached.max(self.manifest.last_batch);
        self.drop_deleted(&numbers, oldest_kept)?;
        Ok(pass)
    }

    /// The last segment that the backup has, if the journal has it; `None` if the backup has none, or
    /// the journal no longer.
    fn begin(
        &self,
        onlooker: &Onlooker,
        numbers: &[u64],
        oldest_kept: u64,
    ) -> Result<Option<u64>, BackupError> {
        let Some((last, _)) = self.manifest.last_segment() else { return Ok(None) };
        if numbers.contains(&last) {
            return Ok(Some(last));
        }
        let first = numbers.first().map(|&first| onlooker.open(first)).transpose()?;
        let goes_on = first.and_then(|first| first.first_batch());
        if last < oldest_kept && goes_on.is_some_and(|first| first.0 > self.manifest.last_batch) {
            return Ok(None);
        }
        Err(self.refused("ends with a segment that this journal does not have: give an empty one"))
    }

    /// Copies what the backup does not have of a segment.
    fn take(
        &mut self,
        turn: Turn<'_>,
        copier: &mut Copier<'_>,
        damage: &mut Vec<String>,
    ) -> Result<(), BackupError> {
        let Turn { number, seen, next, last, journal } = turn;
        let new = Entry::segment(number, seen.edition());
        let known = self.manifest.segment(number).cloned();
        let same = known.as_ref().filter(|known| known.name == new.name).cloned();
        // Sealed, and as it was; or its header rots, and the copy is better.
        if known.is_some() && !last && (same.is_some() || !seen.is_whole()) {
            return Ok(());
        }
        let replaced = known.filter(|_| same.is_none());
        if let Some(replaced) = &replaced {
            self.refuse_another(replaced, number, &seen, next.as_ref().filter(|_| last))?;
        }
        let kept = same.unwrap_or(new);
        let stretch = seen.stretch(next.as_ref(), kept.bytes)?;
        let rotten = !stretch.unreadable.is_empty();
        for (from, to) in &stretch.unreadable {
            let named = format!("{JOURNAL}/{}: bytes {from}..{to} do not read", stretch.file);
            if !damage.contains(&named) {
                damage.push(named);
            }
        }
        // Sealed before, thinned since, and rotten since: what is there may be what repairs it.
        if rotten && replaced.is_some() && !last {
            return Ok(());
        }
        let entry = self.take_segment(journal, (&seen, &stretch), &kept, copier)?;
        if let Some(replaced) = &replaced {
            let path = self.dir.join(&replaced.name);
            let gone = Seen::open(&path, number)?.copied(replaced.bytes)?;
            self.manifest.forget(&replaced.name, &gone);
        }
        self.manifest.add(entry, &stretch);
        Ok(())
    }

    /// The segment must be the one of which there is another copy. If that was the last one, this one
    /// must not end before it: its successor, given then, says.
    fn refuse_another(
        &self,
        copy: &Entry,
        number: u64,
        seen: &Seen,
        next: Option<&Seen>,
    ) -> Result<(), BackupError> {
        let copied = Seen::open(&self.dir.join(&copy.name), number)?;
        let same = seen.salt().is_some() && seen.salt() == copied.salt();
        let ended = next.and_then(Seen::first_batch);
        let whole = next.is_none() || ended.is_some_and(|next| next.0 > self.manifest.last_batch);
        if same && whole { Ok(()) } else { Err(self.no_prefix()) }
    }

    /// What the journal has deleted, and says so, goes.
    fn drop_deleted(&mut self, numbers: &[u64], oldest_kept: u64) -> Result<(), BackupError> {
        let gone = |entry: &Entry| {
            entry.number().filter(|number| *number < oldest_kept && !numbers.contains(number))
        };
        let gone: Vec<_> = self
            .manifest
            .files
            .iter()
            .cloned()
            .filter_map(|entry| Some((gone(&entry)?, entry)))
            .collect();
        for (number, entry) in gone {
            let copied = Seen::open(&self.dir.join(&entry.name), number)?.copied(entry.bytes)?;
            self.manifest.forget(&entry.name, &copied);
        }
        Ok(())
    }
}

/// `None` = it was deleted meanwhile, as what is empty at the front is.
fn there<T>(opened: Result<T, OnlookError>) -> Result<Option<T>, BackupError> {
    match opened {
        Err(error) if error.why.kind() == io::ErrorKind::NotFound => Ok(None),
        opened => Ok(Some(opened?)),
    }
}
