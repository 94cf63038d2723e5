use super::*;

fn of(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    each(text, |word| words.push(word.to_owned()));
    words
}

#[test]
fn words_are_in_lower_case_and_neither_short_nor_long_nor_empty_talk() {
    assert_eq!(of("The Kafka-cluster's DOWN at 10:30, über ok ab"), ["kafka", "cluster", "über"]);
    let longest = "x".repeat(WORD_MAX_BYTES);
    assert_eq!(of(&format!("{longest} {longest}x abc ab")), [longest, "abc".to_owned()]);
    // Two letters of two bytes each.
    assert_eq!(of("üü üüü"), ["üüü"]);
}

#[test]
fn so_many_words_of_a_message_count() {
    assert_eq!(of(&"word ".repeat(WORDS_MAX + 1)).len(), WORDS_MAX);
}

#[test]
fn talk_that_says_nothing_does_not_trend() {
    let chat = [
        ("Yeah, I really like it haha", vec![]),
        ("lol yeah that sounds pretty cool, honestly", vec![]),
        ("I haven't, and you didn’t... DON'T they?", vec![]),
        ("im gonna be there, thats right, wont you?", vec![]),
        ("hmm idk, maybe we should just go with it", vec![]),
        ("Yeah the Kafka cluster's down again lol", vec!["kafka", "cluster"]),
        ("i love the new peanut butter, don't you?", vec!["love", "peanut", "butter"]),
        (
            "l'amour, rock'n'roll and O'Brien's 'semester'",
            vec!["amour", "rock", "roll", "brien", "semester"],
        ),
    ];
    for (text, words) in chat {
        assert_eq!(of(text), words, "{text}");
    }
}
