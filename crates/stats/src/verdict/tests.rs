//! The table: each cause from its evidence, and what is told beside it.

use super::*;

mod edges;

/// An open loop that kept up with everything known and healthy; nothing is at its limit.
fn healthy() -> Evidence {
    Evidence {
        client: Client {
            slip_p99_us: Some(200.0),
            loop_lag_p99_us: Some(100.0),
            watchdog_gap_ms: Some(3.0),
            cpu_cores: Some(0.5),
            cpu_allowed_cores: Some(4.0),
            run_queue_wait: Some(0.01),
            steal: Some(0.0),
            throttled: Some(0.0),
            pressure: Some(0.02),
        },
        traffic: Traffic {
            asked_rate: Some(1_000.0),
            achieved_rate: Some(999.0),
            asked_connections: Some(50.0),
            achieved_connections: Some(50.0),
            in_flight: Some(10.0),
            wait_p99_us: Some(50.0),
            service_p50_us: Some(10_000.0),
            service_p99_us: Some(15_000.0),
            response_p50_us: Some(10_100.0),
            response_p99_us: Some(15_200.0),
            response_max_us: Some(30_000.0),
            alone_p50_us: Some(9_000.0),
            turned_away: Some(0.0),
        },
        limits: Limits {
            open_files: Some(80.0),
            open_files_max: Some(20_000.0),
            server_files: Some(90.0),
            server_files_max: Some(1_000.0),
            no_port: Some(0),
            connect_timeouts: Some(0),
            backlog_overflows: Some(0),
            sent_again: Some(0.0),
            bandwidth: Some(0.1),
        },
        server: Server {
            cpu_cores: Some(1.0),
            allowed_cores: Some(4.0),
            machine_busy: Some(0.4),
            run_queue_wait: Some(0.01),
            queued: None,
            is_local: true,
        },
        growth: None,
        slos_kept: None,
    }
}

/// [`healthy`], changed.
fn but(change: impl FnOnce(&mut Evidence)) -> Evidence {
    let mut evidence = healthy();
    change(&mut evidence);
    evidence
}

/// Asked for more than was done: connections all in use, service far longer than alone.
fn saturated(server_cores: f64) -> Evidence {
    but(|e| {
        e.traffic.achieved_rate = Some(800.0);
        e.traffic.in_flight = Some(49.9);
        e.traffic.wait_p99_us = Some(900_000.0);
        e.traffic.service_p50_us = Some(62_000.0);
        e.traffic.response_p50_us = Some(500_000.0);
        e.traffic.response_p99_us = Some(960_000.0);
        e.server.cpu_cores = Some(server_cores);
    })
}

/// A closed loop: nothing was asked, so there is no slip.
fn closed() -> Evidence {
    but(|e| {
        e.traffic.asked_rate = None;
        e.client.slip_p99_us = None;
        e.traffic.in_flight = Some(50.0);
        e.traffic.alone_p50_us = None;
    })
}

fn cause(evidence: &Evidence) -> Cause {
    judge(evidence).cause
}

/// Whether a finding of this kind is there.
fn finds(evidence: &Evidence, what: What) -> bool {
    judge(evidence).findings.iter().any(|finding| finding.what == what)
}

/// The cause, and how sure it is, of evidence that was changed.
fn judged(mut evidence: Evidence, change: fn(&mut Evidence)) -> (Cause, Confidence) {
    change(&mut evidence);
    let judgement = judge(&evidence);
    assert!(!judgement.findings.is_empty(), "without evidence: {judgement:?}");
    (judgement.cause, judgement.confidence)
}

