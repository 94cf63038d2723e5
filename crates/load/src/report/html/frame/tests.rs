use super::*;

#[test]
fn values_stand_between_the_ends_and_those_outside_at_the_edge() {
    let axis = Axis::decades(0.3, 400.0, |at| at.to_string());
    assert_eq!((axis.from, axis.to), (0.1, 1_000.0));
    let places = [0.0, 0.1, 1.0, 10.0, 1_000.0, 1e9].map(|value| axis.place(value));
    let expected = [0.0, 0.0, 0.25, 0.5, 1.0, 1.0];
    assert!(places.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-9), "{places:?}");
}

#[test]
fn a_linear_axis_has_round_ticks_that_hold_the_largest() {
    let axis = Axis::linear(4_870.0, |at| at.to_string());
    let ticks: Vec<_> = axis.ticks.iter().map(|(_, told)| told.as_str()).collect();
    assert_eq!(ticks, ["0", "1000", "2000", "3000", "4000", "5000"]);
    assert!(Axis::linear(0.0, |at| at.to_string()).place(0.0).abs() < 1e-9);
}

#[test]
fn axes_of_nothing_and_of_a_single_value_have_a_length() {
    for axis in [
        Axis::between(0.0, 0.0, |at| at.to_string()),
        Axis::decades(5.0, 5.0, |at| at.to_string()),
        Axis::decades(f64::MAX, 0.0, |at| at.to_string()),
        Axis::log(1.0, 1.0, Vec::new()),
    ] {
        assert!(axis.place(1.0).is_finite());
    }
}
