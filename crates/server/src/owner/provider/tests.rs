use super::*;

#[test]
fn an_answer_in_range_is_taken_to_the_millionth() {
    let full = |language: &str, sentiment_micros| {
        Ok(Understanding {
            language: language.to_owned(),
            sentiment_micros,
            ..Understanding::default()
        })
    };
    assert_eq!(understood(br#"{"language":"eng","sentiment":0.4215,"x":1}"#), full("eng", 421_500));
    assert_eq!(understood(br#"{"language":"","sentiment":-1}"#), full("", -1_000_000));
    let all = br#"{"language":"","sentiment":0,"topic":"x","toxicity":0.5,"urgency":1}"#;
    let all = understood(all).unwrap();
    assert_eq!((&*all.topic, all.toxicity_micros, all.urgency_micros), ("x", 500_000, 1_000_000));
}

#[test]
fn an_answer_that_is_none_is_a_failure() {
    for bytes in [
        &b""[..],
        b"{}",
        b"[1]",
        br#"{"language":"eng","sentiment":1.01}"#,
        br#"{"language":"english","sentiment":0}"#,
        br#"{"language":"eng","sentiment":"good"}"#,
        br#"{"language":"eng","sentiment":0,"toxicity":-0.5}"#,
        br#"{"language":"eng","sentiment":0,"topic":"A b"}"#,
    ] {
        assert!(understood(bytes).is_err(), "{bytes:?}");
    }
}

#[test]
fn only_an_http_address_is_a_service() {
    let provider = |base| Provider::new(base, 1, 1, Duration::from_secs(1));
    assert!(provider("http://127.0.0.1:8099").is_ok());
    assert!(provider("http://127.0.0.1:8099/").is_ok());
    for base in ["", "127.0.0.1:8099", "https://a", "ftp://a", "http://"] {
        assert!(provider(base).is_err(), "{base:?}");
    }
}
