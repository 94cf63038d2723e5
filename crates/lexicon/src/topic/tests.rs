use super::*;

#[test]
fn the_label_with_most_words_is_the_topic() {
    for (text, label) in [
        ("Hello there", "greeting"),
        ("ok bye, take care", "farewell"),
        ("Thank you so much!", "thanks"),
        ("sorry about that", "apology"),
        ("Could you please send me the file", "request"),
        ("hi, my invoice is wrong: I was charged twice", "payment"),
        ("I cannot log in, the app crashes", "technical"),
        ("this is unacceptable, I am fed up", "complaint"),
        ("Can we move the meeting to Tuesday?", "scheduling"),
        ("Have you ever been to Japan?", "question"),
        ("what do you do", "question"),
        ("I went hiking with my dog", "smalltalk"),
        ("great weather", "smalltalk"),
        ("absolutely", ""),
        ("", ""),
    ] {
        assert_eq!(topic(text), label, "{text}");
    }
}

#[test]
fn of_as_many_words_the_more_definite_label_wins() {
    assert_eq!(topic("hello, the price?"), "payment");
    assert_eq!(topic("hi, hi, the price?"), "greeting");
}

#[test]
fn every_line_of_the_list_is_a_label_and_every_label_but_the_question_has_a_line() {
    let lines: Vec<&str> = LIST.lines().map(|line| line.split_once(": ").unwrap().0).collect();
    let labels: Vec<&str> = TOPICS.into_iter().filter(|label| *label != QUESTION).collect();
    assert_eq!(lines, labels);
    assert!(
        TOPICS
            .iter()
            .all(|label| label.bytes().all(|byte| byte == b'_' || byte.is_ascii_lowercase()))
    );
}
