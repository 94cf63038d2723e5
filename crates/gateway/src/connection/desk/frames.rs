//! What subscriptions are due: opened, frames from the ring, or put on the lane for a page.

use link::ToOwner;
use model::{Kind, ReadFrom, Refusal, Seq};
use tokio::time::Instant;
use wire::{About, Encoding, Frame, SubscribeFrom};

use super::{Desk, count};
use crate::connection::lane::Job;
use crate::connection::subs::{Stage, Sub};
use crate::connection::{BATCH_BYTES_MAX, BATCH_FRAMES_MAX};
use crate::opening::{Known, Opening, open};
use crate::owner::NotAsked;
use crate::pointer::{Pointer, Step, Tally, View};
use crate::ring::Ring;
use crate::topics::Seat;
use crate::words::Words;

/// Frames that one subscription may put into a batch before the next one has its turn.
const TURN_FRAMES: usize = 32;

/// Whether a subscription has more to give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    More,
    Over,
}

impl Desk {
    /// Fills a batch from the page that is held and from the rings, in turns.
    pub(super) fn pour(&mut self, batch: &mut Vec<Words>) {
        let answers = batch.len();
        let mut bytes = self.pour_page(batch);
        while batch.len() < answers + BATCH_FRAMES_MAX && bytes < BATCH_BYTES_MAX {
            let Some(number) = self.subs.next_ready() else { return };
            let before = batch.len();
            if self.turn(number, batch) == Turn::More {
                self.subs.ready(number);
            }
            bytes += batch[before..].iter().map(Words::len).sum::<usize>();
        }
    }

    fn turn(&mut self, number: u64, batch: &mut Vec<Words>) -> Turn {
        let Some(sub) = self.subs.get_mut(number) else { return Turn::Over };
        if sub.retry.is_some() {
            return Turn::Over;
        }
        match &mut sub.stage {
            Stage::Opening { asked: None, .. }
                if sub.admitted.is_none() && sub.seat.conversation().kind() != Kind::Open =>
            {
                self.ask_admission(number)
            }
            Stage::Opening { reference, from, known, asked } => {
                let (reference, from, known, asked) = (*reference, *from, *known, *asked);
                let view = sub.seat.look(|view, _| view.copied());
                match (asked, view) {
                    (None, Some(view)) => self.open(number, reference, from, &known, &view, batch),
                    // An answer comes, or the conversation is attached: either wakes it.
                    (Some(_), _) | (None, None) => Turn::Over,
                }
            }
            Stage::Running(_) if self.lane.holds(number) => Turn::Over,
            Stage::Running(pointer) if sub.ends_at.is_some_and(|end| pointer.next() > end) => {
                self.end_subscription(number, batch);
                Turn::Over
            }
            Stage::Running(pointer) => {
                let (mut tally, encoding) = (Tally::default(), self.encoding);
                let (step, has_all) = if let Some(admitted) = sub.admitted {
                    let user = &self.who.user;
                    let ends_at = &mut sub.ends_at;
                    let until = |ring: &Ring, next: Seq| {
                        let removal = ring.removal(user, next.max(admitted.next()));
                        *ends_at = ends_at.or(removal);
                        ends_at.map_or(usize::MAX, |end| {
                            usize::try_from((end.0 + 1).saturating_sub(next.0))
                                .unwrap_or(usize::MAX)
                        })
                    };
                    take_turn(pointer, &sub.seat, &mut tally, encoding, batch, until)
                } else {
                    take_turn(pointer, &sub.seat, &mut tally, encoding, batch, |_, _| usize::MAX)
                };
                self.shared.counts.tally(tally);
                match step {
                    // What comes after this look wakes it again.
                    Step::Ring if has_all && sub.ends_at.is_none() => Turn::Over,
                    Step::Ring => Turn::More,
                    Step::Wait => Turn::Over,
                    Step::Page => {
                        if !std::mem::replace(&mut sub.queued, true) {
                            self.lane.push(Job::Replay(number));
                        }
                        Turn::Over
                    }
                    Step::Restart => {
                        let frame = restarted(sub);
                        batch.push(Words::of(&frame, self.encoding));
                        self.not_recovered();
                        Turn::More
                    }
                }
            }
        }
    }

    fn open(
        &mut self,
        number: u64,
        reference: Option<u64>,
        from: SubscribeFrom,
        known: &Known,
        view: &View,
        batch: &mut Vec<Words>,
    ) -> Turn {
        match open(from, known, view) {
            Opening::NeedCursor => {
                // The cursor is to know what this connection has acknowledged.
                self.pass_acks(Instant::now());
                self.ask_cursor(number)
            }
            Opening::NeedStanding(seq) => self.ask_standing(number, seq),
            Opening::Begin { epoch, recovered, next, head } => {
                let Some(sub) = self.subs.get_mut(number) else { return Turn::Over };
                let conversation = sub.seat.conversation().clone();
                let frame =
                    Frame::Subscribed { reference, conversation, epoch, recovered, next, head };
                batch.push(Words::of(&frame, self.encoding));
                #[cfg_attr(not(feature = "mutants"), expect(unused_mut, reason = "mutants only"))]
                let mut pointer = Pointer::new(next, view);
                #[cfg(feature = "mutants")]
                if self.shared.options.mutant == Some(model::Mutant::ReleasedEarly) {
                    pointer.release_early();
                }
                sub.stage = Stage::Running(pointer);
                if !recovered {
                    self.not_recovered();
                }
                Turn::More
            }
        }
    }

