//! The judgement, when all is read.

use std::collections::BTreeMap;

use model::Understood;

use super::{Audit, Found, Place, Room, Sums, shown};
use crate::book::{Book, Draft, Name};
use crate::{Kind, Options, Results};

/// Windows are compared with conversations only while none of them has been kept for long enough.
const WINDOWS_COMPARED_MS: u64 = 24 * 60 * 60 * 1_000;

/// Judges what the journal and the tables say, and what clients wrote down against both.
pub(crate) fn judge(book: &mut Book, mut audit: Audit) {
    let options = book.options;
    audit.texts(options);
    audit.strays();
    audit.rows();
    if options.settled {
        audit.sums();
    }
    audit.is_counted(options);
    audit.acknowledged(book);
    book.counts.results = Some(audit.results);
    for Found { kind, name, text, at } in audit.found {
        book.found_at(kind, name.as_ref(), text, vec![at]);
    }
}

impl Audit {
    /// Each text has its place, and, in the end, its final result.
    fn texts(&mut self, options: Options) {
        let mut unresolved = Vec::new();
        for (offset, place) in &self.places {
            if place.is_gone {
                self.results.gone += 1;
                continue;
            }
            self.results.count(&place.standing);
            let is_final = match place.standing {
                Understood::Full(_) | Understood::Dead(_) => true,
                Understood::Pending | Understood::Degraded { .. } => false,
            };
            if options.settled && !is_final {
                let standing = shown(&place.standing);
                let text = format!("id {}, seq {}, is {standing} in the end", place.id, place.seq);
                unresolved.push((place.name.clone(), text, *offset));
            }
        }
        for (name, text, offset) in unresolved {
            self.broken(Kind::Unresolved, &name, text, offset);
        }
    }

    /// A result speaks of a text, or of what expired.
    fn strays(&mut self) {
        for (name, seq, at) in std::mem::take(&mut self.strays) {
            if self.rooms.get(&name).is_none_or(|room| seq >= room.first) {
                let text = format!("a result of seq {seq}, and the journal has no such text");
                self.broken(Kind::BrokenResult, &name, text, at);
            }
        }
    }

    /// Each conversation has its row, and each row says what was folded here.
    fn rows(&mut self) {
        let rows = std::mem::take(&mut self.rows);
        let mut found = Vec::new();
        for (name, room) in &self.rooms {
            let row = rows.get(name.as_ref()).copied().unwrap_or_default();
            if room.is_whole() {
                self.results.exact += u64::from(room.here != Sums::default());
            } else {
                self.results.bounded += 1;
            }
            if let Some(text) = room.differs(row) {
                found.push((Some(name.clone()), text));
            }
        }
        let unknown = rows.keys().filter(|name| !self.rooms.contains_key(name.as_str()));
        found.extend(
            unknown.map(|name| (None, format!("{name} is counted, and the journal has it not"))),
        );
        for (name, text) in found {
            self.miscounted(name, text);
        }
        self.rows = rows;
    }

    /// Windows count what conversations count, and perhaps what has gone since: after a crash, or in an older file that
    /// was put back, those of all messages are ahead of those of conversations, and a text that is erased before the
    /// others come to it is counted in them alone.
    fn sums(&mut self) {
        let gone: i64 = self.rooms.values().map(Room::gone_at_most).fold(0, i64::saturating_add);
        let is_young =
            self.stamps.is_some_and(|(first, last)| last.0 - first.0 < WINDOWS_COMPARED_MS);
        let mut whole = Sums::default();
        self.rows.values().for_each(|row| whole += *row);
        for (kind, sums) in std::mem::take(&mut self.windows) {
            if is_young && sums != whole && !is_ahead(sums, whole, gone) {
                let text = format!("{kind} count {sums:?}, conversations {whole:?}");
                self.miscounted(None, text);
            }
        }
    }

    /// In the end nothing is left to be counted.
    fn is_counted(&mut self, options: Options) {
        let (counted, last) = (self.counted, self.last);
        if options.settled && counted < last {
            let text = format!("the tables end at batch {counted}, results at batch {last}");
            self.miscounted(None, text);
        }
    }

    /// What was acknowledged stands where it was acknowledged, or is gone on purpose.
    fn acknowledged(&mut self, book: &Book) {
        let mut spots: BTreeMap<(&str, u64), &Place> = BTreeMap::new();
        for place in self.places.values() {
            spots.insert((place.name.as_ref(), place.seq), place);
        }
        let mut lost = Vec::new();
        for (id, entry) in &book.entries {
            let Some(ack) = entry.acknowledged.first().filter(|_| is_text(&entry.drafts)) else {
                continue;
            };
            let (name, seq) = (&ack.spot.conversation, ack.spot.seq);
            let first = self.rooms.get(name).map_or(0, |room| room.first);
            let stands = spots.get(&(name.as_ref(), seq)).is_some_and(|place| place.id == *id);
            if !stands && seq >= first && !book.options.damaged {
                let at = format!("{}:{}", book.file_name(ack.at.file), ack.at.line);
                let text = format!("id {id} was acknowledged as seq {seq}; the journal lacks it");
                lost.push(Found { kind: Kind::Lost, name: Some(name.clone()), text, at });
            }
        }
        self.found.extend(lost);
    }

    fn miscounted(&mut self, name: Option<Name>, text: String) {
        self.found.push(Found { kind: Kind::Miscounted, name, text, at: "tables".to_owned() });
    }
}

/// Whether something more is counted, and of nothing more than so much. What it felt like is not known any more.
fn is_ahead(sums: Sums, whole: Sums, gone: i64) -> bool {
    let more =
        || whole.parts().into_iter().zip(sums.parts()).map(|((_, whole), (_, sums))| sums - whole);
    more().any(|more| more > 0) && more().all(|more| (0..=gone).contains(&more))
}

fn is_text(drafts: &[Draft]) -> bool {
    drafts.first().is_some_and(|draft| draft.what.is_text())
}

impl Room {
    /// Nothing of it is gone.
    fn is_whole(&self) -> bool {
        self.gone == 0 && self.first <= 1
    }

    /// Texts that are not there any more, at most: what expired left nothing behind that could be counted here.
    fn gone_at_most(&self) -> i64 {
        if self.is_whole() {
            return 0;
        }
        self.gone.saturating_add(i64::try_from(self.first).unwrap_or(i64::MAX))
    }

    /// In what a row is not what was folded, in words.
    fn differs(&self, row: Sums) -> Option<String> {
        if self.is_whole() {
            let here = self.here;
            return (row != here).then(|| format!("its row is {row:?}, the journal says {here:?}"));
        }
        let gone = self.gone_at_most();
        self.here.parts().into_iter().zip(row.parts()).find_map(|((what, here), (_, row))| {
            let (least, most) = (here, here.saturating_add(gone));
            (row < least || row > most)
                .then(|| format!("its row has {row} {what}, the journal says {least} to {most}"))
        })
    }
}

impl Results {
    fn count(&mut self, standing: &Understood) {
        self.texts += 1;
        *match standing {
            Understood::Pending => &mut self.pending,
            Understood::Full(_) => &mut self.full,
            Understood::Degraded { .. } => &mut self.degraded,
            Understood::Dead(_) => &mut self.dead,
        } += 1;
    }
}
