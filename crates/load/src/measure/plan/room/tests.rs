use super::*;

#[test]
fn more_connections_than_descriptors_are_refused_before_anything_is_opened() {
    let most = most_of_a_process();
    assert_eq!(may_open(most), Ok(()));
    let why = may_open(most.saturating_add(1)).expect_err("one too many");
    assert_eq!(why.exit_code, crate::measure::refusal::EXIT_USAGE);
    assert!(why.to_string().contains("ulimit -n"), "{why}");
}

#[test]
fn as_many_processes_are_used_as_connections_need() {
    let of = |wanted, connections| processes_of(wanted, connections, 100);
    assert_eq!((of(None, 100), of(None, 101), of(None, 250)), (Ok(1), Ok(2), Ok(3)));
    assert_eq!((of(Some(4), 100), of(Some(4), 3)), (Ok(4), Ok(3)));
    let why = of(Some(2), 201).expect_err("too few").to_string();
    assert!(why.contains("100 each") && why.contains("--processes 3"), "{why}");
    assert_eq!(of(None, 100 * PROCESSES_MAX), Ok(PROCESSES_MAX));
    assert!(of(None, 100 * PROCESSES_MAX + 1).is_err());
}

#[test]
fn more_connections_than_ports_need_more_source_addresses() {
    let ports = local_ports().expect("Linux tells them");
    let [one, other]: [IpAddr; 2] = ["127.0.0.2", "127.0.0.3"].map(|text| text.parse().unwrap());
    let has = |connections, sources: &[IpAddr]| has_ports(Part::WHOLE, connections, sources);
    assert_eq!((has(ports, &[]), has(ports, &[one])), (Ok(()), Ok(())));
    let why = has(ports + 1, &[]).expect_err("one too many").to_string();
    assert!(why.contains("need 2 source addresses"), "{why}");
    assert_eq!(has(2 * ports, &[one, other]), Ok(()));
    assert!(has(2 * ports + 1, &[one, other]).is_err());
}

#[test]
fn a_source_that_is_not_of_this_machine_or_of_another_family_is_refused() {
    let address = |text: &str| text.parse::<IpAddr>().unwrap();
    let local = address("127.0.0.1");
    assert_eq!(may_bind(&[address("127.0.0.2")], local), Ok(()));
    let why = may_bind(&[address("192.0.2.1")], local).expect_err("of nobody").to_string();
    assert!(why.contains("no address of this machine"), "{why}");
    assert!(may_bind(&[local], address("::1")).is_err());
}
