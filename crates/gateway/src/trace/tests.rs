use super::*;

fn parent(is_sampled: bool) -> Option<TraceParent> {
    Some(TraceParent { context: TraceContext { trace_id: 7, span_id: 8 }, is_sampled })
}

#[test]
fn whoever_asks_decides_and_else_chance_does() {
    let (never, always) = (Tracer::new(0.0, || 5), Tracer::new(1.0, || u128::MAX));
    assert_eq!(never.begin(None), None);
    assert!(always.begin(None).is_some(), "the highest number is below 2^64");
    assert_eq!(always.begin(parent(false)), None);
    let begun = never.begin(parent(true)).unwrap();
    assert_eq!((begun.context.trace_id, begun.parent), (7, Some(8)));
    assert_ne!(begun.context.span_id, 8);
    let half = |dice: Dice| Tracer::new(0.5, dice).begin(None).is_some();
    assert!(half(|| (1 << 63) - 1) && !half(|| 1 << 63));
}

#[test]
fn no_id_is_nothing() {
    let begun = Tracer::new(1.0, || 0).begin(None).unwrap();
    assert_ne!((begun.context.trace_id, begun.context.span_id), (0, 0));
    assert_ne!(begun.context.span_id, 0);
}

#[test]
fn at_the_bound_a_span_is_dropped_and_counted() {
    let tracer = Tracer::new(1.0, || 5);
    let under = TraceContext { trace_id: 1, span_id: 2 };
    for _ in 0..SPANS_MAX {
        tracer.step(under, "step", (1, 2), Vec::new());
    }
    assert_eq!(tracer.dropped(), 0);
    tracer.step(under, "one too many", (1, 2), Vec::new());
    assert_eq!(tracer.dropped(), 1);
    assert_eq!(tracer.take(1).len(), 1);
    assert_eq!(tracer.take(usize::MAX).len(), SPANS_MAX - 1);
    tracer.step(under, "again", (1, 2), Vec::new());
    assert_eq!(tracer.take(usize::MAX)[0].parent, Some(2));
}
