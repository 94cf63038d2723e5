use super::*;

#[test]
fn every_message_is_due_once_in_even_steps() {
    let schedule = Schedule::new(10, 3, 4).unwrap();
    let mut all: Vec<u64> = (0..4).flat_map(|connection| schedule.of(connection)).collect();
    all.sort_unstable();
    assert_eq!(all, (0..30).collect::<Vec<_>>());
    assert_eq!(schedule.due(0), Duration::ZERO);
    assert_eq!(schedule.due(1), Duration::from_millis(100));
    assert_eq!(schedule.length(), Duration::from_secs(3));
}

#[test]
fn late_messages_do_not_drift() {
    let schedule = Schedule::new(3, 86_400, 1).unwrap();
    assert_eq!(schedule.due(3 * 86_399 + 1), Duration::from_nanos(86_399_333_333_333));
}

#[test]
fn a_connection_that_would_fall_silent_is_refused() {
    assert!(Schedule::new(1, 1, SILENCE_MAX_SECONDS).is_ok());
    let why = Schedule::new(1, 1, SILENCE_MAX_SECONDS + 1).unwrap_err();
    assert!(why.to_string().contains("at most 20"), "{why}");
}

#[test]
fn a_body_has_the_bytes_asked_for() {
    for bytes in [1, 2, 100, 8_192] {
        assert_eq!(body(123_456_789, bytes).len(), bytes);
    }
    assert_ne!(body(1, 100), body(2, 100));
}
