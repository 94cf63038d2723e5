//! TLS by the server itself: HTTPS and WSS are answered, what is no TLS has a clear end.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::{SinkExt as _, StreamExt as _};
use load::measure::run::Run;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::Message;

use crate::house::{House, PATIENCE, SMALL, hubbub, run};

/// Writes a certificate for localhost and its key; gives it.
fn certificate(folder: &Path) -> CertificateDer<'static> {
    let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(names).unwrap();
    std::fs::write(folder.join("cert.pem"), cert.pem()).unwrap();
    std::fs::write(folder.join("key.pem"), signing_key.serialize_pem()).unwrap();
    cert.der().clone()
}

/// A client that trusts it alone.
async fn connect(at: SocketAddr, cert: CertificateDer<'static>) -> TlsStream<TcpStream> {
    let mut roots = RootCertStore::empty();
    roots.add(cert).unwrap();
    let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let socket = TcpStream::connect(at).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let shaking = TlsConnector::from(Arc::new(config)).connect(name, socket);
    timeout(PATIENCE, shaking).await.expect("no hanging").unwrap()
}

async fn serve(folder: &Path) -> House {
    let line = format!(
        "serve --data data --listen 127.0.0.1:0 --tls-cert cert.pem --tls-key key.pem {SMALL}"
    );
    House::start(folder, "tls", &line).await
}

#[tokio::test]
async fn https_and_wss_are_answered_by_the_certificate_of_the_settings() {
    let folder = tempfile::tempdir().unwrap();
    let cert = certificate(folder.path());
    let house = serve(folder.path()).await;
    assert!(house.out().contains("ready: https://"), "{}", house.out());
    let mut socket = connect(house.at(), cert.clone()).await;
    let request = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("ok\n"), "{answer}");

    let socket = connect(house.at(), cert).await;
    let (mut ws, _) = client_async(format!("wss://localhost{}", wire::PATH), socket).await.unwrap();
    let hello = r#"{"type":"hello","user":"ann","device":"phone","instance":"00000000000000ff"}"#;
    let send = r#"{"type":"send","id":"00000000000000ff-1","conversation":"tea","body":"hi","lamport":1,"seen_seq":0,"sent_at":0}"#;
    for (command, answer) in [(hello, "welcome"), (send, "sent")] {
        ws.send(Message::text(command)).await.unwrap();
        let heard = timeout(PATIENCE, ws.next()).await.unwrap().unwrap().unwrap();
        assert!(heard.to_text().unwrap().contains(answer), "{heard}");
    }
}

#[tokio::test]
async fn what_is_no_tls_is_ended_and_a_handshake_has_its_time() {
    let folder = tempfile::tempdir().unwrap();
    let cert = certificate(folder.path());
    let house = serve(folder.path()).await;
    let mut silent = TcpStream::connect(house.at()).await.unwrap();
    let began = Instant::now();
    for text in
        ["GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n", "\x16\x03\x01\x00\x05hello", "\0\0\0\0\0\0"]
    {
        let mut socket = TcpStream::connect(house.at()).await.unwrap();
        socket.write_all(text.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        let read = timeout(PATIENCE, socket.read_to_end(&mut answer)).await;
        drop(read.expect("it is ended"));
        assert!(!answer.starts_with(b"HTTP"), "nothing in the clear");
    }
    // The one that says nothing is still there, and in nobody's way.
    let mut nothing = [0];
    assert!(timeout(Duration::from_millis(10), silent.read(&mut nothing)).await.is_err());
    connect(house.at(), cert).await;
    let read = timeout(PATIENCE, silent.read(&mut nothing)).await;
    let waited = began.elapsed();
    assert!(!matches!(read.expect("a handshake ends"), Ok(1..)), "after {waited:?}");
}

#[tokio::test]
async fn a_certificate_that_cannot_be_used_is_told_before_the_port_opens() {
    let folder = tempfile::tempdir().unwrap();
    certificate(folder.path());
    for (cert, key, named) in [
        ("absent.pem", "key.pem", "absent.pem"),
        ("cert.pem", "absent.pem", "absent.pem"),
        ("key.pem", "key.pem", "key.pem"),
        ("cert.pem", "cert.pem", "cert.pem"),
    ] {
        let mut command = hubbub(folder.path());
        let line = format!(
            "serve --data data --listen 127.0.0.1:0 --tls-cert {cert} --tls-key {key} {SMALL}"
        );
        command.args(line.split_whitespace());
        let ended = run(command, folder.path()).await;
        assert_eq!(ended.code, Some(74), "{ended:?}");
        assert!(ended.err.contains(named), "{ended:?}");
    }
}

#[tokio::test]
async fn chat_is_measured_over_tls_if_its_certificate_is_trusted() {
    let folder = tempfile::tempdir().unwrap();
    certificate(folder.path());
    let house = serve(folder.path()).await;
    let load = async |line: &str| {
        let mut command = hubbub(folder.path());
        command.arg("load").args(line.split_whitespace());
        run(command, folder.path()).await
    };
    let url = format!("wss://{}/v1/ws", house.at());
    let trusting = "--ca cert.pem --plain --no-probe -o run.json -n 200 -c 4 --streams 4 --conversations 2 --listeners 2";
    let ended = load(&format!("run {url} {trusting}")).await;
    assert!(matches!(ended.code, Some(0 | 3)), "{ended:?}");
    let saved = std::fs::read_to_string(folder.path().join("run.json")).unwrap();
    let totals = Run::from_json(&saved).unwrap().totals;
    assert_eq!((totals.done, totals.failed, totals.offered), (200, 0, 200), "{totals:?}");

    let there = "--connections 20 --conversations 4 --messages 2";
    let ended = load(&format!("crowd --url {url} --ca cert.pem {there}")).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");

    let distrusting = format!("run {url} -n 1 -c 1");
    let ended = load(&distrusting).await;
    assert_eq!(ended.code, Some(69), "{ended:?}");
    assert!(ended.err.contains("certificate"), "{ended:?}");
}
