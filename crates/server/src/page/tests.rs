use http_body_util::BodyExt as _;

use super::*;

#[tokio::test]
async fn a_page_of_operators_is_its_content_in_the_frame() {
    for page in ["status", "dashboard"] {
        let answer = framed(page);
        assert_eq!(answer.headers()[header::CONTENT_TYPE], "text/html; charset=utf-8");
        assert_eq!(answer.headers()[header::CONTENT_SECURITY_POLICY], POLICY);
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        let text = String::from_utf8(body.to_vec()).unwrap();
        assert!(text.starts_with("<!doctype html>") && text.contains("id=\"token-form\""));
        assert!(text.contains(&format!("<script type=\"module\" src=\"/{page}.js\">")), "{text}");
        assert!(text.contains("id=\"content\""), "{text}");
        assert!(!text.contains(PAGE) && !text.contains(CONTENT), "{text}");
    }
}

#[test]
fn pages_of_others_may_import_the_sdk_and_nothing_else() {
    let may_import = |name: &str| {
        let answer = file(name);
        assert_eq!(answer.status(), StatusCode::OK, "{name}");
        answer.headers().get(header::ACCESS_CONTROL_ALLOW_ORIGIN).cloned()
    };
    assert_eq!(may_import("sdk/hubbub.js"), Some(HeaderValue::from_static("*")));
    assert_eq!(may_import("sdk/outbox.js"), Some(HeaderValue::from_static("*")));
    assert_eq!(may_import("app.js"), None);
    assert_eq!(may_import("index.html"), None);
}