#[test]
fn each_cause_at_the_generators_end_is_named_from_its_evidence() {
    use Confidence::{Clear, Likely, Possible};
    let late =
        |change: fn(&mut Evidence)| judged(but(|e| e.client.slip_p99_us = Some(2e3)), change);
    assert_eq!(late(|e| e.client.cpu_cores = Some(3.9)), (Cause::ClientBound, Clear));
    assert_eq!(late(|e| e.client.run_queue_wait = Some(0.5)), (Cause::HostStarved, Clear));
    assert_eq!(late(|e| e.client.throttled = Some(0.01)), (Cause::HostStarved, Clear));
    assert_eq!(late(|e| e.client.steal = Some(0.06)), (Cause::HostStarved, Clear));
    assert_eq!(late(|e| e.client.slip_p99_us = Some(2e4)), (Cause::ClientBound, Possible));
    assert_eq!(
        late(|e| e.client = Client { slip_p99_us: Some(2e3), ..Client::default() }).1,
        Possible
    );
    let busy = judged(closed(), |e| e.client.cpu_cores = Some(3.9));
    assert_eq!(busy, (Cause::ClientBound, Likely));
    let files = judged(healthy(), |e| e.limits.open_files = Some(20_000.0));
    assert_eq!(files, (Cause::NetworkOrLimit, Clear));
    assert_eq!(judged(Evidence::default(), |_| {}), (Cause::Unknown, Possible));
}

#[test]
fn each_cause_at_the_servers_end_is_named_from_its_evidence() {
    use Confidence::{Clear, Likely, Possible};
    assert_eq!(judged(healthy(), |_| {}), (Cause::Headroom, Clear));
    assert_eq!(judged(healthy(), |e| e.server = Server::default()), (Cause::Headroom, Likely));
    assert_eq!(judged(healthy(), |e| e.slos_kept = Some(false)), (Cause::Unknown, Possible));
    let shed = |e: &mut Evidence| e.traffic.turned_away = Some(0.3);
    assert_eq!(judged(healthy(), shed), (Cause::Shedding, Likely));
    assert_eq!(judged(saturated(1.0), shed), (Cause::Shedding, Clear));
    assert_eq!(judged(saturated(3.9), |_| {}), (Cause::ServerCpu, Clear));
    assert_eq!(judged(saturated(0.5), |_| {}), (Cause::ServerWaiting, Clear));
    assert_eq!(judged(saturated(3.0), |_| {}), (Cause::Unknown, Possible));
    let unseen = judged(saturated(3.0), |e| e.server = Server::default());
    assert_eq!(unseen, (Cause::Unknown, Possible));
    assert_eq!(judged(closed(), |_| {}), (Cause::Unknown, Possible));
    let full = judged(closed(), |e| e.server.cpu_cores = Some(4.0));
    assert_eq!(full, (Cause::ServerCpu, Likely));
    let grows = |e: &mut Evidence| e.growth = Some(Growth { connections: 2.0, throughput: 1.9 });
    assert_eq!(judged(closed(), grows), (Cause::Headroom, Clear));
    let flat = |e: &mut Evidence| e.growth = Some(Growth { connections: 2.0, throughput: 1.01 });
    assert_eq!(judged(closed(), flat), (Cause::ServerWaiting, Clear));
}

#[test]
fn too_few_connections_are_told_from_a_server_that_is_slow() {
    // In use, but as fast as alone: more connections would do more.
    let capped = |alone_us| {
        but(|e| {
            e.traffic.achieved_rate = Some(700.0);
            e.traffic.in_flight = Some(50.0);
            e.traffic.wait_p99_us = Some(90_000.0);
            e.traffic.service_p50_us = Some(70_000.0);
            e.traffic.service_p99_us = Some(75_000.0);
            e.traffic.alone_p50_us = alone_us;
        })
    };
    let judgement = judge(&capped(Some(69_000.0)));
    assert_eq!(
        (judgement.cause, judgement.confidence),
        (Cause::ConcurrencyCapped, Confidence::Clear)
    );
    assert!(judgement.findings[0].next.contains("to 75 (-c)"), "{judgement:?}");
    assert_eq!(judge(&capped(None)).confidence, Confidence::Possible);
    assert_eq!(cause(&capped(Some(30_000.0))), Cause::ServerWaiting);
    let mut full = capped(None);
    full.server.cpu_cores = Some(3.9);
    assert_eq!(cause(&full), Cause::ServerCpu);
    let mut flat = capped(None);
    flat.growth = Some(Growth { connections: 5.0, throughput: 1.02 });
    assert_eq!(cause(&flat), Cause::ServerWaiting);
    let mut spare = capped(Some(69_000.0));
    spare.traffic.in_flight = Some(FULL * 50.0 - 0.1);
    assert_ne!(cause(&spare), Cause::ConcurrencyCapped);
}

