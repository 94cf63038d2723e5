//! Each threshold holds at its edge.

use super::*;

#[test]
fn each_threshold_of_the_generator_holds_at_its_edge() {
    let late = |slip_us: f64, wait| {
        cause(&but(|e| {
            (e.client.slip_p99_us, e.client.run_queue_wait) = (Some(slip_us), Some(wait))
        }))
    };
    assert_eq!(late(LATE_US, 0.5), Cause::Headroom);
    assert_eq!(late(LATE_US + 1.0, RUN_QUEUE_WAIT), Cause::Headroom);
    assert_eq!(late(LATE_US + 1.0, RUN_QUEUE_WAIT + 0.01), Cause::HostStarved);
    let slow = |slip_us| {
        cause(&but(|e| {
            (e.client.slip_p99_us, e.client.run_queue_wait) = (Some(slip_us), Some(0.5));
            e.traffic.service_p50_us = Some(100_000.0);
            e.traffic.alone_p50_us = Some(100_000.0);
        }))
    };
    assert_eq!((slow(10_000.0), slow(10_001.0)), (Cause::Headroom, Cause::HostStarved));
    let by_far = |times: f64| cause(&but(|e| e.client.slip_p99_us = Some(times * LATE_US)));
    assert_eq!(
        (by_far(LATE_BY_FAR), by_far(LATE_BY_FAR + 0.1)),
        (Cause::Headroom, Cause::ClientBound)
    );
    let busy = |share: f64| {
        cause(&but(|e| (e.client.slip_p99_us, e.client.cpu_cores) = (Some(2e3), Some(4.0 * share))))
    };
    assert_eq!(
        (busy(CLIENT_BUSY), busy(CLIENT_BUSY + 0.01)),
        (Cause::Headroom, Cause::ClientBound)
    );
    let steal =
        |share| cause(&but(|e| (e.client.slip_p99_us, e.client.steal) = (Some(2e3), Some(share))));
    assert_eq!((steal(STEAL), steal(STEAL + 0.01)), (Cause::Headroom, Cause::HostStarved));
    let gap = |gap_ms: f64, max_us| {
        cause(&but(|e| {
            (e.client.watchdog_gap_ms, e.traffic.response_max_us) = (Some(gap_ms), Some(max_us))
        }))
    };
    assert_eq!(
        (gap(STALL_MS - 1.0, 99e3), gap(STALL_MS, 99e3)),
        (Cause::Headroom, Cause::ClientBound)
    );
    assert_eq!((gap(400.0, 801e3), gap(400.0, 800e3)), (Cause::Headroom, Cause::ClientBound));
    let beyond = 300e3 / STALL_BEYOND_MAX;
    assert_eq!(
        (gap(300.0, beyond - 1.0), gap(300.0, beyond)),
        (Cause::Headroom, Cause::ClientBound)
    );
    let due = |rate| {
        cause(&but(|e| {
            (e.client.watchdog_gap_ms, e.traffic.response_max_us) = (Some(1e3), Some(9e3));
            (e.traffic.asked_rate, e.traffic.achieved_rate) = (Some(rate), Some(rate));
        }))
    };
    assert_eq!((due(STALL_DUE), due(STALL_DUE - 0.1)), (Cause::Headroom, Cause::ClientBound));
}

type Change = fn(&mut Limits, &mut Traffic);

#[test]
fn each_limit_between_holds_at_its_edge() {
    let held = |change: Change| {
        let evidence = but(|e| change(&mut e.limits, &mut e.traffic));
        cause(&evidence) == Cause::NetworkOrLimit
    };
    let edges: [(&str, Change, bool); 14] = [
        ("files below", |l, _| l.open_files = Some(FILES * 20_000.0 - 1.0), false),
        ("files", |l, _| l.open_files = Some(FILES * 20_000.0), true),
        ("server's files below", |l, _| l.server_files = Some(FILES * 1_000.0 - 1.0), false),
        ("server's files", |l, _| l.server_files = Some(FILES * 1_000.0), true),
        ("ports", |l, _| l.no_port = Some(1), true),
        (
            "backlog below",
            |l, t| {
                (l.backlog_overflows, t.asked_connections, t.achieved_connections) =
                    (Some(1), Some(101.0), None)
            },
            false,
        ),
        (
            "backlog",
            |l, t| {
                (l.backlog_overflows, t.asked_connections, t.achieved_connections) =
                    (Some(1), Some(100.0), None)
            },
            true,
        ),
        (
            "timeouts below",
            |l, t| {
                (l.connect_timeouts, t.asked_connections, t.achieved_connections) =
                    (Some(1), Some(101.0), None)
            },
            false,
        ),
        (
            "timeouts",
            |l, t| {
                (l.connect_timeouts, t.asked_connections, t.achieved_connections) =
                    (Some(1), Some(100.0), None)
            },
            true,
        ),
        ("connections", |_, t| t.achieved_connections = Some(CONNECTIONS * 50.0), false),
        (
            "connections missing",
            |_, t| t.achieved_connections = Some(CONNECTIONS * 50.0 - 0.1),
            true,
        ),
        ("loss", |l, _| l.sent_again = Some(SENT_AGAIN), false),
        ("loss above", |l, _| l.sent_again = Some(SENT_AGAIN + 0.001), true),
        ("link", |l, _| l.bandwidth = Some(BANDWIDTH), true),
    ];
    for (name, change, limit) in edges {
        assert_eq!(held(change), limit, "{name}");
    }
}

