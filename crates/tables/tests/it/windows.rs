//! Rows of windows, and the views of them.

use std::collections::BTreeMap;

use analytics::{Level, NAMES_MAX, Scope};
use model::{Reason, Understood};
use tables::{AskError, Report, TRENDING_MAX, Tables, Value};

use crate::world::*;

/// Noon of a day.
const NOON: u64 = 19_676 * 24 * HOUR + 12 * HOUR;
const HOUR: u64 = 3_600_000;

fn take(tables: &mut Tables, number: u64, stamp: u64, facts: &Facts) {
    tables.apply(&[stamped(number, stamp, facts)]).unwrap();
    tables.persist().unwrap();
}

/// `ann` asks `bot` in one room, which answers after 3 s; what is understood comes 200 ms later, of the
/// answer only a guess.
fn talk(tables: &mut Tables) -> Journal {
    let mut journal = Journal::new();
    let question = journal.place([says("r", "ann", "Where is my invoice?")]);
    take(tables, 1, NOON, &question);
    let answer = journal.place([says("r", "bot", "Here it is")]);
    take(tables, 2, NOON + 3_000, &answer);
    let pending = Understood::Pending;
    let understood = journal.place([
        answered(("r", "ann"), 1, NOON, (pending.clone(), full(-500_000))),
        answered(("r", "bot"), 2, NOON + 3_000, (pending, degraded(100_000))),
    ]);
    take(tables, 3, NOON + 200, &understood);
    journal
}

#[test]
fn people_read_windows_of_all_conversations_and_senders() {
    let place = Place::new();
    let mut tables = place.open();
    talk(&mut tables);
    let columns = "at, messages, enriched, degraded, dead, pending, sentiment, speakers";
    for (view, at) in [
        ("summary_minutely", "2023-11-15T12:00:00Z"),
        ("summary_hourly", "2023-11-15T12:00:00Z"),
        ("summary_daily", "2023-11-15T00:00:00Z"),
    ] {
        let rows = place.ask(&format!("SELECT {columns}, latency_p99_ms FROM {view}"));
        assert_eq!(rows, [format!("{at} 2 1 1 0 0 -0.2 2 202")], "{view}");
    }
    let rows = place
        .ask("SELECT conversation, messages, speakers, response_p50_ms FROM conversation_hourly");
    assert_eq!(rows, ["r 2 2 2976"]);
    let rows = place.ask("SELECT sender, messages, conversations, response_p50_ms FROM bot_daily");
    assert_eq!(rows, ["ann 1 1 -", "bot 1 1 2976"]);
    let rows =
        place.ask("SELECT sender, messages, enriched, degraded, sentiment, days FROM bot_summary");
    assert_eq!(rows, ["ann 1 1 0 -0.5 1", "bot 1 0 1 0.1 1"]);
    let rows = place.ask("SELECT conversation, messages, speakers, enriched, degraded, pending FROM conversation_summary");
    assert_eq!(rows, ["r 2 2 1 1 0"]);
}

#[test]
fn an_answer_moves_its_message_from_one_topic_to_another() {
    let place = Place::new();
    let mut tables = place.open();
    let mut journal = talk(&mut tables);
    let about = |topic: &str, understood: Understood| match understood {
        Understood::Full(it) => {
            Understood::Full(model::Understanding { topic: topic.to_owned(), ..it })
        }
        Understood::Degraded { why, guess } => Understood::Degraded {
            why,
            guess: model::Understanding { topic: topic.to_owned(), ..guess },
        },
        Understood::Pending | Understood::Dead(_) => understood,
    };
    let said = journal.place([says("r", "cid", "again")]);
    take(&mut tables, 4, NOON + 60_000, &said);
    let (guess, answer) = (about("sports", degraded(1)), about("billing", full(200_000)));
    let guessed = (Understood::Pending, guess.clone());
    let guessed = journal.place([answered(("r", "cid"), 5, NOON + 60_000, guessed)]);
    take(&mut tables, 5, NOON + 60_400, &guessed);
    let topics =
        || place.ask("SELECT topic, messages, enriched, degraded, sentiment FROM topic_summary");
    assert_eq!(topics(), ["sports 1 0 1 0"]);
    let answer = journal.place([answered(("r", "cid"), 5, NOON + 60_000, (guess, answer))]);
    take(&mut tables, 6, NOON + 90_000, &answer);
    assert_eq!(topics(), ["billing 1 1 0 0.2"]);
    let minutes = place.ask("SELECT at, topic, messages, speakers FROM topic_minutely");
    assert_eq!(minutes, ["2023-11-15T12:01:00Z billing 1 1"]);
}

