use super::*;

#[test]
fn the_fingerprint_depends_on_text_and_key() {
    let body = |text| Body::new(text).unwrap();
    let key = BodyKey([7; 16]);
    assert_eq!(key.hash(&body("hello")), key.hash(&body("hello")));
    assert_ne!(key.hash(&body("hello")), key.hash(&body("hellp")));
    assert_ne!(key.hash(&body("hello")), BodyKey([8; 16]).hash(&body("hello")));
}
