use super::*;

#[test]
fn a_text_is_understood_without_asking_anyone() {
    let text = "Please help me, the app is broken and I hate waiting!";
    let found = guess(text);
    assert_eq!(found.topic, "request");
    assert_eq!(found.language, "");
    assert!(found.sentiment_micros < -200_000, "{found:?}");
    assert!(found.urgency_micros > 400_000, "{found:?}");
    assert_eq!(found.toxicity_micros, 0);
    assert_eq!(guess(text), found);
}

#[test]
fn of_nothing_nothing_is_understood() {
    let nothing = Understanding {
        language: String::new(),
        sentiment_micros: 0,
        topic: String::new(),
        toxicity_micros: 0,
        urgency_micros: 0,
    };
    for text in ["", " ", "…"] {
        assert_eq!(guess(text), nothing, "{text:?}");
    }
}

#[test]
fn whatever_the_text_every_number_is_in_its_range() {
    for text in
        ["love ".repeat(1_600), "fuck you ".repeat(900), "asap ".repeat(1_600), "?".repeat(8_192)]
    {
        let found = guess(&text);
        assert!((-1_000_000..=1_000_000).contains(&found.sentiment_micros));
        assert!(found.toxicity_micros <= 1_000_000 && found.urgency_micros <= 1_000_000);
        assert!(keywords(&text).len() <= KEYWORDS_MAX);
    }
    assert_eq!((micros(-1.0), micros(1.0), micros(0.123_456)), (-1_000_000, 1_000_000, 123_456));
}
