use proptest::prelude::*;

use super::*;

type Queue = FairQueue<u8, u32>;

fn queue(count_max: usize) -> Queue {
    Queue::new(FairQueueSettings { count_max, bytes_max: 1_000_000, quantum: 10 })
}

fn item(item: u32, cost: u32) -> Item<u32> {
    Item { item, cost, bytes: 1 }
}

fn fill(queue: &mut Queue, key: u8, class: Class, count: u32) {
    for number in 0..count {
        queue.push(key, class, item(number, 10)).unwrap();
    }
}

fn keys(queue: &mut Queue, now: Mono, count: usize) -> Vec<u8> {
    (0..count).filter_map(|_| queue.pop(now, End::Oldest)).map(|(key, _, _)| key).collect()
}

#[test]
fn keys_take_turns_and_each_keeps_its_order() {
    let mut queue = queue(100);
    fill(&mut queue, 1, Class::Live, 3);
    fill(&mut queue, 2, Class::Live, 2);
    let mut served = Vec::new();
    while let Some((key, _, number)) = queue.pop(Mono(0), End::Oldest) {
        served.push((key, number));
    }
    assert_eq!(served, [(1, 0), (2, 0), (1, 1), (2, 1), (1, 2)]);
    assert!(queue.is_empty());
}

#[test]
fn the_newest_of_a_key_is_served_when_that_is_asked_and_the_oldest_leaves_out_of_turn() {
    let mut queue = queue(100);
    fill(&mut queue, 1, Class::Live, 4);
    fill(&mut queue, 2, Class::Live, 1);
    assert_eq!(queue.take_oldest(&1, Class::Live), Some(0));
    assert_eq!(queue.take_oldest(&2, Class::Live), Some(0));
    assert_eq!(
        (queue.take_oldest(&2, Class::Live), queue.take_oldest(&3, Class::Live)),
        (None, None)
    );
    assert_eq!(queue.len(), 3);
    // Who left has no turn, and whoever comes again has one.
    fill(&mut queue, 2, Class::Live, 1);
    let mut served = Vec::new();
    while let Some((key, _, number)) = queue.pop(Mono(0), End::Newest) {
        served.push((key, number));
    }
    assert_eq!(served, [(1, 3), (2, 0), (1, 2), (1, 1)]);
    assert_eq!(queue.bytes, 0);
    assert!(queue.is_empty() && queue.take_oldest(&1, Class::Live).is_none());
}

#[test]
fn a_turn_is_as_much_cost_not_as_many_items() {
    let mut queue = queue(1_000);
    for number in 0..100 {
        queue.push(1, Class::Live, item(number, 1)).unwrap();
        queue.push(2, Class::Live, item(number, 10)).unwrap();
    }
    let served = keys(&mut queue, Mono(0), 55);
    assert_eq!(served.iter().filter(|key| **key == 1).count(), 50);
}

#[test]
fn lower_classes_wait_for_higher_ones_and_have_their_share_nevertheless() {
    let mut queue = queue(10_000);
    fill(&mut queue, 1, Class::Live, 2_000);
    fill(&mut queue, 1, Class::Again, 2_000);
    fill(&mut queue, 1, Class::Backfill, 2_000);
    let mut served = [0; 3];
    for _ in 0..1_000 {
        served[queue.pop(Mono(0), End::Oldest).unwrap().1 as usize] += 1;
    }
    assert_eq!(served[0] + served[1] + served[2], 1_000);
    assert!((45..=52).contains(&served[1]), "{served:?}");
    assert!((45..=52).contains(&served[2]), "{served:?}");
}

#[test]
fn what_is_not_live_is_served_at_once_when_nothing_is() {
    let mut queue = queue(100);
    fill(&mut queue, 1, Class::Backfill, 2);
    fill(&mut queue, 1, Class::Again, 2);
    let classes: Vec<Class> =
        (0..4).filter_map(|_| queue.pop(Mono(0), End::Oldest)).map(|(_, class, _)| class).collect();
    assert_eq!(classes[..2], [Class::Again; 2]);
    assert_eq!(classes[2..], [Class::Backfill; 2]);
}

#[test]
fn a_share_is_not_saved_up_for_more_than_a_turn() {
    let mut queue = queue(10_000);
    fill(&mut queue, 1, Class::Again, 1_000);
    queue.throttle(1, Mono(1));
    fill(&mut queue, 2, Class::Live, 2_000);
    assert_eq!(keys(&mut queue, Mono(0), 1_000), [2; 1_000]);
    let served = keys(&mut queue, Mono(1), 100);
    assert!(served.iter().filter(|key| **key == 1).count() <= 7, "{served:?}");
}

