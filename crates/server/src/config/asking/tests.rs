use super::*;

fn layer(text: &str) -> EnrichLayer {
    toml::from_str(text).unwrap()
}

fn why(text: &str) -> String {
    layer(text).form().unwrap_err().to_string()
}

#[test]
fn a_format_has_what_it_needs_and_nothing_of_another() {
    assert_eq!(layer("").form().unwrap(), Form::Hubbub);
    let openai = layer("nlp_format = 'openai'\nnlp_model = 'small'").form().unwrap();
    assert_eq!(openai, Form::OpenAi { model: "small".to_owned() });
    assert!(why("nlp_format = 'openai'").contains("needs the name of a model"));
    assert!(why("nlp_model = 'small'").contains("only"));
    assert!(
        why("nlp_format = 'openai'\nnlp_model = 'x'\nnlp_map = 'sentiment=/s'").contains("only")
    );
    assert!(why("nlp_map_request = '{}'").contains("only"));
    assert!(toml::from_str::<EnrichLayer>("nlp_format = 'other'").is_err());
}

#[test]
fn a_map_says_where_and_comes_back_as_it_was() {
    let text = "nlp_format = 'mapped'\nnlp_map = ' topic=/labels/0/name,sentiment = /score '";
    let form = layer(text).form().unwrap();
    let (request, map) = form.mapped().unwrap();
    assert_eq!(request, r#"{"text":"$text"}"#);
    assert_eq!(map, "sentiment=/score, topic=/labels/0/name");
    let bad = |map: &str| why(&format!("nlp_format = 'mapped'\nnlp_map = '{map}'"));
    assert!(bad("").contains("empty"));
    assert!(bad("score=/x").contains("there are language, sentiment"));
    assert!(bad("sentiment=x").contains("begins with /"));
    assert!(bad("sentiment").contains("name=/pointer"));
    assert!(bad("sentiment=/x, sentiment=/y").contains("twice"));
}

#[test]
fn a_request_has_one_place_for_the_text() {
    let form = |request: &str| {
        layer(&format!(
            "nlp_format = 'mapped'\nnlp_map = 'sentiment=/s'\nnlp_map_request = '{request}'"
        ))
        .form()
    };
    assert!(form(r#"{"document": {"content": "$text", "type": "PLAIN_TEXT"}}"#).is_ok());
    for bad in ["", "{", "{}", r#"["$text", "$text"]"#, r#"{"text": "say $text"}"#] {
        assert!(form(bad).is_err(), "{bad}");
    }
}

#[test]
fn a_key_is_never_shown() {
    let given = layer("nlp_key = 'sk-1234'");
    let key = given.key().unwrap();
    assert_eq!(key.given.as_ref().unwrap().text(), "sk-1234");
    assert_eq!(key.header, "authorization");
    let shown = format!("{given:?} {key:?} {}", toml::to_string(&given).unwrap());
    assert!(!shown.contains("1234"), "{shown}");
    // A variable of digits is a number for TOML.
    assert_eq!(layer("nlp_key = 1234").key().unwrap().given.unwrap().text(), "1234");
    let why = toml::from_str::<EnrichLayer>("nlp_key = ['sk-1234']").unwrap_err();
    assert!(!why.message().contains("1234"), "{}", why.message());
    assert!(layer("nlp_key = 'k'\nnlp_key_file = 'f'").key().is_err());
    assert_eq!(layer("nlp_key_header = 'X-Api-Key'").key().unwrap().header, "x-api-key");
    assert!(layer("nlp_key_header = 'a b'").key().is_err());
}
