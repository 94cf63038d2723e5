use super::*;

#[test]
fn what_somebody_has_to_put_right_is_said_until_it_answers() {
    let trouble = Trouble::default();
    assert_eq!(trouble.now(), None);
    trouble.tell("http://a", Wrong::status(StatusCode::UNAUTHORIZED, b""));
    // What follows from it does not hide it.
    trouble.tell("http://a", Wrong::for_now("no answer within 2s".to_owned()));
    let said = trouble.now().unwrap();
    assert!(said.starts_with("http://a: it answers 401") && said.contains("the key"), "{said}");
    trouble.over();
    assert_eq!(trouble.now(), None);
}

#[test]
fn what_comes_and_goes_is_over_after_so_many_answers_in_a_row() {
    let trouble = Trouble::default();
    let fails = || trouble.tell("http://a", Wrong::status(StatusCode::INTERNAL_SERVER_ERROR, b""));
    fails();
    (1..ANSWERED_AGAIN).for_each(|_| trouble.over());
    assert!(trouble.now().unwrap().contains("500"));
    // Not in a row.
    fails();
    (1..ANSWERED_AGAIN).for_each(|_| trouble.over());
    assert!(trouble.now().unwrap().contains("500"));
    trouble.over();
    assert_eq!(trouble.now(), None);
    fails();
    assert!(trouble.now().unwrap().contains("500"), "it begins again");
}

#[test]
fn each_mistake_has_its_hint() {
    let said = |wrong: Wrong| wrong.why;
    let status = |code| said(Wrong::status(StatusCode::from_u16(code).unwrap(), b"{}"));
    assert!(status(403).contains("key"));
    assert!(status(404).contains("address") && status(404).contains("model"));
    assert!(status(405).contains("address"));
    assert_eq!(status(500), "it answers 500 Internal Server Error");
    assert!(said(Wrong::unreachable("refused")).contains("cannot be reached (refused)"));
    assert!(said(Wrong::answer("no /x")).contains("no /x"));
}

#[test]
fn of_an_error_only_its_code_is_repeated() {
    let code = |body: &str| code(body.as_bytes());
    let openai = r#"{"error":{"message":"the model x","code":"model_not_found"}}"#;
    assert_eq!(code(openai), Some("model_not_found".to_owned()));
    assert_eq!(code(r#"{"code":"outage"}"#), Some("outage".to_owned()));
    for none in [r#"{"code":"you said: hello"}"#, r#"{"code":""}"#, r#"{"code":7}"#, "<html>"] {
        assert_eq!(code(none), None, "{none}");
    }
    assert_eq!(code(&format!(r#"{{"code":"{}"}}"#, "x".repeat(65))), None);
}
