use model::Ordinal;
use proptest::prelude::*;

use super::*;

fn view(start: u64, head: u64) -> View {
    View { attachment: 1, epoch: Epoch(1), first: Seq(1), start: Seq(start), head: Seq(head) }
}

fn standing(first: u64, head: u64) -> Standing {
    Standing { epoch: Epoch(1), first: Seq(first), head: Seq(head), ordinal: Ordinal(head) }
}

fn seqs(from: u64, to: u64) -> impl Iterator<Item = Seq> {
    (from..=to).map(Seq)
}

#[test]
fn below_the_ring_it_reads_pages_until_it_reaches_it_and_is_counted_once() {
    let mut tally = Tally::default();
    let mut pointer = Pointer::new(Seq(1), &view(6, 5));
    assert_eq!(pointer.step(Some(&view(6, 5)), &mut tally), Step::Page);
    pointer.page_asked(1);
    assert_eq!(pointer.step(Some(&view(6, 6)), &mut tally), Step::Wait, "one page at a time");
    assert_eq!(
        pointer.page_came(1, &standing(1, 6), seqs(1, 5)),
        Page::Deliver { skip: 0, take: 5 }
    );
    pointer.delivered(5);
    pointer.page_ended();
    assert_eq!(pointer.step(Some(&view(6, 6)), &mut tally), Step::Ring);
    pointer.delivered(1);
    assert_eq!(pointer.step(Some(&view(6, 6)), &mut tally), Step::Wait);
    assert_eq!(tally, Tally { handovers: 1, catch_ups: 0 });
}

#[test]
fn reaching_a_ring_that_did_not_move_is_no_handover() {
    let mut tally = Tally::default();
    let mut pointer = Pointer::new(Seq(5), &view(6, 5));
    assert_eq!(pointer.step(Some(&view(6, 5)), &mut tally), Step::Page);
    pointer.page_asked(1);
    assert_eq!(
        pointer.page_came(1, &standing(1, 5), seqs(5, 5)),
        Page::Deliver { skip: 0, take: 1 }
    );
    pointer.delivered(1);
    pointer.page_ended();
    assert_eq!(pointer.step(Some(&view(6, 5)), &mut tally), Step::Wait);
    assert_eq!(tally, Tally::default());
}

#[test]
fn falling_out_of_the_ring_is_a_catch_up() {
    let mut tally = Tally::default();
    let mut pointer = Pointer::new(Seq(6), &view(6, 5));
    assert_eq!(pointer.step(Some(&view(6, 5)), &mut tally), Step::Wait);
    assert_eq!(pointer.step(Some(&view(9, 12)), &mut tally), Step::Page);
    assert_eq!(
        pointer.step(Some(&view(9, 12)), &mut tally),
        Step::Page,
        "asked once, counted once"
    );
    assert_eq!(tally.catch_ups, 1);
}

#[test]
fn a_page_may_run_ahead_of_the_ring_and_then_the_ring_is_waited_for() {
    let mut tally = Tally::default();
    let mut pointer = Pointer::new(Seq(1), &view(3, 2));
    assert_eq!(pointer.step(Some(&view(3, 2)), &mut tally), Step::Page);
    pointer.page_asked(1);
    assert_eq!(
        pointer.page_came(1, &standing(1, 5), seqs(1, 5)),
        Page::Deliver { skip: 0, take: 5 }
    );
    pointer.delivered(5);
    pointer.page_ended();
    assert_eq!(pointer.step(Some(&view(3, 4)), &mut tally), Step::Wait);
    assert_eq!(pointer.step(Some(&view(3, 6)), &mut tally), Step::Ring);
    assert_eq!(pointer.next(), Seq(6));
}

#[test]
fn a_page_is_cut_where_it_is_not_dense() {
    let ask = |page: &[u64]| {
        let mut pointer = Pointer::new(Seq(3), &view(9, 8));
        pointer.page_asked(7);
        pointer.page_came(7, &standing(1, 8), page.iter().copied().map(Seq))
    };
    assert_eq!(ask(&[1, 2, 3, 4, 6]), Page::Deliver { skip: 2, take: 2 });
    assert_eq!(ask(&[3, 3, 4]), Page::Deliver { skip: 0, take: 1 });
    assert_eq!(ask(&[]), Page::Again);
    assert_eq!(ask(&[4, 5]), Page::Again);
    assert_eq!(ask(&[1, 2]), Page::Again);
}

#[test]
fn a_page_of_nobody_changes_nothing() {
    let mut pointer = Pointer::new(Seq(3), &view(9, 8));
    let before = pointer.clone();
    assert_eq!(pointer.page_came(7, &standing(1, 8), seqs(3, 8)), Page::NotMine);
    assert!(!pointer.page_failed(7));
    assert_eq!(pointer, before);
}

