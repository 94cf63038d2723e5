use super::*;

#[test]
fn a_share_goes_from_nothing_to_the_whole_and_no_further() {
    assert_eq!(share(10_000, 0), 0);
    assert_eq!(share(10_000, u64::MAX), 10_000);
    assert_eq!(share(10_000, u64::MAX / 2), 5_000);
    assert_eq!(share(u32::MAX, u64::MAX), u32::MAX);
    assert_eq!((share(0, 0), share(0, u64::MAX)), (0, 0), "a window of nothing: at once");
}

#[test]
fn from_95_of_100_connections_on_new_ones_go_elsewhere() {
    assert!(!is_near(94, 100) && is_near(95, 100));
    assert!(!is_near(0, 1) && is_near(1, 1));
    assert!(!is_near(18_049, 19_000) && is_near(18_050, 19_000));
}
