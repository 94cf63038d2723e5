//! One key that floods and one that is quiet, before a service of 1,000 a second.

use std::collections::VecDeque;

use model::Mono;
use resilience::{Class, End, FairQueue, FairQueueSettings, Item};

const SETTINGS: FairQueueSettings =
    FairQueueSettings { count_max: 20_000, bytes_max: 20_000_000, quantum: 10 };

/// What is asked in each ms of 20 s: ten of the key that floods, and of the quiet one a single one in a hundred ms.
fn asked(ms: u64) -> impl Iterator<Item = &'static str> {
    let quiet = ms.is_multiple_of(100).then_some("quiet");
    std::iter::repeat_n("flood", 10).chain(quiet)
}

/// How many of the quiet one's 200 were served within 10 ms.
fn served_soon(
    mut push: impl FnMut(&'static str, u64),
    mut pop: impl FnMut() -> (&'static str, u64),
    mut count: impl FnMut(),
) -> usize {
    let mut soon = 0;
    for ms in 0..20_000 {
        asked(ms).for_each(|key| push(key, ms));
        let (key, since) = pop();
        soon += usize::from(key == "quiet" && ms - since <= 10);
        count();
    }
    soon
}

#[test]
fn who_floods_waits_for_itself_and_not_the_quiet() {
    let queue = std::cell::RefCell::new(FairQueue::new(SETTINGS));
    let fair = served_soon(
        |key, ms| {
            let item = Item { item: ms, cost: 10, bytes: 100 };
            let refused = queue.borrow_mut().push(key, Class::Live, item).is_err();
            assert!(!refused || key == "flood", "there is always room for the quiet");
        },
        || {
            let (key, _, since) = queue.borrow_mut().pop(Mono(0), End::Oldest).unwrap();
            (key, since)
        },
        || assert!(queue.borrow().len() <= SETTINGS.count_max),
    );
    assert_eq!(fair, 200);

    let queue = std::cell::RefCell::new(VecDeque::new());
    let in_order = served_soon(
        |key, ms| {
            if queue.borrow().len() < SETTINGS.count_max {
                queue.borrow_mut().push_back((key, ms));
            }
        },
        || queue.borrow_mut().pop_front().unwrap(),
        || {},
    );
    assert!(in_order <= 5, "{in_order}");
}
