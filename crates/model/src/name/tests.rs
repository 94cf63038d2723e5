use super::*;

#[test]
fn a_name_of_the_most_bytes_is_one_and_a_byte_more_is_not() {
    assert!(ConversationId::new(&"a".repeat(NAME_MAX_BYTES)).is_ok());
    assert_eq!(
        ConversationId::new(&"a".repeat(NAME_MAX_BYTES + 1)),
        Err(NameError::TooLong { bytes: NAME_MAX_BYTES + 1 })
    );
}

#[test]
fn only_the_alphabet_makes_a_name() {
    assert!(UserId::new("Ann_0.b:c-d").is_ok());
    assert_eq!(UserId::new(""), Err(NameError::Empty));
    assert_eq!(UserId::new("a b"), Err(NameError::BadCharacter { found: ' ' }));
    assert_eq!(UserId::new("zoë"), Err(NameError::BadCharacter { found: 'ë' }));
}
