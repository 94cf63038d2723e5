use super::*;

fn text(bytes: usize) -> Said {
    Said::new("x".repeat(bytes))
}

#[test]
fn it_takes_only_the_next_one() {
    let mut ring = Ring::starting_at(Seq(5));
    assert_eq!(ring.push(Seq(4), text(1)), Err(NotNext { expected: Seq(5) }));
    assert_eq!(ring.push(Seq(6), text(1)), Err(NotNext { expected: Seq(5) }));
    ring.push(Seq(5), text(1)).unwrap();
    assert_eq!((ring.start(), ring.next(), ring.len()), (Seq(5), Seq(6), 1));
}

#[test]
fn the_bound_of_frames_holds_at_its_edge() {
    let mut ring = Ring::starting_at(Seq(1));
    for seq in 1..=RING_FRAMES_MAX as u64 {
        assert_eq!(ring.push(Seq(seq), text(1)).unwrap().frames_freed, 0);
    }
    assert_eq!(ring.start(), Seq(1));
    let change = ring.push(ring.next(), text(1)).unwrap();
    assert_eq!((change.frames_added, change.frames_freed), (1, 1));
    assert_eq!((ring.start(), ring.len()), (Seq(2), RING_FRAMES_MAX));
}

#[test]
fn the_bound_of_bytes_holds_at_its_edge_and_even_one_frame_may_be_too_much() {
    let mut ring = Ring::starting_at(Seq(1));
    ring.push(Seq(1), text(RING_BYTES_MAX - FRAME_OVERHEAD_BYTES)).unwrap();
    assert_eq!((ring.len(), ring.bytes()), (1, RING_BYTES_MAX));
    ring.push(Seq(2), text(1)).unwrap();
    assert_eq!((ring.start(), ring.len()), (Seq(2), 1));
    ring.push(Seq(3), text(RING_BYTES_MAX)).unwrap();
    assert_eq!((ring.start(), ring.next(), ring.len(), ring.bytes()), (Seq(4), Seq(4), 0, 0));
}

#[test]
fn copies_begin_where_asked_and_stop_at_either_bound() {
    let mut ring = Ring::starting_at(Seq(10));
    for seq in 10..20 {
        ring.push(Seq(seq), text(10)).unwrap();
    }
    let copied = |from, frames, bytes| {
        ring.copy_from(Seq(from), frames, bytes, Encoding::Json, &mut Vec::new())
    };
    assert_eq!(copied(9, 100, 1000), 0, "below its start");
    assert_eq!(copied(10, 100, 1000), 10);
    assert_eq!(copied(18, 100, 1000), 2);
    assert_eq!(copied(20, 100, 1000), 0, "nothing there yet");
    assert_eq!(copied(u64::MAX, 100, 1000), 0);
    assert_eq!(copied(10, 3, 1000), 3);
    assert_eq!(copied(10, 100, 15), 2, "at least one, and none after the bound is passed");
}

#[test]
fn letting_go_counts_what_was_freed() {
    let mut ring = Ring::starting_at(Seq(1));
    for seq in 1..=4 {
        ring.push(Seq(seq), text(4)).unwrap();
    }
    let change = ring.drop_through(Seq(2));
    assert_eq!((change.frames_freed, change.bytes_freed), (2, 2 * (4 + FRAME_OVERHEAD_BYTES)));
    assert_eq!((ring.start(), ring.next()), (Seq(3), Seq(5)));
    ring.drop_through(Seq(100));
    assert_eq!((ring.start(), ring.next(), ring.bytes()), (Seq(5), Seq(5), 0));
}

#[test]
fn every_encoding_of_a_frame_counts() {
    let mut ring = Ring::starting_at(Seq(1));
    let half = (RING_BYTES_MAX - FRAME_OVERHEAD_BYTES) / 2;
    ring.push(Seq(1), text(half).with_binary(vec![0; half])).unwrap();
    assert_eq!((ring.len(), ring.bytes()), (1, RING_BYTES_MAX));
    ring.push(Seq(2), text(half).with_binary(vec![0; half + 1])).unwrap();
    assert_eq!((ring.len(), ring.bytes()), (0, 0));
}