#[test]
fn history_that_begins_later_than_the_pointer_restarts_it_there() {
    let mut pointer = Pointer::new(Seq(3), &view(9, 8));
    pointer.page_asked(7);
    assert_eq!(pointer.page_came(7, &standing(5, 8), seqs(5, 8)), Page::Restart);
    assert_eq!(pointer.next(), Seq(5));
}

#[test]
fn a_new_attachment_judges_the_position_again() {
    let mut tally = Tally::default();
    let mut step = |next: u64, epoch: u32, first: u64, head: u64| {
        let mut pointer = Pointer::new(Seq(next), &view(9, 8));
        let now = View {
            attachment: 2,
            epoch: Epoch(epoch),
            first: Seq(first),
            start: Seq(head + 1),
            head: Seq(head),
        };
        let step = pointer.step(Some(&now), &mut tally);
        (step, pointer.next().0, pointer.epoch().0)
    };
    assert_eq!(step(9, 1, 1, 8), (Step::Wait, 9, 1), "goes on");
    assert_eq!(step(5, 1, 1, 8), (Step::Page, 5, 1), "goes on");
    assert_eq!(
        step(5, 1, 5, 8),
        (Step::Page, 5, 1),
        "the last one it has is just before the first"
    );
    assert_eq!(step(5, 1, 6, 8), (Step::Restart, 6, 1), "some before the first are gone");
    assert_eq!(step(9, 1, 1, 7), (Step::Restart, 1, 1), "what it has is not there");
    assert_eq!(step(9, 2, 4, 20), (Step::Restart, 4, 2), "another history");
}

#[test]
fn without_an_attachment_it_waits_and_a_lost_page_is_asked_for_again() {
    let mut tally = Tally::default();
    let mut pointer = Pointer::new(Seq(1), &view(9, 8));
    assert_eq!(pointer.step(Some(&view(9, 8)), &mut tally), Step::Page);
    pointer.page_asked(1);
    assert_eq!(pointer.step(None, &mut tally), Step::Wait);
    assert!(pointer.page_failed(1));
    assert_eq!(pointer.step(Some(&View { attachment: 2, ..view(9, 8) }), &mut tally), Step::Page);
}

#[cfg(feature = "mutants")]
#[test]
fn released_early_it_leaves_a_gap() {
    let mut pointer = Pointer::new(Seq(1), &view(6, 9));
    pointer.release_early();
    assert_eq!(pointer.step(Some(&view(6, 9)), &mut Tally::default()), Step::Ring);
    assert_eq!(pointer.next(), Seq(6));
}

/// What can happen around a pointer.
#[derive(Debug, Clone)]
enum Event {
    /// The owner makes so many messages durable; they have not come here yet.
    Say(u64),
    /// So many of them come here.
    Deliver(u64),
    /// The ring lets so many go.
    Shrink(u64),
    /// The link breaks.
    Lose,
    /// The conversation is attached again.
    Attach,
    /// The owner loses history: the epoch changes, numbers go on above, and what is below is gone.
    NewEpoch,
    /// The page that is out is answered, with so many messages at most.
    Page(usize),
    /// It is refused.
    Refuse,
    /// An answer comes that nobody waits for any more.
    StalePage,
    /// The connection looks after its subscription, taking so many frames at most.
    Look(u64),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        3 => (1..6_u64).prop_map(Event::Say),
        4 => (1..8_u64).prop_map(Event::Deliver),
        2 => (1..10_u64).prop_map(Event::Shrink),
        1 => Just(Event::Lose),
        2 => Just(Event::Attach),
        1 => Just(Event::NewEpoch),
        4 => (0..6_usize).prop_map(Event::Page),
        1 => Just(Event::Refuse),
        1 => Just(Event::StalePage),
        6 => (1..5_u64).prop_map(Event::Look),
    ]
}

/// The owner, the gateway's topic and the connection, each in the fewest words.
struct World {
    epoch: u32,
    first: u64,
    head: u64,
    /// `(attachment, ring start, ring head)`, of the epoch and first at attach time.
    topic: Option<View>,
    attachments: u64,
    page: Option<(u64, u64)>,
    pages: u64,
    pointer: Pointer,
    tally: Tally,
    /// What the client was sent since the last restart: (epoch, next it was told, seqs).
    told: (u32, u64),
    received: Vec<u64>,
}

impl World {
    fn new(first: u64, head: u64, next: u64) -> Self {
        let view = View {
            attachment: 1,
            epoch: Epoch(1),
            first: Seq(first),
            start: Seq(head + 1),
            head: Seq(head),
        };
        Self {
            epoch: 1,
            first,
            head,
            topic: Some(view),
            attachments: 1,
            page: None,
            pages: 0,
            pointer: Pointer::new(Seq(next), &view),
            tally: Tally::default(),
            told: (1, next),
            received: Vec::new(),
        }
    }

