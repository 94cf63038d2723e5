use super::*;

#[test]
fn words_are_lower_case_without_the_punctuation_around_them() {
    assert_eq!(terms("Don’t - \"STOP\" wi-fi, 'now'!"), ["don't", "stop", "wi-fi", "now"]);
    assert_eq!(terms("Grüße… 5€"), ["grüße", "5"]);
    assert!(terms(" ?! -'- ").is_empty());
}
