use super::*;

fn check(segment_bytes: u64, batch_max_bytes: usize) -> Result<(), OptionsError> {
    let options = Options { segment_bytes, ..Options::default() };
    Options { batch_max_bytes, ..options }.check()
}

#[test]
fn options_are_taken_at_their_edges_and_refused_beyond_them() {
    let small = usize::try_from(SEGMENT_MIN_BYTES).unwrap() - 4096 - BATCH_HEADER_BYTES;
    assert_eq!(check(SEGMENT_MIN_BYTES, small), Ok(()));
    assert_eq!(
        check(SEGMENT_MIN_BYTES, small + 1),
        Err(OptionsError::Batch { bytes: small + 1, most: small })
    );
    assert!(check(SEGMENT_MIN_BYTES - 4096, 1).is_err());
    assert!(check(SEGMENT_MIN_BYTES + 8, 1).is_err());
    assert!(check(SEGMENT_MIN_BYTES, 0).is_err());
    assert_eq!(check(64 << 20, BATCH_MAX_BYTES), Ok(()));
    assert!(check(64 << 20, BATCH_MAX_BYTES + 1).is_err());
}
