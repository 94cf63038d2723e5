//! `/openapi.json` against the service that runs.

use nlp::{BODY_MAX_BYTES, MODEL_MAX_BYTES, TEXT_MAX_BYTES, TEXTS_MAX};
use serde_json::{Value, json};

use crate::schema::Document;
use crate::world::*;

async fn document(service: &Running) -> Document {
    Document::read(&service.get("/openapi.json").await.body)
}

fn operation<'a>(document: &'a Document, method: &str, path: &str) -> &'a Value {
    &document.0["paths"][path][method.to_lowercase()]
}

/// Whether the document says this answer of this operation.
fn check(document: &Document, method: &str, path: &str, answer: &Answer) {
    let said = &operation(document, method, path)["responses"][answer.status.to_string()];
    let kind = answer.header("content-type").unwrap().split(';').next().unwrap();
    let schema = &said["content"][kind]["schema"];
    assert!(schema.is_object(), "{method} {path} {} {kind}: not in the document", answer.status);
    let body = match kind {
        "text/plain" => answer.body.clone().into(),
        _ => answer.json(),
    };
    document.check(schema, &body).unwrap_or_else(|why| panic!("{method} {path}: {why}"));
}

fn chat(text: &Value) -> Value {
    json!({
        "model": "hubbub", "temperature": 0,
        "messages": [{ "role": "system", "content": "Be brief." }, { "role": "user", "content": text }],
    })
}

#[tokio::test]
async fn every_operation_answers_as_the_document_says_and_there_are_no_others() {
    let service = Running::start(options()).await;
    let document = document(&service).await;
    let faults = json!({
        "latency": { "distribution": "fixed", "ms": 0.0 }, "item_fail_share": 0.5,
        "outages": [{ "from_ms": 86_400_000, "for_ms": 5, "every_ms": 10 }],
    });
    let part = json!([{ "type": "text", "text": "hello" }]);
    let mut seen = Vec::new();
    for (method, path, body) in [
        ("PUT", "/v1/faults", Some(faults)),
        ("GET", "/v1/faults", None),
        ("POST", "/v1/analyze", Some(json!({ "text": "hello, this is broken!" }))),
        ("POST", "/v1/analyze", Some(json!({ "texts": vec!["please hurry"; TEXTS_MAX] }))),
        ("POST", "/v1/chat/completions", Some(chat(&json!("hello")))),
        ("POST", "/v1/chat/completions", Some(chat(&part))),
        ("GET", "/healthz", None),
        ("GET", "/metrics", None),
        ("GET", "/openapi.json", None),
    ] {
        let asked = body.as_ref().map(Value::to_string).unwrap_or_default();
        let answer = ask(service.address, method, path, &asked).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        check(&document, method, path, &answer);
        let schema = &operation(&document, method, path)["requestBody"]["content"];
        assert_eq!(schema.is_object(), body.is_some(), "{method} {path}");
        if let (Some(body), "/v1/analyze" | "/v1/faults") = (body, path) {
            document.check(&schema["application/json"]["schema"], &body).unwrap();
        }
        seen.push((path, method.to_lowercase()));
    }
    for (path, methods) in document.0["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            assert!(seen.contains(&(path.as_str(), method.clone())), "{method} {path}: not asked");
        }
        assert_eq!(ask(service.address, "DELETE", path, "").await.json()["code"], "wrong_method");
    }
    service.stop().await;
}

#[tokio::test]
async fn the_analysis_of_a_chat_is_that_of_its_last_message_of_the_user() {
    let service = Running::start(options()).await;
    let mut asked = chat(&json!("I hate it"));
    asked["messages"].as_array_mut().unwrap().push(json!({ "role": "assistant", "content": null }));
    asked["stream"] = Value::Null;
    let answer = ask(service.address, "POST", "/v1/chat/completions", &asked.to_string()).await;
    let content = answer.json()["choices"][0]["message"]["content"].as_str().unwrap().to_owned();
    assert_eq!(content, service.analyze(r#"{"text": "I hate it"}"#).await.body);
    assert_eq!(answer.json()["model"], "hubbub");
    service.set(json!({ "too_many": { "per_s": 10 } })).await;
    let answer = ask(service.address, "POST", "/v1/chat/completions", &asked.to_string()).await;
    assert_eq!(answer.header("x-ratelimit-limit-requests"), Some("10"));
    service.stop().await;
}

#[tokio::test]
async fn every_refusal_is_one_of_the_document() {
    let service = Running::start(options()).await;
    let document = document(&service).await;
    let texts = |count: usize| json!({ "texts": vec!["a"; count] }).to_string();
    let long = "a".repeat(TEXT_MAX_BYTES + 1);
    let model = |bytes| json!({ "model": "m".repeat(bytes), "messages": [{ "role": "user", "content": "" }] });
    let (analyze, completions) = ("/v1/analyze", "/v1/chat/completions");
    for (method, path, body, status, code) in [
        ("POST", analyze, String::new(), 400, "bad_json"),
        ("POST", analyze, r#"{"text": 1}"#.to_owned(), 400, "bad_json"),
        ("POST", analyze, r#"{"txt": "a"}"#.to_owned(), 400, "bad_json"),
        ("POST", analyze, "{}".to_owned(), 400, "text_or_texts"),
        ("POST", analyze, r#"{"text": "a", "texts": ["a"]}"#.to_owned(), 400, "text_or_texts"),
        ("POST", analyze, texts(0), 400, "no_texts"),
        ("POST", analyze, texts(TEXTS_MAX + 1), 413, "too_many_texts"),
        ("POST", analyze, json!({ "text": long }).to_string(), 413, "text_too_long"),
        ("POST", analyze, " ".repeat(BODY_MAX_BYTES + 1), 413, "body_too_large"),
        ("POST", completions, "[]".to_owned(), 400, "bad_json"),
        (
            "POST",
            completions,
            r#"{"model": "m", "messages": []}"#.to_owned(),
            400,
            "no_user_message",
        ),
        ("POST", completions, chat(&json!(long)).to_string(), 413, "text_too_long"),
        ("POST", completions, model(MODEL_MAX_BYTES + 1).to_string(), 400, "model_too_long"),
        (
            "POST",
            completions,
            r#"{"model": "m", "messages": [], "stream": true}"#.to_owned(),
            400,
            "no_stream",
        ),
        ("PUT", "/v1/faults", r#"{"hang_share": 7}"#.to_owned(), 400, "bad_faults"),
    ] {
        let answer = ask(service.address, method, path, &body).await;
        check(&document, method, path, &answer);
        let json = answer.json();
        let found = if path == completions { &json["error"]["code"] } else { &json["code"] };
        assert_eq!((answer.status, found), (status, &json!(code)), "{answer:?}");
        if path == analyze {
            assert_eq!(json["retry"], "never");
        }
    }
    let edge = model(MODEL_MAX_BYTES).to_string();
    assert_eq!(ask(service.address, "POST", completions, &edge).await.status, 200);
    for (faults, status) in [
        (json!({ "fail_fast_share": 1 }), 500),
        (json!({ "too_many": { "share": 1 } }), 429),
        (json!({ "outages": [{ "from_ms": 0, "for_ms": 86_400_000 }] }), 503),
    ] {
        service.set(faults).await;
        for (path, body) in [(analyze, json!({ "text": "" })), (completions, chat(&json!("")))] {
            let answer = ask(service.address, "POST", path, &body.to_string()).await;
            assert_eq!(answer.status, status);
            check(&document, "POST", path, &answer);
        }
    }
    service.stop().await;
}