#[test]
fn each_threshold_of_the_server_holds_at_its_edge() {
    let shed = |share| cause(&but(|e| e.traffic.turned_away = Some(share)));
    assert_eq!((shed(TURNED_AWAY), shed(TURNED_AWAY + 0.001)), (Cause::Headroom, Cause::Shedding));
    let full = |share: f64| cause(&saturated(4.0 * share));
    assert_eq!((full(SERVER_BUSY), full(SERVER_BUSY - 0.01)), (Cause::ServerCpu, Cause::Unknown));
    assert_eq!(
        (full(SERVER_IDLE), full(SERVER_IDLE - 0.01)),
        (Cause::Unknown, Cause::ServerWaiting)
    );
    let kept = |share: f64| cause(&but(|e| e.traffic.achieved_rate = Some(1_000.0 * share)));
    assert_eq!((kept(KEPT_UP), kept(KEPT_UP - 0.01)), (Cause::Headroom, Cause::ServerWaiting));
    let queue = |times: f64| cause(&but(|e| e.traffic.service_p50_us = Some(9_000.0 * times)));
    assert_eq!((queue(QUEUES - 0.01), queue(QUEUES)), (Cause::Headroom, Cause::ServerWaiting));
    let sparse = |in_flight| {
        cause(&but(|e| {
            (e.traffic.service_p50_us, e.traffic.in_flight) = (Some(27e3), Some(in_flight));
        }))
    };
    assert_eq!(
        (sparse(QUEUES_IN_FLIGHT - 0.1), sparse(QUEUES_IN_FLIGHT)),
        (Cause::Headroom, Cause::ServerWaiting)
    );
    let waits = |wait| {
        let mut evidence = saturated(0.5);
        evidence.server.run_queue_wait = Some(wait);
        cause(&evidence)
    };
    assert_eq!(
        (waits(RUN_QUEUE_WAIT), waits(RUN_QUEUE_WAIT + 0.01)),
        (Cause::ServerWaiting, Cause::Unknown)
    );
    let grows = |elasticity: f64| {
        let mut evidence = closed();
        evidence.growth = Some(Growth { connections: 10.0, throughput: 10_f64.powf(elasticity) });
        cause(&evidence)
    };
    assert_eq!((grows(FLAT - 0.01), grows(FLAT + 0.01)), (Cause::ServerWaiting, Cause::Unknown));
    assert_eq!((grows(GROWS - 0.01), grows(GROWS + 0.01)), (Cause::Unknown, Cause::Headroom));
    let tail = |p99_us: f64| cause(&but(|e| e.traffic.response_p99_us = Some(p99_us)));
    assert_eq!(
        (tail(TAIL * 10_100.0 - 1.0), tail(TAIL * 10_100.0)),
        (Cause::Headroom, Cause::ServerWaiting)
    );
    let one = |cores: f64| finds(&saturated(cores), What::OneProcessor);
    assert_eq!((one(1.0 + ONE_CORE - 0.01), one(1.0 + ONE_CORE + 0.01)), (true, false));
    let machine = |busy| {
        let mut evidence = saturated(2.0);
        (evidence.server.machine_busy, evidence.client.cpu_cores) = (Some(busy), Some(1.9));
        cause(&evidence)
    };
    assert_eq!(
        (machine(MACHINE_FULL), machine(MACHINE_FULL - 0.01)),
        (Cause::BothAtMaximum, Cause::ServerWaiting)
    );
}
