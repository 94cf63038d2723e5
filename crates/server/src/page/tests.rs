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