#[test]
fn a_second_of_standing_still_is_of_whoever_stood_still() {
    let stop = but(|e| {
        e.traffic.response_p99_us = Some(920_000.0);
        e.traffic.response_max_us = Some(1_000_000.0);
    });
    let judgement = judge(&stop);
    assert_eq!((judgement.cause, judgement.is_valid()), (Cause::ServerWaiting, true));
    assert_eq!(judgement.findings[0].what, What::ServerStoodStill);

    let mut mine = stop;
    mine.client.watchdog_gap_ms = Some(1_001.0);
    mine.client.slip_p99_us = Some(920_000.0);
    let judgement = judge(&mine);
    assert_eq!((judgement.cause, judgement.is_valid()), (Cause::ClientBound, false));
    assert_eq!(judgement.findings[0].what, What::GeneratorStoodStill);

    let mut hosts = mine;
    hosts.client.run_queue_wait = Some(0.4);
    let judgement = judge(&hosts);
    assert_eq!((judgement.cause, judgement.is_valid()), (Cause::HostStarved, false));

    let mut allowed = stop;
    allowed.slos_kept = Some(true);
    assert_eq!(cause(&allowed), Cause::Headroom);
    assert!(finds(&allowed, What::ServerStoodStill), "it is still told");
}

#[test]
fn a_gap_of_the_watchdog_that_no_request_met_is_of_the_watchdog_alone() {
    // 400 ms without a tick, and the slowest of a closed loop took 20 ms.
    let mut alone = closed();
    (alone.client.watchdog_gap_ms, alone.traffic.response_max_us) = (Some(400.0), Some(20e3));
    alone.client.run_queue_wait = Some(0.4);
    assert!(judge(&alone).is_valid(), "{:?}", judge(&alone));
    assert!(!finds(&alone, What::GeneratorStoodStill));
    let mut met = alone;
    met.traffic.response_max_us = Some(390e3);
    assert_eq!(cause(&met), Cause::HostStarved);
    // One a second: nothing was due in the gap, or just before its end.
    let mut rare = alone;
    rare.traffic.asked_rate = Some(1.0);
    (rare.traffic.achieved_rate, rare.client.slip_p99_us) = (Some(1.0), Some(10.0));
    assert!(!judge(&rare).is_valid(), "what was due in it may be all there is");
    let mut often = rare;
    (often.traffic.asked_rate, often.traffic.achieved_rate) = (Some(1e3), Some(1e3));
    assert_eq!(cause(&often), Cause::Headroom, "four hundred were due in it");
}

#[test]
fn full_processors_are_never_called_headroom() {
    // A step beyond the knee did a little more, and service takes less than twice what it takes alone.
    let mut top = closed();
    top.growth = Some(Growth { connections: 1.4, throughput: 1.05 });
    (top.traffic.service_p50_us, top.traffic.alone_p50_us) = (Some(4_790.0), Some(2_850.0));
    assert_eq!(judge(&top).cause, Cause::Headroom, "with processors to spare");
    let full: fn(&mut Evidence) = |e| e.server.cpu_cores = Some(3.96);
    assert_eq!(judged(top, full), (Cause::ServerCpu, Confidence::Likely));
    assert_eq!(
        judged(healthy(), full),
        (Cause::ServerCpu, Confidence::Likely),
        "at a rate that it kept"
    );
}