#[test]
fn a_window_goes_when_it_was_kept_for_as_long_as_it_is_and_what_comes_later_is_late() {
    let place = Place::new();
    let mut tables = place.open();
    let mut journal = talk(&mut tables);
    let count = |scope: Scope, level: Level| {
        let (scope, level) = (scope as i64, level as i64);
        let windows = format!(
            "SELECT count(*) FROM windows WHERE scope = {scope} AND level = {level} AND start <= {NOON}"
        );
        let names = format!(
            "SELECT count(*) FROM window_names WHERE scope = {scope} AND level = {level} AND start <= {NOON}"
        );
        (place.ask(&windows).remove(0), place.ask(&names).remove(0))
    };
    let none = ("0".to_owned(), "0".to_owned());
    let mut number = 3;
    let mut ends: BTreeMap<u64, Vec<(Scope, Level)>> = BTreeMap::new();
    for scope in [Scope::Overall, Scope::Conversation, Scope::Sender] {
        for level in scope.levels() {
            let start = level.start(model::Wall(NOON));
            let end = start + scope.kept_ms(*level) + level.length_ms();
            ends.entry(end).or_default().push((scope, *level));
        }
    }
    for (end, windows) in ends {
        for (stamp, is_there) in [(end - 1, true), (end, false)] {
            number += 1;
            take(&mut tables, number, stamp, &Facts::new());
            for (scope, level) in &windows {
                assert_eq!(count(*scope, *level) != none, is_there, "{scope:?} {level:?}");
            }
        }
    }
    let late = || place.ask("SELECT value FROM meta WHERE key = 'late'");
    assert_eq!(late(), ["0"]);
    let dead = Understood::Dead(Reason::Exhausted);
    let change = answered(("r", "bot"), 2, NOON + 3_000, (degraded(100_000), dead));
    let far = NOON + 2_000 * 24 * HOUR;
    take(&mut tables, number + 1, far, &journal.place([change]));
    assert_eq!(late(), ["1"]);
    assert_eq!(place.ask("SELECT count(*) FROM windows WHERE messages <> 0"), ["0"]);
}

/// Whoever comes first has a row, in calls of any size.
#[test]
fn a_window_has_so_many_names_and_the_others_are_counted_together() {
    let names = usize::try_from(NAMES_MAX).unwrap() + 2;
    let dumps = [1_usize, 7].map(|calls| {
        let place = Place::new();
        let mut tables = place.open();
        let mut journal = Journal::new();
        // The last by name come first.
        let senders: Vec<String> = (0..names).rev().map(|name| format!("u{name:06}")).collect();
        let facts: Vec<Facts> = senders
            .chunks(10_000)
            .map(|senders| journal.place(senders.iter().map(|sender| message("r", sender))))
            .collect();
        let items: Vec<_> =
            (1..).zip(&facts).map(|(number, facts)| stamped(number, NOON, facts)).collect();
        for call in items.chunks(items.len().div_ceil(calls)) {
            tables.apply(call).unwrap();
        }
        tables.persist().unwrap();
        let of = "level = 2 AND scope = 3";
        let count =
            place.ask(&format!("SELECT count(*) FROM windows WHERE {of} AND name <> '~other'"));
        assert_eq!(count, [NAMES_MAX.to_string()]);
        let others = place.ask(&format!(
            "SELECT messages, different FROM windows WHERE {of} AND name = '~other'"
        ));
        assert_eq!(others, ["2 1"]);
        let first = place.ask(&format!(
            "SELECT count(*) FROM windows WHERE {of} AND name IN ('u000000', 'u000001')"
        ));
        assert_eq!(first, ["0"]);
        place.ask("SELECT level, scope, start, name, messages, different FROM windows")
    });
    assert_eq!(dumps[0], dumps[1]);
}

