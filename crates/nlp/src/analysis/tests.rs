use model::bounds::LANGUAGE_MAX_BYTES;

use super::*;

#[test]
fn long_enough_texts_are_known_by_their_language() {
    for (text, language) in [
        ("I really think that this is the best place to have dinner in the evening.", "eng"),
        ("Ich glaube nicht, dass wir das heute noch schaffen werden.", "deu"),
        ("Je ne crois pas que nous puissions le faire aujourd'hui.", "fra"),
        ("Сегодня очень хорошая погода, пойдём гулять.", "rus"),
        ("これは本当に面白い映画でした。", "jpn"),
    ] {
        let found = analyze(text);
        assert_eq!(found.language, language, "{text}");
        assert!((0.0..=1.0).contains(&found.confidence), "{}", found.confidence);
        assert!(found.language.len() <= LANGUAGE_MAX_BYTES);
    }
}

#[test]
fn a_text_without_letters_has_no_language() {
    for text in ["", "   ", "12 345", "?!", "\u{0}\u{1}"] {
        let found = analyze(text);
        assert_eq!((found.language.as_str(), found.confidence), ("", 0.0), "{text:?}");
    }
}

#[test]
fn an_analysis_is_written_as_the_protocol_says() {
    let analysis = Analysis { language: "eng".to_owned(), confidence: 0.93, sentiment: 0.4215 };
    let written = serde_json::to_string(&analysis).unwrap();
    assert_eq!(written, r#"{"language":"eng","confidence":0.93,"sentiment":0.4215}"#);
    assert_eq!(serde_json::from_str::<Analysis>(&written).unwrap(), analysis);
}
