//! Against a model in a few maps: random facts, batches, holes, repetitions and reopenings; and
//! rebuilt in calls of other sizes, the file is the same to the bit.

use std::collections::{BTreeMap, BTreeSet};

use model::BatchNo;
use proptest::prelude::*;
use tables::{Item, Row, Tables};

use crate::world::*;

const ROOMS: [&str; 3] = ["a", "ab", "b"];
const PEOPLE: [&str; 3] = ["u", "u1", "v"];

#[derive(Debug, Clone)]
enum Step {
    Say {
        room: usize,
        sender: usize,
    },
    Enrich {
        room: usize,
        record: u64,
        sentiment_micros: i32,
    },
    Move {
        room: usize,
    },
    EndBatch,
    Lose {
        batches: u64,
    },
    Repeat,
    Persist,
    /// As after a crash: what was not made durable is handed in again.
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    let say =
        (0..ROOMS.len(), 0..PEOPLE.len()).prop_map(|(room, sender)| Step::Say { room, sender });
    // Few records, so that many are enriched again; some in another chunk.
    let record = prop_oneof![1..20_u64, 4_090..4_100_u64];
    let enrich = (0..ROOMS.len(), record, -1_000_000..=1_000_000_i32).prop_map(
        |(room, record, sentiment_micros)| Step::Enrich { room, record, sentiment_micros },
    );
    prop_oneof![
        12 => say,
        12 => enrich,
        1 => (0..ROOMS.len()).prop_map(|room| Step::Move { room }),
        4 => Just(Step::EndBatch),
        1 => (1..4_u64).prop_map(|batches| Step::Lose { batches }),
        2 => Just(Step::Repeat),
        2 => Just(Step::Persist),
        1 => Just(Step::Reopen),
    ]
}

#[derive(Default)]
struct Naive {
    rows: BTreeMap<usize, (BTreeSet<usize>, Row)>,
    enriched: BTreeSet<(u16, u64)>,
}

impl Naive {
    fn row(&mut self, room: usize) -> &mut (BTreeSet<usize>, Row) {
        let new = || (BTreeSet::new(), row(ROOMS[room], [0; 3], 0, 0));
        self.rows.entry(room).or_insert_with(new)
    }

    fn say(&mut self, room: usize, sender: usize, stamp: u64) {
        let (speakers, row) = self.row(room);
        speakers.insert(sender);
        row.messages += 1;
        row.speakers = speakers.len() as u64;
        row.last_at.0 = stamp;
    }

    fn enrich(&mut self, room: usize, record: u64, sentiment_micros: i32) {
        let partition = partition(&crate::world::room(ROOMS[room])).get();
        if self.enriched.insert((partition, record)) {
            let (_, row) = self.row(room);
            row.enriched += 1;
            row.sentiment_sum_micros += i64::from(sentiment_micros);
        }
    }

    fn rows(&self) -> Vec<Row> {
        self.rows.values().map(|(_, row)| row.clone()).collect()
    }
}

struct Run {
    place: Place,
    tables: Option<Tables>,
    naive: Naive,
    journal: Journal,
    batch: u64,
    facts: Vec<model::Fact>,
    /// What has been applied, holes as `None`, to be handed in again.
    applied: Vec<Option<Facts>>,
}

impl Run {
    fn new() -> Self {
        let place = Place::new();
        Self {
            tables: Some(place.open()),
            place,
            naive: Naive::default(),
            journal: Journal::new(),
            batch: 1,
            facts: Vec::new(),
            applied: Vec::new(),
        }
    }

    fn step(&mut self, step: &Step) {
        match *step {
            Step::Say { room, sender } => {
                self.naive.say(room, sender, self.batch * 1_000);
                self.facts.push(message(ROOMS[room], PEOPLE[sender]));
            }
            Step::Enrich { room, record, sentiment_micros } => {
                self.naive.enrich(room, record, sentiment_micros);
                self.facts.push(enriched(ROOMS[room], record, sentiment_micros));
            }
            Step::Move { room } => self.facts.push(moved(ROOMS[room])),
            Step::EndBatch => self.end_batch(),
            Step::Lose { batches } => {
                self.end_batch();
                self.batch += batches;
                self.applied.extend((0..batches).map(|_| None));
                let up_to = BatchNo(self.batch - 1);
                self.tables.as_mut().unwrap().apply(&[Item::Hole { up_to }]).unwrap();
            }
            Step::Repeat => self.hand_in_all(),
            Step::Persist => self.tables.as_mut().unwrap().persist().unwrap(),
            Step::Reopen => {
                self.tables = None;
                self.tables = Some(self.place.open());
                self.hand_in_all();
            }
        }
    }

    fn hand_in_all(&mut self) {
        self.tables.as_mut().unwrap().apply(&items(&self.applied)).unwrap();
    }

    fn end_batch(&mut self) {
        let facts = self.journal.place(self.facts.drain(..));
        self.tables.as_mut().unwrap().apply(&[batch(self.batch, &facts)]).unwrap();
        self.applied.push(Some(facts));
        self.batch += 1;
    }
}

fn items(applied: &[Option<Facts>]) -> Vec<Item<'_>> {
    (1..)
        .zip(applied)
        .map(|(number, facts)| match facts {
            Some(facts) => batch(number, facts),
            None => Item::Hole { up_to: BatchNo(number) },
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn it_counts_as_a_few_maps_do_and_rebuilt_it_is_equal_to_the_bit(
        steps in prop::collection::vec(step(), 1..80),
        call_batches in 1..9_usize,
    ) {
        let mut run = Run::new();
        for step in &steps {
            run.step(step);
        }
        run.end_batch();
        let mut tables = run.tables.take().unwrap();
        tables.persist().unwrap();
        prop_assert_eq!(all(&tables), run.naive.rows());
        prop_assert_eq!(&tables.cursor().records, &run.journal.records);
        drop(tables);

        let rebuilt = Place::new();
        let mut tables = rebuilt.open();
        for call in items(&run.applied).chunks(call_batches) {
            tables.apply(call).unwrap();
        }
        tables.persist().unwrap();
        drop(tables);
        prop_assert_eq!(run.place.dump(), rebuilt.dump());
    }
}
