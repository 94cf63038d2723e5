use super::*;

#[test]
fn a_time_has_three_digits_and_its_unit() {
    let told = [0, 999, 1_000, 12_345, 999_400, 1_000_000, 119_000_000, 125_000_000].map(time_us);
    assert_eq!(
        told,
        ["0 µs", "999 µs", "1.00 ms", "12.3 ms", "999 ms", "1.00 s", "119 s", "2 min 5 s"]
    );
}

#[test]
fn thousands_stand_apart() {
    assert_eq!([0, 999, 1_000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
}

#[test]
fn numbers_shares_and_bytes_are_short() {
    assert_eq!([0.0, 12.54, 999.9, 4_998.4].map(number), ["0", "12.5", "1000", "4,998"]);
    assert_eq!([0.0, 0.003_1, 0.125, 1.0].map(share), ["0 %", "0.31 %", "12.5 %", "100 %"]);
    assert_eq!([0.000_01, 0.999_84, 0.999_999].map(share), ["<0.01 %", "99.98 %", "99.99 %"]);
    assert_eq!([0.1, 80.0, 1_204.4].map(tick), ["0.1", "80", "1204.4"]);
    assert_eq!([812, 1_200, 2_500_000].map(bytes), ["812 B", "1.20 kB", "2.50 MB"]);
}

#[test]
fn one_processor_is_no_processors() {
    assert_eq!([1.0, 4.0].map(processors), ["1 processor", "4 processors"]);
}

#[test]
fn a_moment_is_a_date_of_the_calendar() {
    assert_eq!(moment(0), "1970-01-01T00:00:00Z");
    assert_eq!(moment(951_782_399_000), "2000-02-28T23:59:59Z");
    assert_eq!(moment(951_782_400_000), "2000-02-29T00:00:00Z");
    assert_eq!(moment(1_795_366_387_000), "2026-11-22T16:53:07Z");
}
