//! A subscription is only a pointer: the next sequence number its client is to have.
//!
//! Is it inside the ring, frames are taken from there. Is it below, a page is read from the owner,
//! and again, until it reaches the ring. So handing over from history to live, catching up after
//! having been slow, and going on after the owner was away are one and the same thing.
//!
//! Nothing here waits, locks or knows a socket.
//!
//! # Invariants
//!
//! - What is delivered in one epoch is dense and ascending from `next`, each once, whatever the ring
//!   does meanwhile and however late or empty pages come.
//! - At most one page is out for a pointer; an answer to any other is nobody's.
//! - After a new attachment the position is judged again: is it not in that history,
//!   [`Step::Restart`] says so before anything else is delivered.

use model::{Epoch, Seq, Standing};

/// What a pointer sees of its conversation: how the attachment stands, and what the ring has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct View {
    /// Which attachment: another number, another one.
    pub(crate) attachment: u64,
    /// The epoch of its history.
    pub(crate) epoch: Epoch,
    /// The first message that can be had.
    pub(crate) first: Seq,
    /// The lowest in the ring; `head + 1` when it is empty.
    pub(crate) start: Seq,
    /// The highest that has come.
    pub(crate) head: Seq,
}

/// What to do for a pointer now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// Take frames from the ring, from `next` on.
    Ring,
    /// Read a page that begins at `next`.
    Page,
    /// Nothing, until the ring moves, a page comes or the conversation is attached again.
    Wait,
    /// Tell the client that its history is not recovered and goes on at `next`; then ask again.
    Restart,
}

/// What a page is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Page {
    /// Deliver these of its messages: leave `skip` out, take `take`. Then [`Pointer::page_ended`].
    Deliver {
        /// Those the client has.
        skip: usize,
        /// Those it is to have.
        take: usize,
    },
    /// Tell the client that its history is not recovered and goes on at `next`; the page has ended.
    Restart,
    /// It brings nothing: ask again a little later; the page has ended.
    Again,
    /// It was not asked for.
    NotMine,
}

/// What became of pointers, for the metrics.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tally {
    /// A pointer came from pages into the ring, and the ring had moved meanwhile.
    pub(crate) handovers: u64,
    /// A pointer in the ring fell below it.
    pub(crate) catch_ups: u64,
}

/// The next sequence number a client is to have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pointer {
    next: Seq,
    epoch: Epoch,
    attachment: u64,
    place: Place,
    /// The page that is out.
    page: Option<u64>,
    #[cfg(feature = "mutants")]
    released_early: bool,
}

/// Where it was when last looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Nowhere yet.
    New,
    /// Below the ring since the ring's head was this.
    Below { head: Seq },
    /// In the ring.
    Ring,
}

impl Pointer {
    /// A pointer to `next`, which was judged against `view`.
    pub(crate) fn new(next: Seq, view: &View) -> Self {
        Self {
            next,
            epoch: view.epoch,
            attachment: view.attachment,
            place: Place::New,
            page: None,
            #[cfg(feature = "mutants")]
            released_early: false,
        }
    }

    /// Makes it skip what it would have to read from the owner.
    #[cfg(feature = "mutants")]
    pub(crate) fn release_early(&mut self) {
        self.released_early = true;
    }

    /// The next sequence number its client is to have.
    pub(crate) fn next(&self) -> Seq {
        self.next
    }

    /// In which epoch.
    pub(crate) fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// What to do now; `None` = the conversation is not attached.
    pub(crate) fn step(&mut self, view: Option<&View>, tally: &mut Tally) -> Step {
        let Some(view) = view else { return Step::Wait };
        if self.attachment != view.attachment {
            self.attachment = view.attachment;
            self.place = Place::New;
            // `next - 1` is what the client has: it must be in that history.
            let there = view.first <= self.next && self.next.0 <= view.head.0 + 1;
            if self.epoch != view.epoch || !there {
                return self.restart(view.epoch, view.first);
            }
        }
        if self.page.is_some() {
            return Step::Wait;
        }
        #[cfg(feature = "mutants")]
        if self.released_early && self.next < view.start {
            self.next = view.start;
        }
        if self.next < view.start {
            match self.place {
                Place::Ring => tally.catch_ups += 1,
                Place::New | Place::Below { .. } => {}
            }
            if !matches!(self.place, Place::Below { .. }) {
                self.place = Place::Below { head: view.head };
            }
            return Step::Page;
        }
        match self.place {
            Place::Below { head } if head < view.head => tally.handovers += 1,
            Place::Below { .. } | Place::New | Place::Ring => {}
        }
        self.place = Place::Ring;
        // A page may have run ahead of the ring: then the ring is waited for.
        if self.next <= view.head { Step::Ring } else { Step::Wait }
    }

    /// Whether what [`Step::Page`] said still holds.
    pub(crate) fn wants_page(&self, view: &View) -> bool {
        self.page.is_none() && self.attachment == view.attachment && self.next < view.start
    }

    /// The page that [`Step::Page`] asked for is out, under this number.
    pub(crate) fn page_asked(&mut self, number: u64) {
        assert!(self.page.is_none(), "a pointer has one page out at a time");
        self.page = Some(number);
    }

    /// A page has come, with messages of these sequence numbers.
    pub(crate) fn page_came(
        &mut self,
        number: u64,
        standing: &Standing,
        seqs: impl IntoIterator<Item = Seq>,
    ) -> Page {
        if self.page != Some(number) {
            return Page::NotMine;
        }
        if standing.epoch != self.epoch {
            // Another history: the link must break and the conversation be attached anew.
            self.page = None;
            return Page::Again;
        }
        if self.next < standing.first {
            let _ = self.restart(standing.epoch, standing.first);
            return Page::Restart;
        }
        let (mut skip, mut take) = (0, 0);
        for seq in seqs {
            if take == 0 && seq < self.next {
                skip += 1;
            } else if seq.0 == self.next.0 + take {
                take += 1;
            } else {
                break;
            }
        }
        if take == 0 {
            self.page = None;
            return Page::Again;
        }
        Page::Deliver { skip, take: usize::try_from(take).unwrap_or(usize::MAX) }
    }

    /// No page came or comes under this number. True if it was this pointer's.
    pub(crate) fn page_failed(&mut self, number: u64) -> bool {
        let mine = self.page == Some(number);
        if mine {
            self.page = None;
        }
        mine
    }

    /// The page is delivered, or given back half delivered.
    pub(crate) fn page_ended(&mut self) {
        assert!(self.page.is_some(), "only a page that is out can end");
        self.page = None;
    }

    /// So many from `next` on are on their way to the client.
    pub(crate) fn delivered(&mut self, count: usize) {
        self.next = Seq(self.next.0 + count as u64);
    }

    fn restart(&mut self, epoch: Epoch, first: Seq) -> Step {
        self.epoch = epoch;
        self.next = first;
        // A page of the old history that is still out is nobody's now.
        self.page = None;
        self.place = Place::New;
        Step::Restart
    }
}

#[cfg(test)]
mod tests;
