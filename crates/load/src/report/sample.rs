//! Runs made by hand, for tests: what they show is known.

use std::collections::BTreeMap;

use stats::knee::{Point, hinge};
use stats::slo::{Figures, parse};
use stats::spikes::{Axis, Period};
use stats::verdict::{Client, Evidence, Server, Traffic, judge};

use crate::measure::run::{
    Act, ActTotals, Arrivals, Busiest, ChatPlan, Direction, Distribution, Failure, Health,
    Histograms, Host, Kind, Marks, Percentiles, Plan, Reach, Run, Second, ServerHealth,
    ServerSource, Spike, Stage, Step, Timeline, Totals, VERSION,
};

/// Requests a second of all open loops here.
const RATE: u64 = 5_000;

/// A minute at 5,000/s with headroom: a pause each 1,000 requests, a few refusals, two objectives, one missed.
pub(super) fn healthy() -> Run {
    let histograms = histograms();
    let totals = totals(58 * RATE);
    let figures = Figures {
        response: Some(&histograms.response.0),
        error_rate: Some(0.000_2),
        rps: Some(totals.achieved_rate),
        ..Figures::default()
    };
    let judged = ["p99<300ms", "error_rate<1%", "rps>=4900"]
        .map(|text| parse(text).expect("they are objectives").judge(&figures));
    Run {
        version: VERSION,
        id: "20261122-165307-a1b2".to_owned(),
        began_at_ms: 1_795_366_387_000,
        took_ms: 60_250,
        host: host(),
        plan: plan(),
        seconds: (1..=60).map(second).collect(),
        judgement: judge(&evidence(&histograms)),
        slos: judged.to_vec(),
        percentiles: Percentiles::from(&histograms),
        processes: Vec::new(),
        histograms,
        totals,
        slowest: (0..8).map(timeline).collect(),
        spikes_sample: (1..=290)
            .map(|n| Spike(n * 1_000, n * 200_000_000, 41_000_000 + n % 7 * 900_000))
            .collect(),
        ladder: None,
        knee: None,
        periods: vec![Period {
            axis: Axis::Index,
            period: 1_000.0,
            count: 288,
            events: 290,
            p: 0.000_01,
            is_multiple_possible: false,
        }],
    }
}

/// The same, but the generator got no processor.
pub(super) fn starved() -> Run {
    let mut run = healthy();
    for second in &mut run.seconds[20..40] {
        second.client.run_queue_wait = 0.48;
        second.client.watchdog_gap_ms = 210.0;
        second.client.slip_p99_us = 92_000;
        second.response_us = [9_000, 80_000, 190_000, 260_000];
        second.heat = heat(second.response_us);
    }
    (0..20_000).for_each(|n| run.histograms.slip.record_us(20_000 + n * 4));
    let client = Client {
        slip_p99_us: Some(92_000.0),
        watchdog_gap_ms: Some(210.0),
        run_queue_wait: Some(0.48),
        ..evidence(&run.histograms).client
    };
    run.judgement = judge(&Evidence { client, ..evidence(&run.histograms) });
    run
}

/// Chat that five listen to, and of which a thousandth is not heard.
pub(super) fn heard() -> Run {
    let mut run = healthy();
    run.plan.kind = Kind::Chat;
    run.plan.chat = Some(ChatPlan {
        acts: BTreeMap::from([(Act::Send, 9), (Act::Ping, 1)]),
        conversations: 100,
        busiest: Some(Busiest { share: 0.01, carry: 0.3 }),
        listeners: 5,
        listening: 500,
        body_bytes: 100,
        page_messages: 50,
    });
    (0..99_900).for_each(|n| run.histograms.delivery.record_us(2_000 + n % 500));
    run.totals.reach = Some(Reach { expected: 100_000, heard: 99_900, lost: 2 });
    let of_pings =
        ActTotals { done: 2_000, failed: 7, response: Marks { p50_us: 150, ..Marks::default() } };
    run.totals.by_act = BTreeMap::from([(Act::Ping, of_pings)]);
    for second in &mut run.seconds {
        (second.heard, second.delivery_us) = (1_665, [2_250, 2_450, 2_495, 2_499]);
    }
    run
}

/// A ladder up to 5,000 and back, with its knee at 80.
pub(super) fn ladder() -> Run {
    let up = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000];
    let around = [57, 80, 113].map(|connections| step(connections, Direction::Around));
    let down = up.iter().rev().skip(1).map(|&connections| step(connections, Direction::Down));
    let steps: Vec<_> = up
        .iter()
        .map(|&connections| step(connections, Direction::Up))
        .chain(around)
        .chain(down)
        .collect();
    let points: Vec<_> = steps
        .iter()
        .map(|step| Point {
            concurrency: f64::from(step.connections),
            batches: step.throughput_batches.clone(),
        })
        .collect();
    let mut run = healthy();
    run.knee = Some(hinge(&points, 1).expect("there are enough steps"));
    run.ladder = Some(steps);
    run.plan.arrivals = Arrivals::Closed;
    run.totals.asked_rate = None;
    (run.histograms.slip, run.histograms.wait) = (Distribution::new(), Distribution::new());
    run.periods.clear();
    run
}