    fn handle(&mut self, event: &Event) {
        match *event {
            Event::Say(count) => self.head += count,
            Event::Deliver(count) => {
                if let Some(view) = &mut self.topic {
                    view.head = Seq((view.head.0 + count).min(self.head));
                }
            }
            Event::Shrink(count) => {
                if let Some(view) = &mut self.topic {
                    view.start = Seq((view.start.0 + count).min(view.head.0 + 1));
                }
            }
            Event::Lose => self.lose(),
            Event::Attach => self.attach(),
            Event::NewEpoch => {
                // An owner does that only at its start: its links are new ones.
                self.lose();
                self.epoch += 1;
                self.first = self.head + 3;
                self.head = self.first - 1;
            }
            Event::Page(count) => self.page(count),
            Event::Refuse => {
                if let Some((number, _)) = self.page.take() {
                    self.pointer.page_failed(number);
                }
            }
            Event::StalePage => {
                let standing = standing(self.first, self.head);
                let page = self.pointer.page_came(u64::MAX, &standing, seqs(1, 9));
                assert_eq!(page, Page::NotMine);
            }
            Event::Look(count) => self.look(count),
        }
    }

    fn lose(&mut self) {
        self.topic = None;
        if let Some((number, _)) = self.page.take() {
            self.pointer.page_failed(number);
        }
    }

    fn attach(&mut self) {
        if self.topic.is_none() {
            self.attachments += 1;
            self.topic = Some(View {
                attachment: self.attachments,
                epoch: Epoch(self.epoch),
                first: Seq(self.first),
                start: Seq(self.head + 1),
                head: Seq(self.head),
            });
        }
    }

    fn page(&mut self, count: usize) {
        let Some((number, from)) = self.page.take() else { return };
        let standing = Standing {
            epoch: Epoch(self.epoch),
            first: Seq(self.first),
            head: Seq(self.head),
            ordinal: Ordinal(0),
        };
        let seqs = (from.max(self.first)..=self.head).take(count).map(Seq).collect::<Vec<_>>();
        match self.pointer.page_came(number, &standing, seqs.iter().copied()) {
            Page::Deliver { skip, take } => {
                // Half of the time it is given back half delivered.
                let take = if number.is_multiple_of(2) { take } else { take.div_ceil(2) };
                self.received.extend(seqs[skip..skip + take].iter().map(|seq| seq.0));
                self.pointer.delivered(take);
                self.pointer.page_ended();
            }
            Page::Restart => self.restarted(),
            Page::Again => {}
            Page::NotMine => panic!("it was asked for"),
        }
    }

    fn restarted(&mut self) {
        self.check();
        self.told = (self.pointer.epoch().0, self.pointer.next().0);
        self.received.clear();
    }

    fn look(&mut self, count: u64) {
        loop {
            match self.pointer.step(self.topic.as_ref(), &mut self.tally) {
                Step::Restart => self.restarted(),
                Step::Page => {
                    self.pages += 1;
                    self.pointer.page_asked(self.pages);
                    self.page = Some((self.pages, self.pointer.next().0));
                    return;
                }
                Step::Ring => {
                    let view = self.topic.expect("attached");
                    let next = self.pointer.next().0;
                    assert!(view.start.0 <= next && next <= view.head.0, "inside the ring");
                    let take = count.min(view.head.0 + 1 - next);
                    self.received.extend(next..next + take);
                    self.pointer.delivered(usize::try_from(take).unwrap());
                    return;
                }
                Step::Wait => return,
            }
        }
    }

    /// Dense from where it was told to begin, each once, nothing that is not durable.
    fn check(&self) {
        let expected = self.told.1..self.told.1 + self.received.len() as u64;
        assert!(self.received.iter().copied().eq(expected), "{:?} {:?}", self.told, self.received);
        assert!(self.received.last().is_none_or(|&last| last <= self.head));
    }

    /// Faults end, everything comes: the client has all of it.
    fn settle(&mut self) {
        for _ in 0..1000 {
            self.handle(&Event::Attach);
            self.handle(&Event::Deliver(u64::MAX / 2));
            self.handle(&Event::Page(50));
            self.handle(&Event::Look(50));
        }
        self.check();
        assert_eq!(self.told.0, self.epoch);
        assert_eq!(self.pointer.next(), Seq(self.head + 1), "everything has come");
        assert!(self.told.1 >= self.first);
    }
}

proptest! {
    #[test]
    fn whatever_happens_delivery_is_dense_and_each_once(
        first in 1..5_u64,
        length in 0..30_u64,
        behind in 0..30_u64,
        events in proptest::collection::vec(event(), 0..120),
    ) {
        let head = first + length - 1;
        let next = (head + 1).saturating_sub(behind).max(first);
        let mut world = World::new(first, head, next);
        for event in &events {
            world.handle(event);
            world.check();
        }
        world.settle();
    }
}
