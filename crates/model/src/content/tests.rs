use super::*;

#[test]
fn a_line_has_no_more_bytes_than_its_bound_and_no_second_line() {
    let most = "n".repeat(PROFILE_NAME_MAX_BYTES);
    assert_eq!(Line::<PROFILE_NAME_MAX_BYTES>::new(&most).unwrap().as_str(), most);
    let over = Line::<PROFILE_NAME_MAX_BYTES>::new(&format!("{most}n"));
    assert_eq!(over, Err(LineError::TooLong { bytes: 129, most: 128 }));
    let two = Line::<PROFILE_NAME_MAX_BYTES>::new("one\ntwo");
    assert_eq!(two, Err(LineError::BadCharacter { found: '\n' }));
    assert_eq!(Line::<1>::new("").unwrap().as_str(), "");
}

#[test]
fn a_reaction_is_one_word_of_at_most_its_bound() {
    assert_eq!(Reaction::new("👍🏽").unwrap().as_str(), "👍🏽");
    let most = "x".repeat(REACTION_MAX_BYTES);
    assert!(Reaction::new(&most).is_ok());
    let over = Reaction::new(&format!("{most}x"));
    assert_eq!(over, Err(LineError::TooLong { bytes: 33, most: 32 }));
    assert_eq!(Reaction::new(""), Err(LineError::Empty));
    assert_eq!(Reaction::new("a b"), Err(LineError::BadCharacter { found: ' ' }));
}

#[test]
fn what_people_say_is_not_printed() {
    let content = Content::from(Body::new("secret").unwrap());
    assert_eq!(format!("{content:?}"), "Text { body: <6 bytes>, reply_to: None }");
}
