use super::*;

/// What a file says.
fn complete(text: &str) -> Result<EnrichConfig, ConfigError> {
    toml::from_str::<EnrichLayer>(text).unwrap().complete()
}

#[test]
fn endpoints_are_a_list_or_a_text_with_commas_and_each_is_there_once() {
    let services = |text: &str| complete(text).unwrap().services;
    assert!(services("").is_empty());
    assert_eq!(services("nlp = 'http://a:1'"), ["http://a:1"]);
    assert_eq!(services("nlp = 'http://a:1, http://b:1'"), ["http://a:1", "http://b:1"]);
    assert_eq!(services("nlp = ['http://a:1', 'http://b:1']"), ["http://a:1", "http://b:1"]);
    let twice = complete("nlp = ['http://a:1', 'http://a:1/']").unwrap_err().to_string();
    assert!(twice.contains("there twice"), "{twice}");
    let many = |count| {
        let all: Vec<_> = (0..count).map(|port| format!("'http://a:{port}'")).collect();
        complete(&format!("nlp = [{}]", all.join(", ")))
    };
    assert!(many(ENDPOINTS_MAX).is_ok());
    assert!(many(ENDPOINTS_MAX + 1).is_err());
}

#[test]
fn limits_prices_and_batches_are_checked_at_their_edges() {
    for (text, is_right) in [
        ("nlp_requests_per_minute = 0", true),
        ("nlp_requests_per_minute = 59", false),
        ("nlp_requests_per_minute = 60", true),
        ("nlp_tokens_per_minute = 19999", false),
        ("nlp_tokens_per_minute = 20000", true),
        ("nlp_tokens_per_minute = 1000000001", false),
        ("nlp_price_per_call = 0.0025", true),
        ("nlp_price_per_call = -0.1", false),
        ("nlp_price_per_million_tokens = nan", false),
        ("nlp_batch = 64", true),
        ("nlp_batch = 65", false),
        ("nlp_batch = 0", false),
        ("nlp_batch = 2\nnlp_format = 'openai'\nnlp_model = 'm'", false),
        ("nlp_batch = 1\nnlp_format = 'openai'\nnlp_model = 'm'", true),
        ("nlp_batch = 2\nnlp_tokens_per_minute = 20000", false),
        ("nlp_privacy = 'hr-* never, * emails'", true),
        ("nlp_privacy = 'hr-* perhaps'", false),
        ("nlp_batch_wait_ms = 50", true),
        ("nlp_batch_wait_ms = 51", false),
    ] {
        assert_eq!(complete(text).is_ok(), is_right, "{text}");
    }
}