    fn ask_admission(&mut self, number: u64) -> Turn {
        let question = self.number();
        let Some(sub) = self.subs.get_mut(number) else { return Turn::Over };
        let (conversation, user) = (sub.seat.conversation().clone(), self.who.user.clone());
        let asked = self.shared.owner.admit(&self.mailbox, question, |request| ToOwner::Admit {
            request,
            conversation,
            user,
        });
        self.asked(number, question, asked)
    }

    /// The owner says that the user may hear the conversation, which stood there.
    pub(super) fn handle_admitted(&mut self, question: u64, head: Seq) {
        if let Some(number) = self.openings.remove(&question)
            && let Some(sub) = self.subs.get_mut(number)
            && let Stage::Opening { asked, .. } = &mut sub.stage
        {
            *asked = None;
            sub.admitted = Some(head);
            self.subs.ready(number);
        }
    }

    /// The event that removes the user was given: nothing more is.
    fn end_subscription(&mut self, number: u64, batch: &mut Vec<Words>) {
        let Some(sub) = self.subs.get_mut(number) else { return };
        let conversation = sub.seat.conversation().clone();
        self.leave(number);
        let frame = Frame::Unsubscribed { reference: None, conversation };
        batch.push(Words::of(&frame, self.encoding));
    }

    fn ask_cursor(&mut self, number: u64) -> Turn {
        let question = self.number();
        let Some(sub) = self.subs.get_mut(number) else { return Turn::Over };
        let conversation = sub.seat.conversation().clone();
        let (user, device) = (self.who.user.clone(), self.who.device.clone());
        let asked = self.shared.owner.cursor(&self.mailbox, question, |request| {
            ToOwner::GetCursor { request, conversation, user, device }
        });
        self.asked(number, question, asked)
    }

    fn ask_standing(&mut self, number: u64, seq: Seq) -> Turn {
        let question = self.number();
        let Some(sub) = self.subs.get_mut(number) else { return Turn::Over };
        let conversation = sub.seat.conversation().clone();
        let asked = self.shared.owner.page(&self.mailbox, question, |request| ToOwner::Read {
            request,
            conversation,
            reader: None,
            from: ReadFrom::Seq(seq),
            limit: 1,
        });
        self.asked(number, question, asked)
    }

    /// A question about an opening is out, or is asked when there is a link, or room on it.
    fn asked(&mut self, number: u64, question: u64, asked: Result<(), NotAsked>) -> Turn {
        match asked {
            Ok(()) => {
                self.openings.insert(question, number);
                if let Some(Sub { stage: Stage::Opening { asked, .. }, .. }) =
                    self.subs.get_mut(number)
                {
                    *asked = Some(question);
                }
            }
            Err(NotAsked::NoLink) => {}
            Err(why @ NotAsked::Full) => self.retry(number, &why.into()),
        }
        Turn::Over
    }

    /// There is no answer to the question about an opening: asked again, after a time or with a link.
    pub(super) fn opening_failed(&mut self, number: u64, refusal: Option<&Refusal>) {
        if let Some(sub) = self.subs.get_mut(number)
            && let Stage::Opening { reference, asked, .. } = &mut sub.stage
        {
            *asked = None;
            let reference = *reference;
            match refusal {
                Some(Refusal::NotFound) => {
                    let conversation = Some(sub.seat.conversation().clone());
                    self.leave(number);
                    self.refuse(About { reference, id: None, conversation }, Refusal::NotFound);
                }
                Some(refusal) => self.retry(number, refusal),
                None => self.subs.ready(number),
            }
        }
    }

    /// A subscription goes on in a history that it does not know.
    pub(super) fn restart(&mut self, number: u64) {
        if let Some(sub) = self.subs.get_mut(number) {
            let frame = restarted(sub);
            self.say(&frame);
            self.not_recovered();
            self.subs.ready(number);
        }
    }
}

/// Looks once, and takes frames if there are any: no more than `until` says.
fn take_turn(
    pointer: &mut Pointer,
    seat: &Seat,
    tally: &mut Tally,
    encoding: Encoding,
    batch: &mut Vec<Words>,
    until: impl FnOnce(&Ring, Seq) -> usize,
) -> (Step, bool) {
    seat.look(|view, ring| {
        let step = pointer.step(view, tally);
        if step == Step::Ring {
            let most = until(ring, pointer.next()).min(TURN_FRAMES);
            let taken = ring.copy_from(pointer.next(), most, BATCH_BYTES_MAX, encoding, batch);
            assert!(taken > 0, "the ring has what its bounds say");
            pointer.delivered(taken);
        }
        (step, pointer.next() == ring.next())
    })
}

/// What to say of a pointer that was restarted.
fn restarted(sub: &Sub) -> Frame {
    let Stage::Running(pointer) = &sub.stage else { unreachable!("only what runs is restarted") };
    let (epoch, next) = (pointer.epoch(), pointer.next());
    let head = sub.seat.look(|view, _| view.map_or(Seq(0), |view| view.head));
    Frame::Subscribed {
        reference: None,
        conversation: sub.seat.conversation().clone(),
        epoch,
        recovered: false,
        next,
        head: head.max(Seq(next.0 - 1)),
    }
}

impl Desk {
    /// Counts what is refused here because there is no link.
    pub(super) fn busy(&self) {
        count(&self.shared.counts.busy_total);
    }
}
