//! One HTTP question over a plain socket.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result};

/// Bytes of an answer that are read; more is not looked at.
const ANSWER_MAX_BYTES: u64 = 1 << 20;

/// Asks for a path; gives the status and the body. `patience` bounds each step.
pub(crate) fn get(address: SocketAddr, path: &str, patience: Duration) -> Result<(u16, String)> {
    ask("GET", address, path, "", patience)
}

/// Asks for something to be done.
pub(crate) fn post(address: SocketAddr, path: &str, patience: Duration) -> Result<(u16, String)> {
    ask("POST", address, path, "", patience)
}

/// Asks for something to be so.
pub(crate) fn put(
    address: SocketAddr,
    path: &str,
    json: &str,
    patience: Duration,
) -> Result<(u16, String)> {
    ask("PUT", address, path, json, patience)
}

fn ask(
    how: &str,
    address: SocketAddr,
    path: &str,
    body: &str,
    patience: Duration,
) -> Result<(u16, String)> {
    let mut stream = TcpStream::connect_timeout(&address, patience)?;
    stream.set_read_timeout(Some(patience))?;
    stream.set_write_timeout(Some(patience))?;
    let question = format!(
        "{how} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(question.as_bytes())?;
    let mut answer = String::new();
    stream.take(ANSWER_MAX_BYTES).read_to_string(&mut answer)?;
    parse(&answer).with_context(|| format!("{address}{path} did not answer in HTTP"))
}

fn parse(answer: &str) -> Option<(u16, String)> {
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()?;
    Some((status, body.to_owned()))
}

#[test]
fn an_answer_is_a_status_and_a_body() {
    let answer = "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 3\r\n\r\nno\n";
    assert_eq!(parse(answer), Some((503, "no\n".to_owned())));
    assert_eq!(parse("SSH-2.0"), None);
    assert_eq!(parse("HTTP/1.1 x\r\n\r\n"), None);
}

#[test]
fn a_listener_that_answers_is_read() {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = listener.local_addr().unwrap();
    let answering = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut asked = [0; 1024];
        let read = stream.read(&mut asked).unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\nhubbub_x 1\n").unwrap();
        String::from_utf8_lossy(&asked[..read]).into_owned()
    });
    let answer = get(address, "/metrics", Duration::from_secs(5)).unwrap();
    assert_eq!(answer, (200, "hubbub_x 1\n".to_owned()));
    assert!(answering.join().unwrap().starts_with("GET /metrics HTTP/1.1\r\n"));
}
