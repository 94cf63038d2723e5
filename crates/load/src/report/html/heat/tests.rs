use super::*;

#[test]
fn one_slow_answer_of_many_is_seen_and_where_all_are_is_darkest() {
    assert_eq!((shade(1, 1_000_000), shade(1_000, 1_000)), (0, SHADES - 1));
    assert!((0..100).map(|count| shade(count, 100)).is_sorted(), "more is never lighter");
    assert_eq!((opacity(0).as_str(), opacity(SHADES - 1).as_str()), ("0.12", "0.98"));
}

#[test]
fn a_class_stands_between_its_ends() {
    let (middle, next) = (middle_us(4), middle_us(5));
    assert!(middle < 100.0 && 100.0 < next, "class 4 ends at 100 µs: {middle}, {next}");
}
