use std::collections::BTreeSet;

use super::*;

/// The longest run of digits, with only what people put between those of a telephone number.
fn longest_number(text: &str) -> usize {
    let (mut longest, mut run) = (0, 0);
    for c in text.chars() {
        match c {
            '0'..='9' => run += 1,
            ' ' | '-' | '.' | '/' | '(' | ')' | '+' => {}
            _ => run = 0,
        }
        longest = longest.max(run);
    }
    longest
}

#[test]
fn there_are_twenty_thousand_messages_of_two_people_each() {
    let scripts = scripts().unwrap();
    assert_eq!(scripts.len(), 491);
    assert_eq!(scripts.iter().map(|script| script.messages.len()).sum::<usize>(), 20_011);
    let names: BTreeSet<&str> = scripts.iter().map(|s| s.conversation.as_str()).collect();
    assert_eq!(names.len(), scripts.len(), "names differ");
    for Script { conversation, messages } in &scripts {
        let people: BTreeSet<&str> = messages.iter().map(|cue| cue.sender.as_str()).collect();
        assert_eq!(people.len(), 2, "{conversation}");
        assert_eq!(messages.first().map(|cue| cue.at_ms), Some(0), "{conversation}");
        assert!(messages.is_sorted_by_key(|cue| cue.at_ms), "{conversation}");
    }
}

#[test]
fn no_message_says_how_to_reach_somebody() {
    for Script { conversation, messages } in scripts().unwrap() {
        for cue in &messages {
            let text = cue.text.as_str().to_lowercase();
            assert!(!text.contains('@'), "an e-mail address or a handle in {conversation}");
            assert!(longest_number(&text) < 7, "a telephone number in {conversation}");
            assert!(!text.contains("http") && !text.contains("www."), "a URL in {conversation}");
            assert!(!text.chars().any(char::is_control), "a control character in {conversation}");
        }
    }
}

#[test]
fn a_telephone_number_is_seen_however_it_is_written() {
    for number in ["5551234", "call +1 (555) 123-4567!", "555.12.34", "5 5 5 1 2 3 4"] {
        assert!(longest_number(number) >= 7, "{number}");
    }
    for number in ["in 2018 and 1999", "10, 20, 30, 40"] {
        assert!(longest_number(number) < 7, "{number}");
    }
}
