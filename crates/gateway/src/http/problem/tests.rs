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
    let named: usize = answers.keys().map(|status| codes(status).len()).sum();
    assert_eq!(named, Code::ALL.len(), "each once");
}