#[test]
fn a_server_whose_processors_others_had_is_not_said_to_wait_or_to_stand_still() {
    // Half of a request at a time in flight, each three times slower than a moment ago, with a long tail.
    let slow = |change: fn(&mut Server)| {
        let mut evidence = but(|e| {
            e.traffic.in_flight = Some(0.5);
            (e.traffic.service_p50_us, e.traffic.alone_p50_us) = (Some(900.0), Some(300.0));
            (e.traffic.response_p50_us, e.traffic.response_p99_us) = (Some(950.0), Some(150e3));
            e.server.cpu_cores = Some(0.1);
        });
        change(&mut evidence.server);
        judge(&evidence)
    };
    let starved = slow(|server| server.run_queue_wait = Some(0.4));
    assert_eq!(starved.cause, Cause::Headroom, "{starved:?}");
    assert!(starved.findings.iter().any(|found| found.what == What::ServerStarved));
    assert_eq!(slow(|server| server.machine_busy = Some(0.99)).cause, Cause::Headroom);
    assert_eq!(slow(|_| {}).cause, Cause::ServerWaiting, "nobody else had them: it stood still");

    let mut held = saturated(0.5);
    held.server.run_queue_wait = Some(0.4);
    let judgement = judge(&held);
    assert_eq!(judgement.cause, Cause::Unknown, "it may have waited for them alone");
    assert!(judgement.findings[0].evidence.contains("others had those"), "{judgement:?}");
}

#[test]
fn a_machine_that_both_fill_is_told_and_a_late_generator_on_it_is_invalid_all_the_same() {
    let mut shared = saturated(2.0);
    shared.server.machine_busy = Some(0.98);
    shared.client.cpu_cores = Some(1.9);
    assert_eq!(cause(&shared), Cause::BothAtMaximum);
    let mut late = shared;
    (late.client.slip_p99_us, late.client.run_queue_wait) = (Some(9e3), Some(0.3));
    assert_eq!(cause(&late), Cause::HostStarved);
    let mut loops = shared;
    loops.traffic.asked_rate = None;
    (loops.client.slip_p99_us, loops.client.loop_lag_p99_us) = (None, Some(9e3));
    loops.client.run_queue_wait = Some(0.3);
    assert_eq!(cause(&loops), Cause::BothAtMaximum, "a closed loop has no rate to be late for");
    let mut others = shared;
    (others.server.cpu_cores, others.client.cpu_cores) = (Some(0.5), Some(0.2));
    assert_eq!(cause(&others), Cause::Unknown, "others filled it");
    let mut elsewhere = shared;
    elsewhere.server.is_local = false;
    assert_eq!(cause(&elsewhere), Cause::ServerCpu);
}

#[test]
fn the_rules_are_asked_in_their_order() {
    let mut all = saturated(3.9);
    all.traffic.turned_away = Some(0.3);
    assert_eq!(cause(&all), Cause::Shedding, "before the server's processors");
    all.limits.no_port = Some(9);
    assert_eq!(cause(&all), Cause::NetworkOrLimit, "before shedding");
    (all.client.slip_p99_us, all.client.run_queue_wait) = (Some(2e4), Some(0.5));
    assert_eq!(cause(&all), Cause::HostStarved, "before everything");
}

#[test]
fn a_closed_loop_has_no_slip_and_is_late_by_the_lag_of_its_loops() {
    let with = |lag_us, wait| {
        let mut evidence = closed();
        (evidence.client.loop_lag_p99_us, evidence.client.run_queue_wait) = (lag_us, Some(wait));
        judge(&evidence)
    };
    let late = with(Some(LATE_US + 1.0), 0.5);
    assert_eq!((late.cause, late.confidence), (Cause::HostStarved, Confidence::Clear));
    assert!(late.findings[0].evidence.contains("loop lag"), "{late:?}");
    assert_eq!(with(Some(LATE_US), 0.5).cause, Cause::Unknown, "in time though it waits");
    let unknown = with(None, 0.5);
    assert_eq!((unknown.cause, unknown.confidence), (Cause::HostStarved, Confidence::Likely));
    assert_eq!(with(None, 0.0).cause, Cause::Unknown, "nothing speaks against it");
}

