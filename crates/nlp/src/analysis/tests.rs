use super::*;

#[test]
fn an_analysis_is_written_as_the_protocol_says() {
    let analysis = analyze("hello, I really love this place, come right now!");
    let written = serde_json::to_value(&analysis).unwrap();
    assert_eq!(
        written,
        serde_json::json!({
            "language": "eng",
            "confidence": analysis.confidence,
            "sentiment": lexicon::compound("hello, I really love this place, come right now!"),
            "topic": "greeting",
            "keywords": ["place", "love"],
            "toxicity": 0.0,
            "urgency": 0.6,
        })
    );
    assert_eq!(serde_json::from_value::<Analysis>(written).unwrap(), analysis);
}