#[test]
fn a_throttled_key_is_skipped_and_served_when_its_time_has_come() {
    let mut queue = queue(100);
    fill(&mut queue, 1, Class::Live, 2);
    fill(&mut queue, 2, Class::Live, 2);
    queue.throttle(1, Mono(50));
    queue.throttle(1, Mono(100));
    assert_eq!(keys(&mut queue, Mono(99), 9), [2, 2]);
    assert_eq!((queue.len(), queue.poll_timeout()), (2, Some(Mono(100))));
    fill(&mut queue, 1, Class::Live, 1);
    assert_eq!(keys(&mut queue, Mono(99), 9), [0; 0]);
    assert_eq!(keys(&mut queue, Mono(100), 9), [1, 1, 1]);
    assert_eq!(queue.poll_timeout(), None);
}

#[test]
fn beyond_its_bound_the_key_whose_time_comes_first_is_throttled_no_more() {
    let mut queue = queue(2);
    fill(&mut queue, 1, Class::Live, 1);
    for (key, until) in [(1, 7), (2, 8)] {
        queue.throttle(key, Mono(until));
    }
    assert_eq!(keys(&mut queue, Mono(0), 1), [0; 0]);
    queue.throttle(3, Mono(9));
    assert_eq!(keys(&mut queue, Mono(0), 1), [1]);
}

#[test]
fn a_key_holds_as_many_as_are_free_and_all_together_no_more_than_the_bound() {
    let mut queue = queue(8);
    fill(&mut queue, 1, Class::Live, 4);
    assert_eq!(queue.push(1, Class::Live, item(0, 1)), Err(Refusal::Count));
    for key in 2..6 {
        fill(&mut queue, key, Class::Live, 1);
    }
    assert_eq!(queue.len(), 8);
    assert_eq!(queue.push(9, Class::Live, item(0, 1)), Err(Refusal::Count));
    queue.pop(Mono(0), End::Oldest).unwrap();
    assert_eq!(queue.push(9, Class::Live, item(0, 1)), Ok(()));
}

#[test]
fn bytes_are_bounded_in_the_same_way_and_come_back_when_served() {
    let mut queue = Queue::new(FairQueueSettings { count_max: 100, bytes_max: 100, quantum: 10 });
    let sized = |bytes| Item { item: 0, cost: 1, bytes };
    assert_eq!(queue.push(1, Class::Live, sized(101)), Err(Refusal::Bytes));
    assert_eq!(queue.push(1, Class::Live, sized(100)), Ok(()));
    assert_eq!(queue.push(2, Class::Live, sized(1)), Err(Refusal::Bytes));
    queue.pop(Mono(0), End::Oldest).unwrap();
    assert_eq!(queue.push(1, Class::Live, sized(30)), Ok(()));
    assert_eq!(queue.push(1, Class::Live, sized(41)), Err(Refusal::Bytes));
    assert_eq!(queue.push(1, Class::Live, sized(40)), Ok(()));
    assert_eq!(queue.push(1, Class::Live, sized(usize::MAX)), Err(Refusal::Bytes));
}

#[test]
fn an_item_costs_a_turn_at_most() {
    let mut queue = queue(10);
    assert_eq!(queue.push(1, Class::Live, item(0, 11)), Err(Refusal::Cost));
    assert_eq!(queue.push(1, Class::Live, item(0, 10)), Ok(()));
}

proptest! {
    /// While two keys wait, neither is served more than two turns ahead of the other.
    #[test]
    fn keys_that_wait_are_served_as_much(
        costs in prop::collection::vec((0_u8..4, 0_u32..=10), 1..200),
    ) {
        let mut queue = queue(100_000);
        let mut waiting = [0_u32; 4];
        for &(key, cost) in costs.iter().cycle().take(2_000) {
            queue.push(key, Class::Live, item(cost, cost)).unwrap();
            waiting[usize::from(key)] += 1;
        }
        let present: Vec<usize> = (0..4).filter(|key| waiting[*key] > 0).collect();
        let mut served = [0_u32; 4];
        loop {
            let (key, _, cost) = queue.pop(Mono(0), End::Oldest).unwrap();
            served[usize::from(key)] += cost;
            waiting[usize::from(key)] -= 1;
            if waiting[usize::from(key)] == 0 {
                break;
            }
            for one in &present {
                for other in &present {
                    prop_assert!(served[*one] <= served[*other] + 20, "{:?}", served);
                }
            }
        }
    }
}
