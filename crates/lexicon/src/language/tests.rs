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
