//! `/openapi.json` says what the server does: every answer that is fetched here is held against it.

use std::net::SocketAddr;
use std::path::Path;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::access::{bearer, guarded, token_for};
use crate::house::{House, PATIENCE, SMALL};
use crate::http::{Answer, request};
use crate::schema::Document;

/// A server and the document that it shows.
pub(crate) struct Api {
    pub(crate) house: House,
    document: Document,
}

impl Api {
    async fn of(house: House) -> Self {
        let answer = request(house.at(), "GET /openapi.json", &[], "").await;
        assert_eq!(answer.status, 200, "{answer:?}");
        Self { house, document: Document::read(&answer.body) }
    }

    async fn dev(folder: &Path) -> Self {
        Self::dev_with(folder, SMALL).await
    }

    /// A server without tokens, with these flags.
    pub(crate) async fn dev_with(folder: &Path, more: &str) -> Self {
        let house = House::serve(folder, SocketAddr::from(([127, 0, 0, 1], 0)), more).await;
        house.able().await;
        Self::of(house).await
    }

    /// Every method and path, with what is written about it.
    fn operations(&self) -> Vec<(String, String, Value)> {
        let paths = self.document.at("/paths").as_object().unwrap();
        let mut all = Vec::new();
        for (path, item) in paths {
            for (method, operation) in item.as_object().unwrap() {
                if method == "parameters" {
                    continue;
                }
                let mut operation = operation.clone();
                let shared = item.get("parameters").and_then(Value::as_array).into_iter().flatten();
                let own = operation["parameters"].as_array().cloned().unwrap_or_default();
                operation["parameters"] = shared.cloned().chain(own).collect();
                all.push((method.to_uppercase(), path.clone(), operation));
            }
        }
        all
    }

    fn operation(&self, method: &str, path: &str) -> Value {
        let mut all = self.operations().into_iter();
        let found = all.find(|(other, template, _)| other == method && fits(template, path));
        found.unwrap_or_else(|| panic!("{method} {path} is not in the document")).2
    }

    /// Asks, and holds the answer against the document.
    pub(crate) async fn ask(&self, line: &str, headers: &[&str], body: &str) -> Answer {
        let answer = request(self.house.at(), line, headers, body).await;
        let (method, path) = line.split_once(' ').unwrap();
        self.check(&self.operation(method, path), &answer).unwrap_or_else(|why| {
            panic!("{line}: {why}\n{answer:?}");
        });
        answer
    }

    fn check(&self, operation: &Value, answer: &Answer) -> Result<(), String> {
        let answers = operation["responses"].as_object().unwrap();
        let status = answer.status.to_string();
        let written =
            answers.get(&status).ok_or_else(|| format!("{status} is not written down"))?;
        let written = self.document.resolve(written);
        let kind = header(answer, "content-type").unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default();
        let content = written["content"].get(kind);
        let content = content.ok_or_else(|| format!("{kind:?} is not written down of {status}"))?;
        for name in written["headers"].as_object().into_iter().flat_map(|headers| headers.keys()) {
            header(answer, &name.to_lowercase()).ok_or_else(|| format!("{name} is missing"))?;
        }
        let value = if kind.ends_with("json") {
            serde_json::from_str(&answer.body).map_err(|why| why.to_string())?
        } else {
            Value::from(answer.body.clone())
        };
        self.document.check(&content["schema"], &value)
    }
}

/// Whether a path is one of a template's.
fn fits(template: &str, path: &str) -> bool {
    let path = path.split('?').next().unwrap_or_default();
    let (template, path) = (template.split('/'), path.split('/'));
    template.clone().count() == path.clone().count()
        && template.zip(path).all(|(part, given)| part.starts_with('{') || part == given)
}

fn header(answer: &Answer, name: &str) -> Option<String> {
    let lines = answer.head.lines().filter_map(|line| line.split_once(": "));
    lines.filter(|(found, _)| *found == name).map(|(_, value)| value.to_owned()).next()
}

/// The request that the document gives as an example, and its body.
fn example(path: &str, operation: &Value) -> (String, String) {
    let (mut path, mut query) = (path.to_owned(), Vec::new());
    for parameter in operation["parameters"].as_array().unwrap() {
        let (name, example) = (parameter["name"].as_str().unwrap(), &parameter["example"]);
        let text = example.as_str().map_or_else(|| example.to_string(), str::to_owned);
        match parameter["in"].as_str() {
            Some("path") => path = path.replace(&format!("{{{name}}}"), &text),
            Some("query") if !example.is_null() => query.push(format!("{name}={text}")),
            _ => {}
        }
    }
    let body = &operation["requestBody"]["content"]["application/json"]["example"];
    let body = if body.is_null() { String::new() } else { body.to_string() };
    (format!("{path}?{}", query.join("&")), body)
}

