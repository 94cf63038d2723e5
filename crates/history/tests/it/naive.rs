//! Against a model in a few maps: random facts, batches, holes, repetitions and reopenings.

use std::collections::BTreeMap;

use history::{Found, Head, History, Item, Known};
use model::{BatchNo, Fact, Message, Ordinal, Seq, Wall};
use proptest::prelude::*;

use crate::world::*;

const ROOMS: [&str; 3] = ["a", "ab", "b"];
const PEOPLE: [&str; 2] = ["u", "u1"];
const INSTANCES: u64 = 2;
const SEQ_MAX: u64 = 60;

#[derive(Debug, Clone)]
enum Step {
    Say { room: usize, sender: usize, instance: u64, jump: u64 },
    Move { room: usize, who: usize, seq: u64 },
    EndBatch,
    Lose { batches: u64 },
    Repeat,
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    let say =
        (0..ROOMS.len(), 0..PEOPLE.len(), 0..INSTANCES, prop::sample::select(&[0, 0, 0, 1, 3]))
            .prop_map(|(room, sender, instance, jump)| Step::Say { room, sender, instance, jump });
    let moved = (0..ROOMS.len(), 0..PEOPLE.len(), 1..12_u64)
        .prop_map(|(room, who, seq)| Step::Move { room, who, seq });
    prop_oneof![
        12 => say,
        3 => moved,
        4 => Just(Step::EndBatch),
        1 => (1..4_u64).prop_map(|batches| Step::Lose { batches }),
        2 => Just(Step::Repeat),
        1 => Just(Step::Reopen),
    ]
}

#[derive(Default)]
struct Naive {
    heads: BTreeMap<usize, Head>,
    messages: BTreeMap<(usize, u64), Message>,
    counters: BTreeMap<(usize, usize, u64), u64>,
    found: BTreeMap<(usize, usize, u64, u64), Found>,
    cursors: BTreeMap<(usize, usize), u64>,
}

impl Naive {
    fn head(&mut self, room: usize) -> &mut Head {
        let new = Head { next_seq: Seq(1), next_ordinal: Ordinal(1), first: Seq(1) };
        self.heads.entry(room).or_insert(new)
    }

    fn say(&mut self, room: usize, sender: usize, instance: u64, jump: u64, stamp: u64) -> Fact {
        let head = self.head(room);
        let seq = head.next_seq.0 + jump;
        let ordinal = head.next_ordinal.0 + jump;
        let first = if jump > 0 { Seq(seq) } else { head.first };
        *head = Head { next_seq: Seq(seq + 1), next_ordinal: Ordinal(ordinal + 1), first };
        let counter = self.counters.entry((room, sender, instance)).or_default();
        *counter += 1 + jump;
        let message = Message {
            ordinal: Ordinal(ordinal),
            id: id(instance, *counter),
            received_at: Wall(stamp),
            ..message(ROOMS[room], seq, PEOPLE[sender], &format!("{instance} says {counter}"))
        };
        let body = KEY.hash(&message.content);
        let found = Found { seq: Seq(seq), body, received_at: Wall(stamp) };
        self.found.insert((room, sender, instance, *counter), found);
        self.messages.insert((room, seq), message.clone());
        Fact::Message(Message { received_at: Wall(0), ..message })
    }

    fn moved(&mut self, room: usize, who: usize, seq: u64) -> Fact {
        let head = self.head(room);
        if seq >= head.next_seq.0 {
            let ordinal = head.next_ordinal.0 + seq + 1 - head.next_seq.0;
            let next_seq = Seq(seq + 1);
            *head = Head { next_seq, next_ordinal: Ordinal(ordinal), first: next_seq };
        }
        let cursor = self.cursors.entry((room, who)).or_default();
        *cursor = seq.max(*cursor);
        moved(ROOMS[room], PEOPLE[who], "d", seq)
    }

