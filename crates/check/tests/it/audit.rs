//! Each way in which results and tables can be wrong is named; what is gone on purpose is not.

use check::{Audit, Checker, Kind, Options, Report, Sums};
use model::{
    BatchNo, Body, BodyHash, Content, ConversationId, Enrichment, Fact, InstanceId, Left, Message,
    MessageId, Offset, Ordinal, PartitionId, Reason, RecordNo, Remnant, Seq, Understanding,
    Understood, UserId, Wall,
};

use crate::history::History;

const ROOM: &str = "c";

/// A journal of one partition, one batch a fact, and tables that count all of it.
struct Ledger {
    facts: Vec<Fact>,
    rows: Vec<(String, Sums)>,
    windows: Vec<Sums>,
    counted: Option<u64>,
    settled: bool,
}

fn offset(record: u64) -> Offset {
    Offset { partition: PartitionId::new(3).unwrap(), record: RecordNo(record) }
}

fn said(seq: u64, content: Content) -> Fact {
    Fact::Message(Message {
        conversation: ConversationId::new(ROOM).unwrap(),
        seq: Seq(seq),
        ordinal: Ordinal(seq),
        sender: UserId::new("u1").unwrap(),
        id: MessageId { instance: InstanceId(1), counter: seq },
        content,
        lamport: seq,
        seen_seq: Seq(0),
        sent_at: Wall(0),
        received_at: Wall(seq * 1_000),
    })
}

fn text(seq: u64) -> Fact {
    said(seq, Body::new("hello").unwrap().into())
}

fn gone(seq: u64, left: Left) -> Fact {
    Fact::Remnant(Remnant {
        conversation: ConversationId::new(ROOM).unwrap(),
        seq: Seq(seq),
        ordinal: Ordinal(seq),
        sender: UserId::new("u1").unwrap(),
        id: MessageId { instance: InstanceId(1), counter: seq },
        lamport: seq,
        seen_seq: Seq(0),
        sent_at: Wall(0),
        body: BodyHash(7),
        left,
    })
}

fn understanding(sentiment_micros: i32) -> Understanding {
    Understanding { sentiment_micros, ..Understanding::default() }
}

fn full(sentiment: i32) -> Understood {
    Understood::Full(understanding(sentiment))
}

fn guess(sentiment: i32) -> Understood {
    Understood::Degraded { why: Reason::Deadline, guess: understanding(sentiment) }
}

/// About the text with this number, which stands in the record with the same number.
fn result(seq: u64, before: Understood, after: Understood) -> Fact {
    Fact::Enriched(Box::new(Enrichment {
        conversation: ConversationId::new(ROOM).unwrap(),
        seq: Seq(seq),
        target: offset(seq),
        said: None,
        before,
        after,
    }))
}

fn sums([messages, full, degraded, dead]: [i64; 4], sentiment_sum_micros: i64) -> Sums {
    Sums { messages, full, degraded, dead, sentiment_sum_micros }
}

/// Texts 1 to 3: the first is answered, the second after a guess, the third given up.
fn honest() -> Ledger {
    let dead = Understood::Dead(Reason::Refused);
    let row = sums([3, 2, 0, 1], 40 - 7);
    Ledger {
        facts: vec![
            text(1),
            text(2),
            text(3),
            result(1, Understood::Pending, full(40)),
            result(2, Understood::Pending, guess(5)),
            result(3, Understood::Pending, dead),
            result(2, guess(5), full(-7)),
        ],
        rows: vec![(ROOM.to_owned(), row)],
        windows: vec![row; 3],
        counted: None,
        settled: true,
    }
}

impl Ledger {
    fn judged_with(self, histories: &[History]) -> Report {
        let options = Options { settled: self.settled, ..Options::default() };
        let mut checker = Checker::new(options);
        for history in histories {
            checker.file("h", &history.lines);
        }
        let last = self.facts.len() as u64;
        let mut audit = Audit::new(BatchNo(self.counted.unwrap_or(last)));
        for (at, fact) in (1..).zip(&self.facts) {
            audit.fact(BatchNo(at), offset(at), fact);
        }
        self.rows.iter().for_each(|(name, sums)| audit.row(name, *sums));
        self.windows.iter().for_each(|sums| audit.windows("days of all", *sums));
        checker.audit(audit);
        checker.finish()
    }