/// The head of a stream that stays open, and so many of its events.
async fn events(at: SocketAddr, line: &str, count: usize) -> Answer {
    let mut socket = TcpStream::connect(at).await.unwrap();
    let asked = format!("{line} HTTP/1.1\r\nHost: {at}\r\n\r\n");
    socket.write_all(asked.as_bytes()).await.unwrap();
    let mut heard = String::new();
    while heard.matches("data: ").count() < count || !heard.ends_with("\n\n\r\n") {
        let mut bytes = [0; 4096];
        let read =
            timeout(PATIENCE, socket.read(&mut bytes)).await.expect("an event comes").unwrap();
        assert!(read > 0, "it ended: {heard}");
        heard += &String::from_utf8_lossy(&bytes[..read]);
    }
    let (head, body) = heard.split_once("\r\n\r\n").unwrap();
    Answer { status: 200, head: head.to_lowercase(), body: body.to_owned() }
}

#[tokio::test]
async fn every_operation_of_the_document_answers_as_it_says() {
    let folder = tempfile::tempdir().unwrap();
    // Nobody is there to understand messages, and that is as good.
    let api = Api::dev_with(folder.path(), &format!("{SMALL} --nlp http://127.0.0.1:9")).await;
    let operations = api.operations();
    assert!(operations.len() > 10, "{}", operations.len());
    for (method, path, operation) in &operations {
        let (path, body) = example(path, operation);
        let line = format!("{method} {path}");
        if operation["responses"]["200"]["content"].get("text/event-stream").is_some() {
            continue;
        }
        let answer = api.ask(&line, &["Hubbub-User: ann"], &body).await;
        let expected = match path.split('?').next().unwrap_or_default() {
            // Without the headers of a handshake the socket is refused.
            wire::PATH => 426,
            // There is none.
            path if path.starts_with("/v1/letters/") || path.ends_with("/why") => 404,
            _ => 200,
        };
        assert_eq!(answer.status, expected, "{line}: {answer:?}");
    }
    let answer = api.ask("POST /v1/users/a%20b/erase", &[], "").await;
    assert_eq!((answer.status, answer.code().as_str()), (400, "bad_frame"));
}