#[test]
fn only_a_generator_that_was_late_makes_a_run_invalid() {
    let starved = but(|e| (e.client.run_queue_wait, e.client.cpu_cores) = (Some(0.5), Some(3.9)));
    assert_eq!(cause(&starved), Cause::Headroom, "it kept its schedule");
    assert!(finds(&starved, What::HostStarved) && finds(&starved, What::GeneratorBusy));
    let late = but(|e| e.client.slip_p99_us = Some(2e3));
    assert_eq!(cause(&late), Cause::Headroom, "it was late, but its processors were free");
    assert!(finds(&late, What::GeneratorLate));
    let mut blind = late;
    (blind.client.cpu_cores, blind.client.run_queue_wait) = (None, None);
    assert_eq!(cause(&blind), Cause::ClientBound, "nothing speaks for it");
    for (cause, valid) in [
        (Cause::ClientBound, false),
        (Cause::HostStarved, false),
        (Cause::BothAtMaximum, true),
        (Cause::Unknown, true),
    ] {
        let judgement = Judgement { cause, confidence: Confidence::Clear, findings: Vec::new() };
        assert_eq!(judgement.is_valid(), valid);
    }
}

#[test]
fn what_waits_in_a_server_is_told_and_decides_nothing() {
    let queued = |evidence: Evidence, queued| {
        judge(&Evidence { server: Server { queued: Some(queued), ..evidence.server }, ..evidence })
    };
    let waiting = queued(saturated(0.5), 41.2);
    assert_eq!(waiting.cause, Cause::ServerWaiting);
    let told = &waiting.findings[0].evidence;
    assert!(told.ends_with("and 41 waited in its queues"), "{told}");
    assert_eq!(queued(healthy(), 1e6).cause, Cause::Headroom);
}

#[test]
fn what_kind_of_work_a_request_is_is_told_with_its_ceiling() {
    let work = |cores, alone_us: f64| {
        but(|e| {
            (e.server.cpu_cores, e.traffic.achieved_rate) = (Some(cores), Some(1_000.0));
            (e.traffic.alone_p50_us, e.traffic.service_p50_us) = (Some(alone_us), Some(alone_us));
        })
    };
    // 2 processors at 1,000 a second: 2,000 µs of processor a request.
    let busy = judge(&work(2.0, 2_000.0 / NATURE - 1.0));
    let told = busy.findings.iter().find(|finding| finding.what == What::ProcessorWork).unwrap();
    assert!(told.next.contains("4 processors can do 2000 a second"), "{told:?}");
    assert!(finds(&work(2.0, 2_000.0 / (1.0 - NATURE) + 1.0), What::WaitingWork));
    let between = work(2.0, 4_000.0);
    assert!(!finds(&between, What::ProcessorWork) && !finds(&between, What::WaitingWork));
}

#[test]
fn a_judgement_is_one_sentence_and_is_saved_and_read_again() {
    let judgement = judge(&saturated(3.9));
    assert_eq!(
        judgement.to_string(),
        "The server's processors were the limit (clear): the server used 3.90 of 4 processors."
    );
    let mut one = saturated(0.9);
    one.server.allowed_cores = Some(1.0);
    assert!(judge(&one).to_string().ends_with("used 0.90 of 1 processor."), "{}", judge(&one));
    let saved = serde_json::to_string(&judgement).unwrap();
    assert!(saved.contains("\"cause\":\"server_cpu\""), "{saved}");
    assert_eq!(serde_json::from_str::<Judgement>(&saved).unwrap(), judgement);
}
