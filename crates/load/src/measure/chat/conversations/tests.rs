use super::*;
use crate::measure::request::scattered;

/// Which part of so many acts was in the first of so many conversations.
fn carried_by_first(count: u32, first: u32, busiest: Option<Busiest>) -> f64 {
    let conversations = Conversations::new("c", count, busiest).unwrap();
    let acts = 200_000;
    let of_first = (0..acts).filter(|&act| conversations.picked(scattered(act)) < first).count();
    of_first as f64 / acts as f64
}

#[test]
fn one_percent_carries_thirty_if_that_is_asked_for() {
    for (count, first, share, carry) in [
        (10_000, 100, 0.01, 0.3),
        (100, 1, 0.01, 0.3),
        (1_000_000, 10_000, 0.01, 0.3),
        (2_000, 400, 0.2, 0.8),
    ] {
        let seen = carried_by_first(count, first, Some(Busiest { share, carry }));
        assert!((seen - carry).abs() < 0.005, "{count}: {seen} for {carry}");
    }
    let even = carried_by_first(10_000, 100, None);
    assert!((even - 0.01).abs() < 0.001, "{even}");
}

#[test]
fn every_random_number_is_a_conversation() {
    for count in [1, 2, 50] {
        for busiest in [None, Some(Busiest { share: 0.5, carry: 0.9 })] {
            let conversations = Conversations::new("c", count, busiest).unwrap();
            for random in [0, 1, u64::MAX / 2, u64::MAX] {
                assert!(conversations.picked(random) < count);
            }
        }
    }
    let long = "x".repeat(model::bounds::NAME_MAX_BYTES - 2);
    assert!(Conversations::new(&long, 10, None).is_ok());
    assert!(Conversations::new(&long, 11, None).is_err(), "conversation 10 would be too long");
}