#[tokio::test]
async fn the_events_of_a_stream_are_those_of_the_document() {
    let folder = tempfile::tempdir().unwrap();
    let api = Api::dev(folder.path()).await;
    api.ask("POST /v1/conversations/tea/messages", &[], r#"{"body":"hello"}"#).await;
    let answer = events(api.house.at(), "GET /v1/conversations/tea/events?from=start", 2).await;
    let operation = api.operation("GET", "/v1/conversations/tea/events");
    api.check(&operation, &answer).unwrap();
    let named = &operation["responses"]["200"]["content"]["text/event-stream"]["x-events"];
    let mut heard = Vec::new();
    let lines = answer.body.lines().collect::<Vec<_>>();
    for pair in lines.windows(2) {
        let (Some(kind), Some(data)) =
            (pair[0].strip_prefix("event: "), pair[1].strip_prefix("data: "))
        else {
            continue;
        };
        let frame: Value = serde_json::from_str(data).unwrap();
        api.document.check(&named[kind], &frame).unwrap();
        heard.push(kind);
    }
    assert_eq!(heard, ["subscribed", "message"]);
}

#[tokio::test]
async fn every_kind_of_command_is_answered_as_the_document_says() {
    let folder = tempfile::tempdir().unwrap();
    let api = Api::dev(folder.path()).await;
    let asked = json!([
        {"type": "send", "conversation": "tea", "body": "hello"},
        {"type": "edit", "conversation": "tea", "target": 1, "body": "hello, all"},
        {"type": "react", "conversation": "tea", "target": 1, "reaction": "👍"},
        {"type": "read", "conversation": "tea", "from": 1, "limit": 10},
        {"type": "create", "kind": "channel", "name": "News", "members": ["bob"]},
        {"type": "create", "kind": "direct", "with": "bob"},
        {"type": "list", "limit": 10},
        {"type": "members", "conversation": "tea", "limit": 10},
        {"type": "ping"},
        {"type": "describe", "conversation": "tea"},
        "nonsense",
    ]);
    let line = "POST /v1/commands";
    let answers = api.ask(line, &["Hubbub-User: ann"], &asked.to_string()).await.json();
    let channel = answers[4]["conversation"].clone();
    // What was sent with the first request is certainly there for the second.
    let asked = json!([
        {"type": "read", "conversation": "tea", "from": 1, "limit": 10},
        {"type": "read", "conversation": channel, "from": 1, "limit": 10},
        {"type": "members", "conversation": channel, "limit": 10},
        {"type": "member", "conversation": channel, "user": "cat", "role": "member"},
        {"type": "describe", "conversation": channel, "name": "Olds", "topic": "t", "public": true},
        {"type": "delete", "conversation": "tea", "target": 1},
        {"type": "list", "limit": 10},
    ]);
    let answers = api.ask(line, &["Hubbub-User: ann"], &asked.to_string()).await.json();
    let kinds: Vec<_> = answers.as_array().unwrap().iter().map(|answer| &answer["type"]).collect();
    assert_eq!(kinds, ["page", "page", "members", "sent", "sent", "sent", "conversations"]);
    assert_eq!(answers[6]["conversations"].as_array().unwrap().len(), 2, "{answers}");
}

#[tokio::test]
async fn every_refusal_is_a_problem_of_the_document() {
    let folder = tempfile::tempdir().unwrap();
    let api = Api::of(guarded(folder.path(), "").await).await;
    let ann = bearer(&token_for("ann", 60));
    for (method, path, operation) in api.operations() {
        if operation.get("security").is_some() {
            continue;
        }
        let (path, body) = example(&path, &operation);
        let answer = api.ask(&format!("{method} {path}"), &[], &body).await;
        assert_eq!((answer.status, answer.code().as_str()), (401, "unauthorized"), "{path}");
    }
    let long = format!(r#"{{"body":"{}"}}"#, "x".repeat(2 << 20));
    let said = r#"{"body":"hello","id":"00000000000000aa-1"}"#;
    let other = r#"{"body":"hello?","id":"00000000000000aa-1"}"#;
    let tea = "POST /v1/conversations/tea/messages";
    for (line, body, status, code) in [
        (tea, said, 200, ""),
        (tea, other, 409, "idempotency_conflict"),
        (tea, "", 400, "bad_frame"),
        (tea, r#"{"body":""}"#, 400, "bad_frame"),
        (tea, &long, 413, "bad_frame"),
        ("POST /v1/conversations/g:1/messages", r#"{"body":"x"}"#, 404, "not_found"),
        ("GET /v1/conversations/g:1/messages", "", 404, "not_found"),
        ("GET /v1/conversations/tea/messages?limit=0", "", 400, "bad_frame"),
        ("GET /v1/conversations/tea/messages?limit=x", "", 400, "bad_frame"),
        ("GET /v1/conversations/tea/events?from=end", "", 400, "bad_frame"),
        ("GET /v1/conversations/tea/events?last=x", "", 400, "bad_frame"),
        ("POST /v1/commands", "[]", 400, "bad_frame"),
        ("GET /metrics", "", 403, "forbidden"),
        ("POST /v1/users/bob/erase", "", 403, "forbidden"),
        ("GET /v1/rows", "", 403, "forbidden"),
        ("GET /v1/reports/trending", "", 403, "forbidden"),
        ("GET /v1/letters", "", 403, "forbidden"),
        ("GET /v1/letters/1-2-3", "", 403, "forbidden"),
        ("GET /v1/replay", "", 403, "forbidden"),
        ("POST /v1/replay", "", 403, "forbidden"),
        ("POST /v1/replay/cancel", "", 403, "forbidden"),
        ("GET /v1/messages/00000000000000aa-1/why", "", 403, "forbidden"),
        ("GET /v1/conversations/tea/messages/1/why", "", 403, "forbidden"),
    ] {
        let answer = api.ask(line, &[&ann], body).await;
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{line}: {answer:?}");
    }
}

#[tokio::test]
async fn the_page_is_whole_and_under_the_policy_of_all_pages() {
    let folder = tempfile::tempdir().unwrap();
    let api = Api::dev(folder.path()).await;
    let page = request(api.house.at(), "GET /openapi", &[], "").await;
    assert_eq!(page.status, 200, "{page:?}");
    assert!(page.head.contains("content-security-policy: default-src 'none'; script-src 'self'"));
    let parts = page.body.split('"').filter(|part| part.starts_with('/') && part.len() > 1);
    let parts: Vec<_> = parts.filter(|part| part.contains('.')).collect();
    assert!(parts.contains(&"/openapi.js") && parts.contains(&"/openapi.json"), "{parts:?}");
    for part in parts {
        assert_eq!(
            request(api.house.at(), &format!("GET {part}"), &[], "").await.status,
            200,
            "{part}"
        );
    }
}
