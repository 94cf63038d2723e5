use super::*;

#[test]
fn a_url_says_where_and_what() {
    let target = Target::parse("http://127.0.0.1:8080/a?b=c").expect("it is one");
    assert_eq!((target.host.as_str(), target.port), ("127.0.0.1", 8080));
    assert_eq!((target.authority.as_str(), target.path.as_str()), ("127.0.0.1:8080", "/a?b=c"));
    let target = Target::parse("https://[::1]").expect("it is one");
    assert_eq!((target.host.as_str(), target.port, target.path.as_str()), ("::1", 443, "/"));
    assert!(target.is_tls);
}

#[test]
fn what_is_no_url_is_refused_with_what_is_right() {
    for bad in ["localhost:80", "/a", "", "ftp://a/", "http://", "http://a:b@c/", "http://a b/"] {
        let why = Target::parse(bad).expect_err(bad).to_string();
        assert!(why.contains("http://HOST:PORT/PATH"), "{bad}: {why}");
    }
}
