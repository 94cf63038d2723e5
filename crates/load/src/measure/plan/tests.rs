use super::*;

#[test]
fn numbers_times_and_stages_are_read_as_people_write_them() {
    let kilo = |text: &str| text.parse::<Kilo>().map(|number| number.0);
    assert_eq!(kilo("500"), Ok(500.0));
    assert_eq!(kilo("2.5k"), Ok(2_500.0));
    assert_eq!(kilo("1M"), Ok(1e6));
    for bad in ["", "k", "0", "-1", "inf", "NaN", "1kk"] {
        assert!(kilo(bad).is_err(), "{bad}");
    }
    assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
    assert_eq!(duration("1.5"), Ok(Duration::from_millis(1_500)));
    assert_eq!(duration("2m"), Ok(Duration::from_secs(120)));
    for bad in ["", "s", "0s", "-1s", "1d", "1e400h", "1..2s"] {
        assert!(duration(bad).is_err(), "{bad}");
    }
    assert_eq!(duration_or_none("0s"), Ok(Duration::ZERO));
    assert!(duration_or_none("-1s").is_err());
    let ramp = "0-1k:30s".parse::<StageText>().expect("it is one").told(7);
    assert_eq!((ramp.from_rate, ramp.rate, ramp.seconds), (Some(0.0), Some(1_000.0), 30.0));
    assert!("10".parse::<StageText>().expect_err("no time").contains("RATE:TIME"));
}