/// What a server and a file may contain that is not meant well.
pub(super) fn hostile() -> Run {
    let evil = "</script><script>alert(1)</script>\"'&\u{1b}[2J\u{0}\u{202e}";
    let mut run = healthy();
    run.id = evil.to_owned();
    run.plan.target = format!("http://a/{evil}");
    run.plan.args = vec![evil.to_owned()];
    run.host.cpu_model = evil.to_owned();
    run.totals.by_error.insert(evil.to_owned(), 3);
    run.totals.first_failures = vec![Failure {
        index: 1,
        status: None,
        error: Some(evil.to_owned()),
        body_start: evil.to_owned(),
    }];
    run.judgement.findings[0].evidence = evil.to_owned();
    run.judgement.findings[0].next = evil.to_owned();
    run.slos[0].slo.text = evil.to_owned();
    run
}

/// A day, with as much of everything as a file may have.
pub(super) fn long() -> Run {
    let mut run = ladder();
    run.seconds = run.seconds.iter().cycle().take(86_400).cloned().collect();
    (1_u32..).zip(&mut run.seconds).for_each(|(at, second)| second.at_s = f64::from(at));
    run.spikes_sample =
        (1..=10_000).map(|n| Spike(n * 997, n * 1_000_003, n * 1_000_000)).collect();
    run.periods = healthy().periods;
    run.totals.by_error =
        (0..5_000).map(|n| (format!("<error {n}> {}", "&".repeat(2_000)), n)).collect();
    let failure =
        |n| Failure { index: n, status: Some(500), error: None, body_start: "<&>".repeat(4_000) };
    run.totals.first_failures = (0..200).map(failure).collect();
    run.slowest = (0..500).map(timeline).collect();
    let findings = run.judgement.findings.clone();
    run.judgement.findings = findings.into_iter().cycle().take(500).collect();
    run.judgement.findings.iter_mut().for_each(|finding| finding.evidence = "<".repeat(5_000));
    run.slos = run.slos.into_iter().cycle().take(500).collect();
    run
}

fn histograms() -> Histograms {
    let [mut slip, mut wait, mut service, mut response] = [(); 4].map(|()| Distribution::new());
    for n in 0..20_000_u64 {
        let (slipped, waited) = (30 + n % 90, 2 + n % 5);
        let served =
            900 + n % 700 + if n % 1_000 == 0 { 41_000 } else { 0 } + (n % 97) * (n % 89) / 8;
        slip.record_us(slipped);
        wait.record_us(waited);
        service.record_us(served);
        response.record_us(slipped + waited + served);
    }
    Histograms { slip, wait, service, response, delivery: Distribution::new() }
}

fn totals(offered: u64) -> Totals {
    let failed = 58;
    Totals {
        offered,
        started: offered,
        done: offered - failed,
        failed,
        bytes_in: offered * 240,
        by_status: BTreeMap::from([(200, offered - failed), (503, failed - 4)]),
        by_error: BTreeMap::from([("connection reset".to_owned(), 4)]),
        first_failures: vec![Failure {
            index: 1_204,
            status: Some(503),
            error: None,
            body_start: "{\"title\":\"busy\",\"retry\":\"after\"}".to_owned(),
        }],
        asked_rate: Some(RATE as f64),
        achieved_rate: (offered - failed) as f64 / 58.0,
        asked_connections: 50,
        achieved_connections: 50,
        connects: 54,
        warm_up_excluded_s: 2.0,
        measured_s: 58.0,
        client_cpu_s: 11.4,
        ..Totals::default()
    }
}

fn host() -> Host {
    Host {
        cpus: 2,
        cpu_model: "AMD EPYC".to_owned(),
        kernel: "6.1.0".to_owned(),
        memory_bytes: 8 << 30,
        open_files_max: 20_000,
    }
}

fn plan() -> Plan {
    Plan {
        target: "http://127.0.0.1:8080/hello".to_owned(),
        kind: Kind::Http1,
        arrivals: Arrivals::Uniform,
        stages: vec![Stage {
            rate: Some(RATE as f64),
            from_rate: None,
            connections: 50,
            seconds: 60.0,
        }],
        warm_up_s: 2.0,
        timeout_ms: 10_000,
        reuse: true,
        streams: 1,
        chat: None,
        workers: 2,
        processes: 1,
        seed: 7,
        args: ["hubbub", "load", "run", "http://127.0.0.1:8080/hello", "--rate", "5k"]
            .map(str::to_owned)
            .to_vec(),
    }
}

