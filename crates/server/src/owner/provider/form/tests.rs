use std::collections::BTreeMap;

use serde_json::Value;

use super::*;

fn body(text: &str) -> Body {
    Body::new(text).unwrap()
}

fn asked(form: &Form, texts: &[Body]) -> Value {
    serde_json::from_slice(&form.question(texts)).unwrap()
}

fn one(form: &Form, answer: &str) -> Result<Understanding, String> {
    let told = form.understood(answer.as_bytes(), 1)?;
    let [Ok(said)] = told.said.as_slice() else { panic!("{told:?}") };
    Ok(said.clone())
}

fn mapped(request: &str, map: &[(Field, &str)]) -> Form {
    let map: BTreeMap<_, _> = map.iter().map(|(field, at)| (*field, (*at).to_owned())).collect();
    Form::new(&FormConfig::Mapped { request: request.to_owned(), map })
}

fn hubbub() -> Form {
    Form::new(&FormConfig::Hubbub)
}

fn openai() -> Form {
    Form::new(&FormConfig::OpenAi { model: "small \"1\"".to_owned() })
}

#[test]
fn a_text_is_asked_about_as_it_is_whatever_is_in_it() {
    let nasty = "\"$text\" \\ \n \u{0} \u{1F600} }";
    assert_eq!(asked(&hubbub(), &[body(nasty)]), json!({ "text": nasty }));
    let both = json!({ "texts": [nasty, "hello"] });
    assert_eq!(asked(&hubbub(), &[body(nasty), body("hello")]), both);
    let chat = asked(&openai(), &[body(nasty)]);
    assert_eq!(chat["model"], "small \"1\"");
    assert_eq!(chat["messages"][1], json!({ "role": "user", "content": nasty }));
    assert_eq!(chat["messages"][0]["role"], "system");
    let form = mapped(r#"{"document":{"content":"$text"},"x":1}"#, &[]);
    assert_eq!(asked(&form, &[body(nasty)]), json!({ "document": { "content": nasty }, "x": 1 }));
}

#[test]
fn each_format_has_its_address() {
    assert_eq!(hubbub().address("http://a:1/"), "http://a:1/v1/analyze");
    assert_eq!(openai().address("http://a:1"), "http://a:1/v1/chat/completions");
    assert_eq!(openai().address("http://a:1/api/v1/"), "http://a:1/api/v1/chat/completions");
    assert_eq!(mapped("", &[]).address("http://a:1/x/analyze"), "http://a:1/x/analyze");
}

#[test]
fn an_answer_in_range_is_taken_to_the_millionth() {
    let said = one(&hubbub(), r#"{"language":"eng","sentiment":0.4215,"x":1}"#).unwrap();
    assert_eq!((&*said.language, said.sentiment_micros), ("eng", 421_500));
    let all = r#"{"language":"","sentiment":-1,"topic":"x","toxicity":0.5,"urgency":1}"#;
    let said = one(&hubbub(), all).unwrap();
    let figures = (said.sentiment_micros, said.toxicity_micros, said.urgency_micros);
    assert_eq!((&*said.topic, figures), ("x", (-1_000_000, 500_000, 1_000_000)));
}

#[test]
fn an_answer_that_is_none_is_a_failure_and_is_not_repeated() {
    for answer in [
        "",
        "{}",
        "[1]",
        r#"{"language":"eng","sentiment":1.01}"#,
        r#"{"language":"english","sentiment":0}"#,
        r#"{"language":"eng","sentiment":"she said"}"#,
        r#"{"language":"eng","sentiment":0,"toxicity":-0.5}"#,
        r#"{"language":"eng","sentiment":0,"topic":"A b"}"#,
    ] {
        let why = one(&hubbub(), answer).unwrap_err();
        assert!(!why.contains("she said"), "{why}");
    }
}

#[test]
fn of_several_each_has_its_own_status() {
    let answer = r#"{"results":[{"status":200,"language":"eng","sentiment":0.5},{"status":413,"code":"text_too_long"},
        {"status":500,"code":"injected_failure"},{"status":200,"language":"eng"},{"status":429}]}"#;
    let said = hubbub().understood(answer.as_bytes(), 5).unwrap().said;
    assert_eq!(said[0].as_ref().unwrap().sentiment_micros, 500_000);
    let failed: Vec<_> = said[1..].iter().map(|said| said.clone().unwrap_err()).collect();
    let throttled = Failed::Throttled { retry_after: None };
    assert_eq!(failed, [Failed::Refused, Failed::Error, Failed::Unreadable, throttled]);
    assert!(hubbub().understood(answer.as_bytes(), 4).is_err(), "which is whose?");
}

#[test]
fn a_model_may_talk_around_its_json_and_says_what_it_cost() {
    let answer = |content: &str| {
        json!({ "choices": [{ "message": { "content": content } }], "usage": { "total_tokens": 321 } })
            .to_string()
    };
    let fenced = "Sure!\n```json\n{\"language\": \"EN\", \"sentiment\": \"Negative\", \"topic\": \"Small talk\"}\n```";
    let told = openai().understood(answer(fenced).as_bytes(), 1).unwrap();
    assert_eq!(told.tokens, Some(321));
    let said = told.said[0].as_ref().unwrap();
    assert_eq!(
        (&*said.language, said.sentiment_micros, &*said.topic),
        ("en", -1_000_000, "small_talk")
    );
    let unknown = r#"{"language":"English, I think","sentiment":0.25,"topic":null,"toxicity":0.1}"#;
    let said = one(&openai(), &answer(unknown)).unwrap();
    assert_eq!(
        (&*said.language, said.sentiment_micros, said.toxicity_micros),
        ("", 250_000, 100_000)
    );
    for bad in
        ["no idea", "{", r#"{"topic":"x"}"#, r#"{"sentiment":3}"#, r#"{"sentiment":"so so"}"#]
    {
        assert!(one(&openai(), &answer(bad)).is_err(), "{bad}");
    }
    for bad in ["{}", r#"{"choices":[]}"#, r#"{"choices":[{"message":{"content":null}}]}"#, "null"]
    {
        assert!(one(&openai(), bad).is_err(), "{bad}");
    }
}

#[test]
fn a_map_finds_what_is_there_and_names_what_is_not() {
    let form = mapped(
        "",
        &[
            (Field::Sentiment, "/documentSentiment/score"),
            (Field::Language, "/language"),
            (Field::Topic, "/categories/0/name"),
            (Field::Urgency, "/scores/a~1b"),
        ],
    );
    let answer = r#"{"documentSentiment":{"score":-0.5},"language":"en","categories":[{"name":"/News/Sport"}],
        "scores":{"a/b":"0.25"}}"#;
    let said = one(&form, answer).unwrap();
    assert_eq!((said.sentiment_micros, &*said.topic), (-500_000, "news_sport"));
    assert_eq!(said.urgency_micros, 250_000);
    let why = one(&form, r#"{"language":"en","documentSentiment":{}}"#).unwrap_err();
    assert_eq!(why, "there is no /documentSentiment/score, which is to be sentiment");
    let why = one(&form, &answer.replace("-0.5", "7")).unwrap_err();
    assert!(why.contains("is not a number from -1 to 1"), "{why}");
    // The whole answer may be the value.
    assert_eq!(
        one(&mapped("", &[(Field::Sentiment, "")]), "\"POSITIVE\"").unwrap().sentiment_micros,
        1_000_000
    );
}
