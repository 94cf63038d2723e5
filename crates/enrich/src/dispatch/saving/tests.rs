use model::{Mono, Offset, PartitionId, RecordNo};

use super::*;

const SEEDS: SeededState = SeededState(1, 2);

fn item(record: u64, text: &str) -> Item {
    let target = Offset { partition: PartitionId::new(7).unwrap(), record: RecordNo(record) };
    Item { call: Call { target, number: 1, sent: Mono(0) }, text: Body::new(text).unwrap() }
}

/// Asks, and answers if it is not known. `true`: it was known.
fn is_known(saving: &mut Saving, record: u64, text: &str) -> bool {
    let item = item(record, text);
    match saving.ask(&item) {
        Asked::Had(..) => true,
        Asked::Leads => {
            assert!(saving.got(item.text, &Understanding::default(), 1).is_empty());
            false
        }
        Asked::Follows => panic!("nobody else asks"),
    }
}

#[test]
fn it_never_holds_more_bytes_than_it_may_and_forgets_what_is_not_used() {
    // Ten answers in each half.
    let bytes_max = 20 * (ANSWER_BYTES + 8);
    let mut saving = Saving::new(bytes_max, SEEDS);
    for record in 0..1_000 {
        assert!(!is_known(&mut saving, record, &format!("{record:08}")));
        assert!(saving.sizes()[1] <= bytes_max, "{:?}", saving.sizes());
        // One that is asked about now and then stays.
        if record % 5 == 0 {
            assert_eq!(is_known(&mut saving, record, "evergreen"), record > 0, "{record}");
        }
    }
    assert!(is_known(&mut saving, 0, "00000999"));
    assert!(!is_known(&mut saving, 0, "00000900"));
}

#[test]
fn what_is_larger_than_half_of_it_is_not_remembered() {
    let mut saving = Saving::new(2 * (ANSWER_BYTES + 8), SEEDS);
    assert!(!is_known(&mut saving, 1, "12345678"));
    assert!(is_known(&mut saving, 2, "12345678"));
    assert!(!is_known(&mut saving, 3, "123456789"));
    assert!(!is_known(&mut saving, 4, "123456789"));
}

#[test]
fn it_never_holds_more_answers_than_it_may() {
    let mut saving = Saving::new(usize::MAX, SEEDS);
    for record in 0..ANSWERS_MAX as u64 + 1_000 {
        is_known(&mut saving, record, &record.to_string());
    }
    assert!(saving.sizes()[0] <= ANSWERS_MAX, "{:?}", saving.sizes());
    assert!(saving.sizes()[0] > ANSWERS_MAX / 2);
}
