use super::*;

#[test]
fn a_guess_comes_back_as_it_was() {
    let mut ledger = Ledger::new(1);
    let at = |record| Offset {
        partition: model::PartitionId::new(7).unwrap(),
        record: model::RecordNo(record),
    };
    let guess = |language: &str, topic: &str| Understanding {
        language: language.to_owned(),
        sentiment_micros: -1_000_000,
        topic: topic.to_owned(),
        toxicity_micros: 1_000_000,
        urgency_micros: 7,
    };
    let guesses =
        [guess("eng", "greeting"), guess("", ""), guess("de", "thanks"), guess("eng", "greeting")];
    for (record, guess) in (1..).zip(&guesses) {
        let standing = Understood::Degraded { why: Reason::Breaker, guess: guess.clone() };
        ledger.put(at(record), &standing, record, 3);
        assert!(ledger.knows(at(record)));
    }
    assert_eq!((ledger.later(), ledger.first_later()), (4, Some(1)));
    for (record, guess) in (1..).zip(guesses) {
        let standing = Understood::Degraded { why: Reason::Breaker, guess };
        assert_eq!(ledger.take_later(at(record)), Some((standing, 3)));
        assert!(!ledger.knows(at(record)));
    }
    assert_eq!(ledger.topics.len(), 2, "each topic is kept once");
}

#[test]
fn what_waits_to_be_asked_again_takes_few_bytes() {
    assert!(size_of::<(Offset, Later)>() <= 64, "{}", size_of::<(Offset, Later)>());
}
