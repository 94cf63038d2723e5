use super::*;

#[test]
fn a_share_goes_from_nothing_to_the_whole_and_no_further() {
    assert_eq!(share(10_000, 0), 0);
    assert_eq!(share(10_000, u64::MAX), 10_000);
    assert_eq!(share(10_000, u64::MAX / 2), 5_000);
    assert_eq!(share(u32::MAX, u64::MAX), u32::MAX);
    assert_eq!((share(0, 0), share(0, u64::MAX)), (0, 0), "a window of nothing: at once");
}
