//! Pages, on their lane: asked for, come, poured into batches, given back.

use link::ToOwner;
use model::{Content, Message, ReadFrom, Refusal, Standing};
use wire::{About, Frame};

use super::Desk;
use crate::connection::lane::{Job, Read, State};
use crate::connection::subs::{Stage, Sub};
use crate::connection::{BATCH_BYTES_MAX, BATCH_FRAMES_MAX};
use crate::mailbox::PageCame;
use crate::options::REPLAY_PAGE_MESSAGES;
use crate::owner::NotAsked;
use crate::pointer::{Page, Pointer};
use crate::words::Words;

/// When to ask again for a page that brought nothing.
const AGAIN: Refusal = Refusal::Busy { bound: String::new(), retry_after_ms: 100 };

impl Desk {
    /// Waits for the permit of the next page, if that is what is missing. Cancel safe.
    pub(crate) async fn page_permit(&mut self) {
        self.lane.permit_comes().await;
    }

    /// Asks for the next page, if the lane is free.
    pub(crate) fn ask_page(&mut self) {
        let Some(permit) = self.lane.permit() else { return };
        while let Some(job) = self.lane.pop() {
            let number = self.number();
            let asked = match &job {
                Job::Replay(sub) => self.ask_replay(number, *sub),
                Job::Read(read) => self.ask_read(number, read),
            };
            if asked {
                self.lane.state = State::Asked { number, job, permit };
                return;
            }
        }
    }

    fn ask_replay(&mut self, question: u64, number: u64) -> bool {
        let Some(sub) = self.subs.get_mut(number) else { return false };
        sub.queued = false;
        let Stage::Running(pointer) = &mut sub.stage else { return false };
        let wants = sub.seat.look(|view, _| view.is_some_and(|view| pointer.wants_page(view)));
        if !wants {
            // Things have changed since it was put on the lane: look anew.
            self.subs.ready(number);
            return false;
        }
        let conversation = sub.seat.conversation().clone();
        let from = ReadFrom::Seq(pointer.next());
        let asked = self.shared.owner.page(&self.mailbox, question, |request| ToOwner::Read {
            request,
            conversation,
            reader: None,
            from,
            limit: REPLAY_PAGE_MESSAGES,
        });
        match asked {
            Ok(()) => {
                pointer.page_asked(question);
                true
            }
            // It looks again when the conversation is attached again.
            Err(NotAsked::NoLink) => false,
            Err(why @ NotAsked::Full) => {
                self.retry(number, &why.into());
                false
            }
        }
    }

    fn ask_read(&mut self, question: u64, read: &Read) -> bool {
        let (conversation, from, limit) = (read.conversation.clone(), read.from, read.limit);
        let reader = Some(self.who.user.clone());
        let asked = self.shared.owner.page(&self.mailbox, question, |request| ToOwner::Read {
            request,
            conversation,
            reader,
            from,
            limit,
        });
        if let Err(why) = asked {
            self.busy();
            self.refuse(about(read), why.into());
        }
        asked.is_ok()
    }

    pub(super) fn handle_page(&mut self, number: u64, page: PageCame) {
        let PageCame { standing, messages, changes, as_of } = page;
        if let Some(number) = self.openings.remove(&number) {
            if let Some(Sub { stage: Stage::Opening { known, asked, .. }, .. }) =
                self.subs.get_mut(number)
            {
                *asked = None;
                known.standing = Some(standing);
                self.subs.ready(number);
            }
            return;
        }
        match self.take_job(number) {
            None => {}
            Some((Job::Read(Read { reference, conversation, .. }), _permit)) => {
                let Standing { epoch, first, head, ordinal: _ } = standing;
                self.say(&Frame::Page {
                    reference,
                    conversation,
                    epoch,
                    first,
                    head,
                    messages,
                    changes,
                    as_of,
                });
            }
            Some((Job::Replay(sub), permit)) => {
                match self.replay(number, sub, &standing, &messages) {
                    Page::Deliver { skip, take } => {
                        let take = self.until_removed(sub, &messages, skip, take);
                        let messages = messages.into_iter().skip(skip).take(take).collect();
                        let epoch = standing.epoch;
                        self.lane.state = State::Holding { sub, epoch, messages, _permit: permit };
                    }
                    Page::Restart => self.restart(sub),
                    Page::Again => self.retry(sub, &AGAIN),
                    Page::NotMine => self.subs.ready(sub),
                }
            }
        }
    }

