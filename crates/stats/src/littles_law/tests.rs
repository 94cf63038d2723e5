//! Known numbers.

use super::*;

#[test]
fn a_thousand_a_second_of_fifty_milliseconds_are_fifty_in_flight() {
    assert!((in_flight(1_000.0, 0.05) - 50.0).abs() < 1e-9);
    assert_eq!(connections(1_000.0, 0.0501), 51);
    assert_eq!(connections(0.1, 0.001), 1, "one is the least");
}