#[test]
fn words_trend_in_open_conversations_and_so_many_are_shown() {
    let place = Place::new();
    let mut tables = place.open();
    let mut journal = Journal::new();
    let facts = ["ann", "bob", "cid"].map(|sender| says("r", sender, "the Kafka cluster"));
    take(&mut tables, 1, NOON, &journal.place(facts));
    let secret = ["ann", "bob", "cid"].map(|sender| says("g:secret", sender, "merger"));
    take(&mut tables, 2, NOON, &journal.place(secret));
    let more = journal.place([says("r", "dan", "kafka, and what only dan says")]);
    take(&mut tables, 3, NOON, &more);
    let trending = || place.ask("SELECT term, weight FROM trending");
    assert_eq!(trending(), ["kafka 4", "cluster 3"]);

    let letters = |number: usize| {
        [number / 26, number % 26].map(|at| char::from(b'a' + u8::try_from(at).unwrap()))
    };
    let words = (0..=TRENDING_MAX).map(|number| String::from_iter(letters(number)) + "x");
    let texts: Vec<String> =
        words.collect::<Vec<_>>().chunks(30).map(|words| words.join(" ")).collect();
    let facts = texts.iter().flat_map(|text| ["ann", "bob", "cid"].map(|who| says("r", who, text)));
    take(&mut tables, 4, NOON, &journal.place(facts));
    assert_eq!(trending().len(), TRENDING_MAX);
}

#[test]
fn every_report_is_a_sheet_and_is_cut_where_it_was_asked_to_be() {
    let place = Place::new();
    let mut tables = place.open();
    talk(&mut tables);
    let reader = Tables::reader(&place.file).unwrap();
    for report in Report::ALL {
        let sheet = reader.report(report, 10).unwrap();
        assert!(sheet.columns.len() > 1, "{report:?}");
        assert!(sheet.rows.iter().all(|row| row.len() == sheet.columns.len()), "{report:?}");
    }
    let bots = reader.report(Report::Bots, 2).unwrap();
    assert_eq!((bots.rows.len(), bots.is_cut), (2, false));
    let bot = reader.report(Report::Bots, 1).unwrap();
    assert_eq!((&bot.rows[..], bot.is_cut), (&bots.rows[..1], true));
}

#[test]
fn questions_in_sql_are_answered_and_nothing_else_is_done() {
    let place = Place::new();
    let mut tables = place.open();
    talk(&mut tables);
    let reader = Tables::reader(&place.file).unwrap();
    let sheet =
        reader.ask("SELECT count(*) AS count, NULL, 'r', 0.5 FROM conversations", 9).unwrap();
    assert_eq!(sheet.columns[0], "count");
    let row = [Value::Integer(1), Value::Null, Value::Text("r".to_owned()), Value::Real(0.5)];
    assert_eq!(sheet.rows, [row]);
    for sql in [
        "SELECT nothing",
        "DELETE FROM conversations",
        "",
        "SELECT 1; SELECT 2",
        "CREATE TABLE t (a)",
    ] {
        let refused = reader.ask(sql, 9);
        assert!(matches!(refused, Err(AskError::Sql(_))), "{sql}: {refused:?}");
    }
    assert_eq!(all(&tables).len(), 1);
}
