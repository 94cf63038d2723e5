use super::*;

#[test]
fn nginx_counts_requests_in_its_third_line() {
    let page = "Active connections: 1 \nserver accepts handled requests\n 7 7 31 \nReading: 0 Writing: 1 Waiting: 0 \n";
    assert_eq!(requests_in(page), Some(31));
    assert_eq!(requests_in("nothing"), None);
}

#[test]
fn a_row_has_medians_and_slip_only_where_it_is_told() {
    let taken = |requests: f64, slip_p99_ms| Taken {
        requests,
        seconds: 10.0,
        client_cpu_s: 5.0,
        nginx_cpu_s: 1.0,
        peak_bytes: 1_048_576.0,
        slip_p99_ms,
    };
    let row_of = |slip| {
        let all = [1e6, 3e6, 2e6].map(|requests| taken(requests, slip));
        row(Way::Wrk, &all)
    };
    assert_eq!(row_of(None), "| wrk | 200000 | 400000 | 0.5 µs | 1 MiB | – |");
    assert!(row_of(Some(0.5)).ends_with("| 0.50 ms |"));
}

#[test]
fn the_parts_of_the_bench_are_there() {
    let folder = binary::root().join("bench/tools");
    assert!(folder.join("install.sh").is_file());
    let conf = std::fs::read_to_string(folder.join("nginx.conf")).unwrap();
    assert!(conf.contains("listen ADDRESS "));
}
