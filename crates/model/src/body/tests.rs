use super::*;

#[test]
fn a_body_of_the_most_bytes_is_one_and_a_byte_more_is_not() {
    assert!(Body::new(&"a".repeat(BODY_MAX_BYTES)).is_ok());
    assert_eq!(
        Body::new(&"a".repeat(BODY_MAX_BYTES + 1)),
        Err(BodyError::TooLong { bytes: BODY_MAX_BYTES + 1 })
    );
    assert_eq!(Body::new(""), Err(BodyError::Empty));
}

#[test]
fn a_body_does_not_print_itself() {
    assert_eq!(format!("{:?}", Body::new("secret").unwrap()), "<6 bytes>");
}