    /// How many of a page's messages a subscription gives: none after the one that removes its user.
    fn until_removed(&mut self, sub: u64, page: &[Message], skip: usize, take: usize) -> usize {
        let user = &self.who.user;
        let Some(sub) = self.subs.get_mut(sub) else { return take };
        let Some(admitted) = sub.admitted else { return take };
        let removes = |message: &Message| {
            let theirs =
                matches!(&message.content, Content::Member { user: of, role: None } if of == user);
            theirs && message.seq > admitted
        };
        let given = &page[skip..skip + take];
        let Some(last) = given.iter().position(removes) else { return take };
        sub.ends_at = Some(given[last].seq);
        last + 1
    }

    fn replay(&mut self, number: u64, sub: u64, standing: &Standing, page: &[Message]) -> Page {
        let seqs = page.iter().map(|message| message.seq);
        self.pointer(sub).map_or(Page::NotMine, |pointer| pointer.page_came(number, standing, seqs))
    }

    /// There will be no answer; `None` = the link was lost.
    pub(super) fn handle_nothing(&mut self, number: u64, refusal: Option<Refusal>) {
        if let Some(sub) = self.openings.remove(&number) {
            self.opening_failed(sub, refusal.as_ref());
            return;
        }
        if self.view_failed(number, refusal.as_ref()) {
            return;
        }
        match self.take_job(number) {
            None => {}
            Some((Job::Read(read), _permit)) => {
                self.busy();
                self.refuse(about(&read), refusal.unwrap_or_else(|| NotAsked::NoLink.into()));
            }
            Some((Job::Replay(sub), _permit)) => {
                let mine = self.pointer(sub).is_some_and(|pointer| pointer.page_failed(number));
                match refusal {
                    Some(refusal) if mine => self.retry(sub, &refusal),
                    Some(_) | None => self.subs.ready(sub),
                }
            }
        }
    }

    /// Pours the page that is held into a batch, as far as it goes. Gives the bytes.
    pub(super) fn pour_page(&mut self, batch: &mut Vec<Words>) -> usize {
        let (mut bytes, frames_max) = (0, batch.len() + BATCH_FRAMES_MAX / 2);
        let State::Holding { sub, epoch, messages, .. } = &mut self.lane.state else { return 0 };
        let (sub, before) = (*sub, messages.len());
        while batch.len() < frames_max && bytes < BATCH_BYTES_MAX {
            let Some(message) = messages.pop_front() else { break };
            let words = Words::of_message(*epoch, &message, self.encoding);
            bytes += words.len();
            batch.push(words);
        }
        let (poured, is_over) = (before - messages.len(), messages.is_empty());
        if let Some(pointer) = self.pointer(sub) {
            pointer.delivered(poured);
            if is_over {
                pointer.page_ended();
            }
        }
        if is_over {
            self.lane.state = State::Idle;
            self.subs.ready(sub);
        }
        bytes
    }

    /// The client does not read: what it would have to read later is let go, and read again then.
    pub(in crate::connection) fn give_back(&mut self) {
        self.lane.give_back_permit();
        match std::mem::take(&mut self.lane.state) {
            State::Holding { sub, .. } => {
                if let Some(pointer) = self.pointer(sub) {
                    pointer.page_ended();
                }
                self.subs.ready(sub);
            }
            State::Asked { number, job: Job::Replay(sub), .. } => {
                if let Some(pointer) = self.pointer(sub) {
                    pointer.page_failed(number);
                }
                self.subs.ready(sub);
            }
            kept @ (State::Asked { job: Job::Read(_), .. } | State::Idle) => self.lane.state = kept,
        }
    }

    fn pointer(&mut self, number: u64) -> Option<&mut Pointer> {
        match &mut self.subs.get_mut(number)?.stage {
            Stage::Running(pointer) => Some(pointer),
            Stage::Opening { .. } => None,
        }
    }

    /// What was asked for under this number, if that is still wanted.
    fn take_job(&mut self, question: u64) -> Option<(Job, tokio::sync::OwnedSemaphorePermit)> {
        match std::mem::take(&mut self.lane.state) {
            State::Asked { number, job, permit } if number == question => Some((job, permit)),
            kept @ (State::Idle | State::Asked { .. } | State::Holding { .. }) => {
                self.lane.state = kept;
                None
            }
        }
    }
}

fn about(read: &Read) -> About {
    let Read { reference, conversation, .. } = read;
    About { reference: *reference, conversation: Some(conversation.clone()), id: None }
}
