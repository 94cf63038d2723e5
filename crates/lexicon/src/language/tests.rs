use model::bounds::LANGUAGE_MAX_BYTES;

use super::*;

#[test]
fn long_enough_texts_are_known_by_their_language() {
    for (text, code) in [
        ("I really think that this is the best place to have dinner in the evening.", "eng"),
        ("Ich glaube nicht, dass wir das heute noch schaffen werden.", "deu"),
        ("Je ne crois pas que nous puissions le faire aujourd'hui.", "fra"),
        ("Сегодня очень хорошая погода, пойдём гулять.", "rus"),
        ("これは本当に面白い映画でした。", "jpn"),
    ] {
        let found = language(text).unwrap();
        assert_eq!(found.code, code, "{text}");
        assert!((0.0..=1.0).contains(&found.confidence), "{}", found.confidence);
        assert!(found.code.len() <= LANGUAGE_MAX_BYTES);
    }
}

#[test]
fn a_text_without_letters_has_no_language() {
    for text in ["", "   ", "12 345", "?!", "\u{0}\u{1}"] {
        assert_eq!(language(text), None, "{text:?}");
    }
}

#[test]
fn a_few_words_are_known_by_the_short_ones_of_a_language() {
    for (text, code) in [
        ("What books do you like?", "eng"),
        ("was ist das?", "deu"),
        ("je ne sais pas", "fra"),
        ("no sé, muy bien", "spa"),
        ("ciao, come sei?", "ita"),
        ("obrigado, eu não", "por"),
        ("ik weet het niet", "nld"),
    ] {
        assert_eq!(language(text).map(|guess| guess.code), Some(code), "{text}");
    }
}

#[test]
fn what_two_languages_say_alike_and_what_none_says_is_not_known() {
    // "hallo" is German and Dutch.
    for text in ["hallo", "Twitches", "haha"] {
        assert_eq!(language(text), None, "{text}");
    }
}

#[test]
fn every_line_of_the_list_is_a_code_and_words_as_a_text_has_them() {
    for (code, words) in SHORT.iter() {
        assert_eq!(code.len(), LANGUAGE_MAX_BYTES);
        for word in words {
            assert_eq!(terms(word), [*word]);
        }
    }
    assert_eq!(SHORT.len(), include_str!("../../lists/short.txt").lines().count());
}