    fn check(&self, history: &History) {
        for (number, name) in ROOMS.iter().enumerate() {
            let name = room(name);
            // A head that no fact moved is no row.
            assert_eq!(history.head(&name).unwrap(), self.heads.get(&number).copied());
            for from in [1, 2, 7] {
                let page = history.read(&name, Seq(from), 5, Seq(SEQ_MAX)).unwrap();
                let dense = (from..SEQ_MAX).map_while(|seq| self.messages.get(&(number, seq)));
                assert!(page.iter().eq(dense.take(5)), "{name} from {from}");
            }
            for (who, person) in PEOPLE.iter().enumerate() {
                let person = user(person);
                let cursor = history.cursor_of(&name, &person, &device("d")).unwrap();
                assert_eq!(cursor.0, *self.cursors.get(&(number, who)).unwrap_or(&0));
                for instance in 0..INSTANCES {
                    let highest = *self.counters.get(&(number, who, instance)).unwrap_or(&0);
                    let instance_id = id(instance, 1).instance;
                    assert_eq!(
                        history.author_highest(&name, &person, instance_id).unwrap(),
                        highest
                    );
                    for counter in [1, highest, highest + 1] {
                        let found = history.find(&name, &person, id(instance, counter)).unwrap();
                        let key = (number, who, instance, counter);
                        let expected =
                            self.found.get(&key).map_or(Known::Not, |found| Known::Found(*found));
                        assert_eq!(found, expected);
                    }
                }
            }
        }
        let there = history.conversations(None, 9).unwrap();
        assert!(there.iter().map(|name| name.as_str()).eq(self.heads.keys().map(|n| ROOMS[*n])));
    }
}

struct Run {
    place: Place,
    history: Option<History>,
    naive: Naive,
    journal: Journal,
    batch: u64,
    facts: Vec<Fact>,
    /// What has been applied, holes as `None`, to be handed in again.
    applied: Vec<Option<Facts>>,
}

impl Run {
    fn new() -> Self {
        let place = Place::new();
        Self {
            history: Some(place.open()),
            place,
            naive: Naive::default(),
            journal: Journal::new(),
            batch: 1,
            facts: Vec::new(),
            applied: Vec::new(),
        }
    }

    fn history(&self) -> &History {
        self.history.as_ref().unwrap()
    }

    fn step(&mut self, step: &Step) {
        match *step {
            Step::Say { room, sender, instance, jump } => {
                let stamp = self.batch * 1_000;
                let fact = self.naive.say(room, sender, instance, jump, stamp);
                self.facts.push(fact);
            }
            Step::Move { room, who, seq } => self.facts.push(self.naive.moved(room, who, seq)),
            Step::EndBatch => self.end_batch(),
            Step::Lose { batches } => {
                self.end_batch();
                self.batch += batches;
                self.applied.extend((0..batches).map(|_| None));
                let up_to = BatchNo(self.batch - 1);
                self.history().apply(&[Item::Hole { up_to }], &KEY).unwrap();
            }
            Step::Repeat => {
                let items: Vec<_> = (1..)
                    .zip(&self.applied)
                    .map(|(number, facts)| match facts {
                        Some(facts) => batch(number, facts),
                        None => Item::Hole { up_to: BatchNo(number) },
                    })
                    .collect();
                self.history().apply(&items, &KEY).unwrap();
            }
            Step::Reopen => {
                self.history = None;
                self.history = Some(self.place.open());
            }
        }
    }

    fn end_batch(&mut self) {
        let facts = self.journal.place(self.facts.drain(..));
        self.history().apply(&[batch(self.batch, &facts)], &KEY).unwrap();
        self.applied.push(Some(facts));
        self.batch += 1;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20, ..ProptestConfig::default() })]

    #[test]
    fn it_answers_as_a_few_maps_do_and_a_rebuilt_one_too(
        steps in prop::collection::vec(step(), 1..60),
    ) {
        let mut run = Run::new();
        for step in &steps {
            run.step(step);
        }
        run.end_batch();
        run.naive.check(run.history());
        prop_assert_eq!(run.history().cursor().unwrap().records, run.journal.records.clone());

        run.history = None;
        std::fs::remove_dir_all(&run.place.dir).unwrap();
        run.step(&Step::Reopen);
        run.step(&Step::Repeat);
        run.naive.check(run.history());
    }
}
