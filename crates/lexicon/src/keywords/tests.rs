use super::*;

#[test]
fn what_is_said_most_comes_first_and_stop_words_never() {
    let text = "My parcel is late. Where is the parcel? I ordered the blue parcel in Berlin.";
    assert_eq!(keywords(text), ["parcel", "ordered", "berlin", "late", "blue"]);
    assert!(keywords("I am who you are, and that is that; it's ok").is_empty());
}

#[test]
fn keywords_have_their_bounds() {
    assert_eq!(keywords("alpha beta gamma delta epsilon zeta").len(), KEYWORDS_MAX);
    assert!(keywords("42 1,000 ab").is_empty());
    let edge = "x".repeat(KEYWORD_MAX_BYTES);
    assert_eq!(keywords(&edge), std::slice::from_ref(&edge));
    assert!(keywords(&format!("{edge}x")).is_empty());
}
