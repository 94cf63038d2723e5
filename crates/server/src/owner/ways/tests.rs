use model::InstanceId;

use super::*;

fn id(counter: u64) -> MessageId {
    MessageId { instance: InstanceId(1), counter }
}

#[test]
fn at_the_bound_no_further_way_is_followed_and_it_is_counted() {
    let tracer = Arc::new(Tracer::new(1.0, || 5));
    let ways = Ways::new(Arc::clone(&tracer), false);
    let under = TraceContext { trace_id: 1, span_id: 2 };
    for counter in 1..=WAYS_MAX as u64 {
        ways.heard(id(counter), under);
    }
    assert_eq!(tracer.dropped(), 0);
    ways.heard(id(0), under);
    assert_eq!((ways.lock().ways.len(), tracer.dropped()), (WAYS_MAX, 1));
}
