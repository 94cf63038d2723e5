use super::*;

const FIXED: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX: y\r\n\r\nhello";
const CHUNKED: &[u8] =
    b"HTTP/1.1 503 Busy\r\ntransfer-encoding: gzip, chunked\r\nConnection: close\r\n\r\n\
    5;name=value\r\nhello\r\nA\r\n0123456789\r\n0\r\nExpires: never\r\n\r\n";
const INTERIM: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\nServer: x\r\n\r\n";

/// What a reader says of bytes in pieces of one size.
fn read(bytes: &[u8], piece: usize) -> (Result<Fed, Broken>, Vec<u8>) {
    let mut reader = Reader::new(false);
    let mut fed = Ok(Fed::More);
    for part in bytes.chunks(piece) {
        fed = reader.feed(part);
        if fed != Ok(Fed::More) {
            break;
        }
    }
    (fed, reader.body_start().to_vec())
}

#[test]
fn how_an_answer_is_cut_into_pieces_changes_nothing() {
    for piece in 1..=CHUNKED.len() {
        let alive = Answer { status: 200, keeps_alive: true };
        assert_eq!(read(FIXED, piece).0, Ok(Fed::Whole(alive)), "{piece}");
        let busy = Answer { status: 503, keeps_alive: false };
        let (fed, start) = read(CHUNKED, piece);
        assert_eq!(fed, Ok(Fed::Whole(busy)), "{piece}");
        assert_eq!(start, b"hello0123456789", "{piece}");
        let empty = Answer { status: 204, keeps_alive: true };
        assert_eq!(read(INTERIM, piece).0, Ok(Fed::Whole(empty)), "{piece}");
    }
}

#[test]
fn an_answer_follows_another_on_one_reader() {
    let mut reader = Reader::new(false);
    for _ in 0..3 {
        assert!(reader.is_fresh());
        assert_eq!(reader.feed(&FIXED[..40]), Ok(Fed::More));
        assert!(!reader.is_fresh());
        assert!(matches!(reader.feed(&FIXED[40..]), Ok(Fed::Whole(_))));
    }
}

#[test]
fn a_body_without_a_length_ends_with_the_connection() {
    let mut reader = Reader::new(false);
    assert_eq!(reader.feed(b"HTTP/1.1 400 No\r\n\r\nwhy"), Ok(Fed::More));
    assert_eq!(reader.end(), Some(Answer { status: 400, keeps_alive: false }));
    assert_eq!(reader.body_start(), b"why");
    let mut cut = Reader::new(false);
    assert_eq!(cut.feed(&FIXED[..FIXED.len() - 1]), Ok(Fed::More));
    assert_eq!(cut.end(), None, "a length that was not reached");
    let mut cut = Reader::new(false);
    assert_eq!(cut.feed(&CHUNKED[..CHUNKED.len() - 2]), Ok(Fed::More));
    assert_eq!(cut.end(), None, "chunks without an end");
}

#[test]
fn an_answer_to_head_has_no_body() {
    let mut reader = Reader::new(true);
    let head = b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n";
    assert_eq!(reader.feed(head), Ok(Fed::Whole(Answer { status: 200, keeps_alive: true })));
}

#[test]
fn a_connection_stays_as_its_version_and_its_headers_say() {
    let keeps = |head: &str| match read(head.as_bytes(), head.len()).0 {
        Ok(Fed::Whole(answer)) => answer.keeps_alive,
        other => panic!("{head}: {other:?}"),
    };
    assert!(keeps("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
    assert!(!keeps("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: Upgrade, Close\r\n\r\n"));
    assert!(!keeps("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n"));
    assert!(keeps("HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: Keep-Alive\r\n\r\n"));
}

#[test]
fn what_is_no_answer_is_refused() {
    let refused = |bytes: &[u8]| read(bytes, bytes.len()).0.expect_err("it is refused");
    assert_eq!(refused(b"SSH-2.0-OpenSSH\r\n\r\n"), Broken::Malformed);
    assert_eq!(refused(b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"), Broken::Length);
    assert_eq!(
        refused(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"),
        Broken::Length
    );
    assert_eq!(refused(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n"), Broken::Length);
    assert_eq!(refused(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nab"), Broken::Surplus);
    let chunk = |text: &str| {
        refused(format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{text}").as_bytes())
    };
    assert_eq!(chunk("x\r\n"), Broken::Chunk);
    assert_eq!(chunk("1\r\nab\r\n"), Broken::Chunk);
    assert_eq!(chunk("1234567890123456\r\n"), Broken::Chunk);
}

#[test]
fn a_head_has_a_longest_length() {
    let with = |padding: usize| {
        let mut head = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX: ".to_vec();
        head.resize(padding, b'x');
        head
    };
    let mut reader = Reader::new(false);
    assert_eq!(reader.feed(&with(HEAD_BYTES_MAX - 1)), Ok(Fed::More));
    let mut reader = Reader::new(false);
    assert_eq!(reader.feed(&with(HEAD_BYTES_MAX)), Err(Broken::HeadTooLong));
}

#[test]
fn of_a_failures_body_only_the_start_is_kept() {
    let body = "a".repeat(BODY_START_MAX + 1);
    let answer = format!("HTTP/1.1 500 No\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    assert_eq!(read(answer.as_bytes(), 100).1.len(), BODY_START_MAX);
}
