use super::*;

fn run() -> Run {
    let mut response = Distribution::new();
    for us in 1..=1_000 {
        response.record_us(us * 10);
    }
    response.record_us(u64::MAX);
    Run {
        version: VERSION,
        id: "a".to_owned(),
        began_at_ms: 1,
        took_ms: 2,
        host: Host {
            cpus: 2,
            cpu_model: "a".to_owned(),
            kernel: "6".to_owned(),
            memory_bytes: 3,
            open_files_max: 4,
        },
        plan: Plan {
            target: "http://127.0.0.1:1/".to_owned(),
            kind: Kind::Http1,
            arrivals: Arrivals::Uniform,
            stages: vec![Stage {
                rate: Some(100.0),
                from_rate: Some(100.0),
                connections: 10,
                seconds: 2.0,
            }],
            warm_up_s: 0.0,
            timeout_ms: 1_000,
            reuse: true,
            streams: 1,
            chat: None,
            workers: 2,
            processes: 1,
            seed: 1,
            args: Vec::new(),
        },
        seconds: Vec::new(),
        percentiles: Percentiles::default(),
        histograms: Histograms {
            slip: Distribution::new(),
            wait: Distribution::new(),
            service: Distribution::new(),
            response,
            delivery: Distribution::new(),
        },
        totals: Totals::default(),
        slowest: Vec::new(),
        spikes_sample: vec![Spike(7, 8, 9)],
        ladder: None,
        judgement: stats::verdict::judge(&stats::verdict::Evidence::default()),
        knee: None,
        periods: Vec::new(),
        slos: Vec::new(),
        processes: Vec::new(),
    }
}

#[test]
fn what_is_saved_is_read_again() {
    let run = run();
    let text = run.to_json().expect("it can be told");
    let read = Run::from_json(&text).expect("it was just written");
    assert_eq!(read.histograms.response, run.histograms.response);
    assert_eq!(read.histograms.response.0.max(), run.histograms.response.0.max());
    assert_eq!(read.plan, run.plan);
    assert_eq!(read.spikes_sample, run.spikes_sample);
}

#[test]
fn another_version_is_refused_and_so_is_what_is_no_run() {
    let mut other = run();
    other.version = VERSION + 1;
    let text = other.to_json().expect("it can be told");
    assert!(matches!(Run::from_json(&text), Err(Unreadable::Version(2))));
    assert!(matches!(Run::from_json("{}"), Err(Unreadable::Malformed(_))));
    assert!(matches!(Run::from_json("{"), Err(Unreadable::Malformed(_))));
}

#[test]
fn a_time_beyond_the_longest_counts_as_the_longest() {
    let mut times = Distribution::new();
    times.record_us(LATENCY_MAX_US + 1);
    assert!(times.0.max() >= LATENCY_MAX_US);
    assert_eq!(times.0.len(), 1);
    assert_eq!(Distribution::new().marks_us(), [0; 4]);
}

#[test]
fn each_time_is_in_one_class_of_heat_and_the_longest_in_the_last() {
    let mut times = Distribution::new();
    for us in [1, 10, 11, 100, 1_000_000, LATENCY_MAX_US] {
        times.record_us(us);
    }
    let heat = times.heat();
    assert_eq!(heat.iter().sum::<u64>(), 6);
    assert_eq!((heat[0], heat[1], heat[HEAT_PER_DECADE]), (2, 1, 1));
    assert_eq!((heat.len(), heat[HEAT_LEN - 1]), (HEAT_LEN, 1));
    assert!(Distribution::new().heat().is_empty());
}

#[test]
fn a_saved_run_is_one_line() {
    let text = run().to_json().expect("it can be told");
    assert_eq!(text.find('\n'), Some(text.len() - 1), "{text}");
}
