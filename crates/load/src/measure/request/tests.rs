use super::*;

fn target() -> Target {
    Target::parse("http://example.org:81/a").expect("it is one")
}

fn request(wanted: Wanted) -> Result<Request, Refusal> {
    Request::new(&target(), wanted)
}

fn text(request: &Request, index: u64) -> String {
    String::from_utf8(request.bytes(index, &mut Vec::new()).to_vec()).expect("it is text")
}

#[test]
fn a_request_is_as_it_was_asked_for() {
    let get = request(Wanted { reuse: true, ..Wanted::default() }).expect("it is one");
    let plain =
        "GET /a HTTP/1.1\r\nhost: example.org:81\r\nuser-agent: hubbub-load\r\naccept: */*\r\n\r\n";
    assert_eq!(text(&get, 7), plain);
    let post = Wanted {
        headers: vec!["Host: other".to_owned(), "X-A: b: c".to_owned()],
        bodies: vec![b"hello".to_vec()],
        ..Wanted::default()
    };
    let post = text(&request(post).expect("it is one"), 0);
    assert!(post.starts_with("POST /a HTTP/1.1\r\nuser-agent"), "{post}");
    assert!(post.contains("\r\nhost: other\r\nx-a: b: c\r\nconnection: close\r\n"), "{post}");
    assert!(post.ends_with("\r\ncontent-length: 5\r\n\r\nhello"), "{post}");
}

#[test]
fn bodies_take_turns_and_are_filled_the_same_in_each_run() {
    let bodies = vec![b"{{index}}-{{random}}-{{random}}".to_vec(), b"b".to_vec()];
    let made = request(Wanted { bodies, seed: 5, ..Wanted::default() }).expect("it is one");
    let body = String::from_utf8(made.body(2)).expect("it is text");
    let parts: Vec<&str> = body.split('-').collect();
    assert_eq!((parts.len(), parts[0], parts[1].len()), (3, "2", 16));
    assert_ne!(parts[1], parts[2]);
    assert_eq!(made.body(2), made.body(2));
    assert_ne!(made.body(2), made.body(4));
    assert_eq!(made.body(3), b"b");
    assert!(text(&made, 2).ends_with(&body));
}

#[test]
fn what_cannot_be_meant_is_refused() {
    let bad = |method: &str, header: &str| {
        let wanted = Wanted {
            method: Some(method.to_owned()),
            headers: vec![header.to_owned()],
            ..Wanted::default()
        };
        request(wanted).expect_err("it is refused").to_string()
    };
    assert!(bad("G T", "a: b").starts_with("-m G T"));
    assert!(bad("GET", "no colon").contains("'Name: value'"));
    assert!(bad("GET", "a: b\r\nc: d").contains("'Name: value'"));
    assert!(bad("GET", "Content-Length: 5").contains("follows from the body"));
}
