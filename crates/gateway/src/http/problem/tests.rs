use super::*;

#[test]
fn the_document_names_each_code_under_its_status() {
    let document = include_str!("../../../../../web/openapi.json");
    let document: Value = serde_json::from_str(document).unwrap();
    let answers = document["components"]["responses"].as_object().unwrap();
    let codes = |status: &str| {
        let schema = &answers[status]["content"]["application/problem+json"]["schema"];
        schema["allOf"][1]["properties"]["code"]["enum"].as_array().cloned().unwrap_or_default()
    };
    for code in Code::ALL {
        let status = status_of(*code).as_u16().to_string();
        assert!(codes(&status).contains(&code.text().into()), "{code} is answered as {status}");
    }
    // What is wrong with a body that never came whole is told by its status.
    let of_http = ["408", "413"];
    for status in of_http {
        assert_eq!(codes(status), [Code::BadFrame.text()]);
    }
    let own = answers.keys().filter(|status| !of_http.contains(&status.as_str()));
    let named: usize = own.map(|status| codes(status).len()).sum();
    assert_eq!(named, Code::ALL.len(), "each once");
}
