use super::*;

/// Lanes for 4,000 calls; the service allows so many streams on each.
fn lanes(streams: usize) -> Lanes {
    let lanes = Lanes::new(4_000, Dial::new(None, Duration::from_secs(1)).0);
    for lane in &lanes.lanes {
        lane.used.streams.store(streams, Relaxed);
    }
    lanes
}

/// Makes so many calls that do not end; how many each connection has then.
fn filled(lanes: &Lanes, calls: usize) -> Vec<usize> {
    for _ in 0..calls {
        let lane = lanes.pick();
        lanes.in_flight.fetch_add(1, Relaxed);
        lane.used.in_flight.fetch_add(1, Relaxed);
    }
    lanes.lanes.iter().map(|lane| lane.used.in_flight.load(Relaxed)).collect()
}

#[test]
fn calls_are_packed_into_few_connections_and_none_is_given_more_than_it_takes() {
    for (streams, calls, used_max) in [(100, 2_000, 27), (250, 2_000, 11), (1_000, 2_000, 3)] {
        let filled = filled(&lanes(streams), calls);
        let used = filled.iter().filter(|calls| **calls > 0).count();
        assert!((USED_MIN..=used_max).contains(&used), "{streams}: {used} used");
        let most = filled.iter().max().unwrap();
        assert!(*most <= streams, "{streams}: {most} on one of {filled:?}");
    }
}

#[test]
fn few_calls_have_two_connections_and_those_of_one_moment_leave_together() {
    let few = filled(&lanes(100), 2 * TOGETHER);
    assert_eq!(few[..3], [TOGETHER, TOGETHER, 0]);
}

#[test]
fn a_service_that_allows_few_streams_gets_all_connections_that_may_be_open() {
    let filled = filled(&lanes(10), 2_000);
    assert!(filled.iter().all(|calls| *calls > 0), "{filled:?}");
}