fn evidence(histograms: &Histograms) -> Evidence {
    let us = |times: &Distribution, quantile| Some(times.at_us(quantile) as f64);
    Evidence {
        client: Client {
            slip_p99_us: us(&histograms.slip, 0.99),
            watchdog_gap_ms: Some(3.0),
            cpu_cores: Some(0.2),
            cpu_allowed_cores: Some(2.0),
            run_queue_wait: Some(0.01),
            ..Client::default()
        },
        traffic: Traffic {
            asked_rate: Some(RATE as f64),
            achieved_rate: Some(RATE as f64),
            asked_connections: Some(50.0),
            achieved_connections: Some(50.0),
            in_flight: Some(7.0),
            wait_p99_us: us(&histograms.wait, 0.99),
            service_p50_us: us(&histograms.service, 0.5),
            service_p99_us: us(&histograms.service, 0.99),
            response_p50_us: us(&histograms.response, 0.5),
            response_p99_us: us(&histograms.response, 0.99),
            response_max_us: Some(histograms.response.0.max() as f64),
            turned_away: Some(0.000_2),
            ..Traffic::default()
        },
        server: Server {
            cpu_cores: Some(0.6),
            allowed_cores: Some(2.0),
            is_local: true,
            ..Server::default()
        },
        slos_kept: Some(true),
        ..Evidence::default()
    }
}

fn second(n: u64) -> Second {
    let wave = n * 37 % 11 * 40 + n * 17 % 7 * 25;
    Second {
        at_s: n as f64,
        offered: RATE,
        started: RATE,
        done: RATE - 1 - n % 3,
        failed: 1 + n % 3,
        in_flight: 7 + n % 4,
        bytes_in: RATE * 240,
        response_us: [1_300 + wave / 4, 1_900 + wave, 2_600 + 3 * wave, 42_000 + 20 * wave],
        slip_p99_us: 110 + wave / 20,
        wait_p99_us: 6,
        client: Health {
            cpu_of_process: 0.19 + (n % 5) as f64 * 0.01,
            run_queue_wait: 0.004 + (n % 7) as f64 * 0.002,
            psi_some_avg10: 1.2,
            watchdog_gap_ms: 0.4 + (n % 4) as f64 * 0.3,
            loop_lag_ms: 0.2,
            slip_p99_us: 110 + wave / 20,
            open_files: 71,
            involuntary_switches: 12,
            steal: 0.001,
            ..Health::default()
        },
        server: Some(ServerHealth {
            source: ServerSource::Process,
            processes: 1,
            cpu: 0.58 + (n % 6) as f64 * 0.02,
            busiest_thread_cpu: Some(0.31),
            run_queue_wait: Some(0.02),
            longest_wait: Some(0.01),
            memory_bytes: 48 << 20,
            allowed_cores: Some(2),
            open_files: Some(70),
            open_files_max: Some(20_000),
            queued: Some(3.0),
        }),
        heat: heat([1_300 + wave / 4, 1_900 + wave, 2_600 + 3 * wave, 42_000 + 20 * wave]),
        heard: 0,
        delivery_us: [0; 4],
    }
}

/// Of a second with such quantiles.
fn heat([p50, p90, p99, max]: [u64; 4]) -> Vec<u64> {
    let mut times = Distribution::new();
    for (from, to, count) in
        [(p50 / 2, p50, 2_500), (p50, p90, 2_000), (p90, p99, 450), (p99, max, 50)]
    {
        (0..count).for_each(|n| times.record_us(from + (to - from) * n / count));
    }
    times.heat()
}

fn timeline(n: u64) -> Timeline {
    let due_us = 4_000_000 + n * 5_200_000;
    let picked_us = due_us + 90 + n * 13;
    let sent_us = picked_us + 3 + n % 3 * 5_000;
    let first_byte_us = due_us + 46_000 - n * 1_500 % 30_000;
    Timeline {
        index: 20_000 + n * 26_000,
        due_us,
        picked_us,
        sent_us,
        first_byte_us,
        done_us: first_byte_us + 380 + n * 210,
    }
}

fn step(connections: u32, direction: Direction) -> Step {
    let n = f64::from(connections);
    let rate = 118.0 * n.min(80.0);
    let noise = |batch: u32| 1.0 + (f64::from((connections * 7 + batch * 13) % 9) - 4.0) / 100.0;
    let p50 = if connections <= 80 { 8_475 } else { u64::from(connections) * 106 };
    Step {
        connections,
        direction,
        throughput_batches: (0..8).map(|batch| rate * noise(batch)).collect(),
        failed_rate: 0.0,
        response_us: [p50, p50 * 3 / 2, p50 * 3, p50 * 6],
        client: Health { cpu_of_process: 0.3, ..Health::default() },
        server: None,
    }
}
