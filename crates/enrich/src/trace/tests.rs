use model::{InstanceId, PartitionId, RecordNo};

use super::*;

fn target(record: u64) -> Offset {
    Offset { partition: PartitionId::new(7).unwrap(), record: RecordNo(record) }
}

#[test]
fn at_the_bound_the_oldest_step_gives_way_and_nothing_is_allocated() {
    let mut trace = Trace::new();
    let room = trace.steps.capacity();
    trace.add(target(1), What::Durable);
    for _ in 1..STEPS_MAX {
        trace.add(target(2), What::Durable);
    }
    assert_eq!(trace.of(target(1)).count(), 1, "all steps are there");
    trace.add(target(3), What::Durable);
    assert_eq!(trace.of(target(1)).count(), 0, "the oldest has gone");
    assert_eq!((trace.steps.len(), trace.steps.capacity()), (STEPS_MAX, room));
}

#[test]
fn a_step_is_small() {
    assert!(size_of::<Step>() <= 40, "{}", size_of::<Step>());
}

#[test]
fn a_message_is_found_by_its_id_and_no_other() {
    let mut trace = Trace::new();
    let id = |instance, counter| MessageId { instance: InstanceId(instance), counter };
    for record in 1..=100 {
        trace.add(target(record), What::Arrived(key(id(5, record))));
        trace.add(target(record), What::Durable);
    }
    assert_eq!(trace.target_of(id(5, 42)), Some(target(42)));
    assert_eq!(trace.of(target(42)).count(), 2);
    assert_eq!(trace.target_of(id(5, 101)), None);
    assert_eq!(trace.target_of(id(6, 42)), None);
}