    fn judged(self) -> Report {
        self.judged_with(&[])
    }

    /// The only kind of anomaly, and how many there are.
    fn accused(self) -> (Kind, u64) {
        let report = self.judged();
        let mut totals = report.totals.iter();
        let found = totals.next().map(|(kind, total)| (*kind, *total));
        assert_eq!(totals.next(), None, "{report}");
        found.unwrap_or_else(|| panic!("nothing is found: {report}"))
    }
}

#[test]
fn what_adds_up_is_not_accused_and_is_told() {
    let report = honest().judged();
    assert!(report.is_green(), "{report}");
    let results = report.counts.results.unwrap();
    assert_eq!((results.texts, results.full, results.dead), (3, 2, 1));
    assert_eq!((results.facts, results.late_answers, results.exact), (4, 1, 1));
    assert!(report.to_string().contains("3 texts in the journal: 2 full, 0 degraded, 1 dead"));
}

#[test]
fn a_text_without_a_final_result_is_unresolved_once_all_was_waited_for() {
    let unresolved = |facts: &[Fact], row: Sums| {
        let mut ledger = honest();
        ledger.facts.truncate(3);
        ledger.facts.extend_from_slice(facts);
        (ledger.rows, ledger.windows) = (vec![(ROOM.to_owned(), row)], vec![row]);
        ledger
    };
    let first = [result(1, Understood::Pending, full(40))];
    assert_eq!(unresolved(&first, sums([3, 1, 0, 0], 40)).accused(), (Kind::Unresolved, 2));
    let guessed = [
        result(1, Understood::Pending, full(40)),
        result(2, Understood::Pending, full(40)),
        result(3, Understood::Pending, guess(5)),
    ];
    assert_eq!(unresolved(&guessed, sums([3, 2, 1, 0], 85)).accused(), (Kind::Unresolved, 1));
    let mut running = unresolved(&guessed, sums([3, 2, 1, 0], 85));
    running.settled = false;
    assert!(running.judged().is_green());
}

#[test]
fn a_result_that_does_not_follow_from_the_one_before_is_broken() {
    let dead = || Understood::Dead(Reason::Refused);
    for (wrong, row) in [
        // A second answer, as if there were none.
        (result(1, Understood::Pending, full(40)), sums([3, 2, 0, 1], 33)),
        // One that replaces what is full already.
        (result(1, full(40), full(41)), sums([3, 2, 0, 1], 34)),
        // One that replaces a guess that was another.
        (result(3, guess(1), dead()), sums([3, 2, 0, 1], 33)),
    ] {
        let mut ledger = honest();
        ledger.facts.push(wrong);
        (ledger.rows, ledger.windows) = (vec![(ROOM.to_owned(), row)], vec![row]);
        assert_eq!(ledger.accused(), (Kind::BrokenResult, 1));
    }
    let mut ledger = honest();
    ledger.facts.push(result(9, Understood::Pending, full(1)));
    assert_eq!(ledger.accused(), (Kind::BrokenResult, 1), "there is no text 9");
}

#[test]
fn a_row_that_is_not_the_fold_is_miscounted() {
    for wrong in [
        sums([4, 2, 0, 1], 33),
        sums([3, 3, 0, 1], 33),
        sums([3, 2, 1, 1], 33),
        sums([3, 2, 0, 0], 33),
        sums([3, 2, 0, 1], 38),
    ] {
        let mut ledger = honest();
        (ledger.rows, ledger.windows) = (vec![(ROOM.to_owned(), wrong)], vec![wrong]);
        assert_eq!(ledger.accused(), (Kind::Miscounted, 1), "{wrong:?}");
    }
    let mut missing = honest();
    (missing.rows, missing.windows) = (Vec::new(), Vec::new());
    assert_eq!(missing.accused(), (Kind::Miscounted, 1));
    let mut stranger = honest();
    stranger.rows.push(("elsewhere".to_owned(), Sums::default()));
    assert_eq!(stranger.accused(), (Kind::Miscounted, 1));
    let mut windows = honest();
    windows.windows[1].full += 1;
    assert_eq!(windows.accused(), (Kind::Miscounted, 1));
}

