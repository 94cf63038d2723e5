use super::*;

fn settings(speed: u32) -> Settings {
    let pause_max = Duration::from_secs(3);
    Settings { gateways: Vec::new(), speed, pause_max, tempo: None, tally: Tally::new(0, false) }
}

#[test]
fn pauses_are_sped_up_and_the_long_ones_cut() {
    assert_eq!(settings(60).pause(30_000), Duration::from_millis(500));
    assert_eq!(settings(1).pause(2_999), Duration::from_millis(2_999));
    assert_eq!(settings(60).pause(8 * 3_600_000), Duration::from_secs(3));
}

#[test]
fn each_lap_has_names_of_its_own() {
    let scripts = data::scripts().unwrap();
    let name = |suffix, lap| name(&scripts[0], suffix, lap).unwrap().to_string();
    assert_eq!(name("", 1), "chat-0001");
    assert_eq!(name("", 2), "chat-0001.2");
    assert_eq!(name("-b", 3), "chat-0001-b.3");
}

#[test]
fn a_suffix_that_makes_no_name_is_refused() {
    assert_eq!(suffix("-monday"), Ok("-monday".to_owned()));
    assert!(suffix("a b").unwrap_err().contains("' '"));
    assert!(suffix(&"a".repeat(33)).unwrap_err().contains("33 bytes"));
}