#[test]
fn tables_are_judged_as_of_their_batch_and_in_the_end_have_all() {
    let mut ledger = honest();
    ledger.counted = Some(5);
    let row = sums([3, 1, 1, 0], 45);
    (ledger.rows, ledger.windows) = (vec![(ROOM.to_owned(), row)], vec![row]);
    ledger.settled = false;
    assert!(ledger.judged().is_green());
    let mut late = honest();
    late.counted = Some(6);
    let row = sums([3, 1, 1, 1], 45);
    (late.rows, late.windows) = (vec![(ROOM.to_owned(), row)], vec![row]);
    assert_eq!(late.accused(), (Kind::Miscounted, 1));
}

#[test]
fn of_a_conversation_with_something_gone_there_are_bounds() {
    let ledger = |row: Sums| {
        let mut ledger = honest();
        ledger.facts[0] = gone(1, Left::Gone(Seq(9)));
        (ledger.rows, ledger.windows) = (vec![(ROOM.to_owned(), row)], vec![row]);
        ledger
    };
    let report = ledger(sums([3, 2, 0, 1], 33)).judged();
    assert!(report.is_green(), "it was counted before it was gone: {report}");
    assert_eq!(report.counts.results.unwrap().bounded, 1);
    assert!(ledger(sums([2, 1, 0, 1], -7)).judged().is_green(), "and it was not");
    assert_eq!(ledger(sums([1, 1, 0, 1], -7)).accused(), (Kind::Miscounted, 1), "text 2 or 3");
    assert_eq!(ledger(sums([4, 1, 0, 1], -7)).accused(), (Kind::Miscounted, 1), "one too many");
    assert_eq!(ledger(sums([3, 3, 0, 1], -7)).accused(), (Kind::Miscounted, 1), "a full one");
}

#[test]
fn windows_may_count_as_many_as_have_gone_and_no_more() {
    let with = |left: Option<Left>, [messages, full]: [i64; 2], sentiment| {
        let mut ledger = honest();
        ledger.facts.extend(left.map(|left| gone(4, left)));
        ledger.windows = vec![sums([messages, full, 0, 1], sentiment)];
        ledger.judged().totals
    };
    let left = || Some(Left::Gone(Seq(4)));
    assert!(with(left(), [3, 2], 33).is_empty());
    assert!(with(left(), [4, 2], 33).is_empty(), "one is gone");
    // How it felt is not known of what is gone, but nothing more is counted here.
    assert_eq!(with(left(), [3, 2], 34)[&Kind::Miscounted], 1);
    assert_eq!(with(left(), [2, 2], 33)[&Kind::Miscounted], 1, "never fewer");
    assert_eq!(with(left(), [9, 2], 33)[&Kind::Miscounted], 1, "more than are gone");
    assert_eq!(with(None, [4, 2], 33)[&Kind::Miscounted], 1, "nothing is gone");
}

#[test]
fn what_expired_needs_no_result_and_its_results_no_text() {
    let mut ledger = honest();
    ledger.facts[1] = gone(2, Left::Nothing);
    // The first fact about it went with it.
    ledger.facts[4] = Fact::Cursors(Vec::new());
    ledger.facts.push(said(4, Content::Expire { first: Seq(3) }));
    ledger.facts.push(result(9, full(1), full(2)));
    let Some(Fact::Enriched(stray)) = ledger.facts.last_mut() else { unreachable!() };
    stray.seq = Seq(1);
    assert!(ledger.judged().is_green());
}

#[test]
fn what_was_acknowledged_and_is_not_in_the_journal_is_lost() {
    let lived = || vec![History::client(1).say(1).sent(1, 1).end(0)];
    let lost =
        |ledger: Ledger| {
            ledger.judged_with(&lived()).anomalies.into_iter().any(|found| {
                found.kind == Kind::Lost && found.text.contains("the journal lacks it")
            })
        };
    assert!(!lost(honest()));
    let mut emptied = honest();
    emptied.facts[0] = Fact::Cursors(Vec::new());
    assert!(lost(emptied));
    let mut another = honest();
    let Fact::Message(message) = &mut another.facts[0] else { unreachable!() };
    message.id.counter = 77;
    assert!(lost(another), "another one stands there");
    let mut erased = honest();
    erased.facts[0] = gone(1, Left::Gone(Seq(9)));
    assert!(!lost(erased));
}
