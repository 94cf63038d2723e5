//! A WebSocket by hand (RFC 6455 §5.2): it writes any bytes, right or wrong, and reads what a server
//! may say. No library is between the test and the server: none would send what is needed here.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::house::PATIENCE;

/// The first byte of a frame: the last of its message, no reserved bit, and its opcode.
pub(crate) const TEXT: u8 = 0x81;
pub(crate) const BINARY: u8 = 0x82;
pub(crate) const CLOSE: u8 = 0x88;
pub(crate) const PING: u8 = 0x89;
pub(crate) const PONG: u8 = 0x8A;

/// Of the first frame of a text in fragments, of one in the middle, of the last.
pub(crate) const BEGIN: u8 = 0x01;
pub(crate) const MIDDLE: u8 = 0x00;
pub(crate) const LAST: u8 = 0x80;

const MASK: [u8; 4] = [0x37, 0xFA, 0x21, 0x3D];

/// The headers of a handshake as it should be.
pub(crate) const SHAKE: [&str; 4] = [
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
];

/// A frame as a client has to send it.
pub(crate) fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let length = payload.len() as u64;
    let form = match length {
        0..=125 => Form::Short,
        126..=0xFFFF => Form::Two,
        _ => Form::Eight,
    };
    [declared(first, form, length), masked(payload)].concat()
}

/// How many bytes say the length.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Form {
    Short,
    Two,
    Eight,
}

/// The header alone, with this length in this form.
pub(crate) fn declared(first: u8, form: Form, length: u64) -> Vec<u8> {
    let bytes = length.to_be_bytes();
    let (second, rest): (u8, &[u8]) = match form {
        Form::Short => (bytes[7], &[]),
        Form::Two => (126, &bytes[6..]),
        Form::Eight => (127, &bytes),
    };
    [&[first, 0x80 | second], rest, &MASK].concat()
}

/// A short frame without a mask: only a server may send it.
pub(crate) fn unmasked(first: u8, payload: &[u8]) -> Vec<u8> {
    [&[first, u8::try_from(payload.len()).unwrap()], payload].concat()
}

/// The payload, as it travels.
pub(crate) fn masked(payload: &[u8]) -> Vec<u8> {
    payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask).collect()
}

/// What a server said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Heard {
    Text(String),
    Pong(Vec<u8>),
    /// A close frame: its code, if it has one.
    Close(Option<u16>),
    /// Nothing more comes.
    End,
}

/// One connection.
#[derive(Debug)]
pub(crate) struct Bare {
    socket: TcpStream,
}

impl Bare {
    /// A connection that has shaken hands.
    pub(crate) async fn shaken(at: SocketAddr, more: &[&str]) -> Self {
        let (status, head, bare) = Self::shake(at, "GET", &[&SHAKE, more].concat()).await;
        assert_eq!(status, 101, "{head}");
        bare
    }

    /// One that was welcomed, too.
    pub(crate) async fn welcomed(at: SocketAddr, user: &str) -> Self {
        let mut bare = Self::shaken(at, &[]).await;
        bare.hello(user).await;
        let welcome = bare.hear().await;
        assert!(matches!(&welcome, Heard::Text(text) if text.contains("welcome")), "{welcome:?}");
        bare
    }

    pub(crate) async fn hello(&mut self, user: &str) {
        self.text(&format!(
            r#"{{"type":"hello","user":"{user}","device":"phone","instance":"00000000000000ff"}}"#
        ))
        .await;
    }

    /// A handshake with these headers: the status, all of the head, the connection.
    pub(crate) async fn shake(
        at: SocketAddr,
        method: &str,
        headers: &[&str],
    ) -> (u16, String, Self) {
        let socket = TcpStream::connect(at).await.unwrap_or_else(|why| panic!("{at}: {why}"));
        let mut bare = Self { socket };
        let mut text = format!("{method} {} HTTP/1.1\r\nHost: {at}\r\n", wire::PATH);
        headers.iter().for_each(|header| text += &format!("{header}\r\n"));
        bare.write(format!("{text}\r\n").as_bytes()).await;
        let head = timeout(PATIENCE, bare.head()).await.expect("a handshake is answered");
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        (status.unwrap_or_else(|| panic!("{head}")), head, bare)
    }

    async fn head(&mut self) -> String {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(self.socket.read_u8().await.unwrap_or_else(|why| panic!("{why}: {head:?}")));
        }
        String::from_utf8(head).unwrap().to_ascii_lowercase()
    }

    /// Writes this; whether the server still takes it is another question.
    pub(crate) async fn write(&mut self, bytes: &[u8]) {
        let written = timeout(PATIENCE, self.socket.write_all(bytes)).await;
        drop(written.expect("no hanging"));
    }

    pub(crate) async fn text(&mut self, text: &str) {
        self.write(&frame(TEXT, text.as_bytes())).await;
    }

    /// What the server says next.
    pub(crate) async fn hear(&mut self) -> Heard {
        timeout(PATIENCE, self.next()).await.expect("the server says something, or ends it")
    }

    async fn next(&mut self) -> Heard {
        let Ok(first) = self.socket.read_u8().await else { return Heard::End };
        let second = self.socket.read_u8().await.expect("a whole frame");
        let length = match second {
            0..=125 => u64::from(second),
            126 => u64::from(self.socket.read_u16().await.expect("a whole frame")),
            127 => self.socket.read_u64().await.expect("a whole frame"),
            128.. => panic!("a server does not mask"),
        };
        let mut payload = vec![0; usize::try_from(length).unwrap()];
        self.socket.read_exact(&mut payload).await.expect("a whole frame");
        match first {
            TEXT => Heard::Text(String::from_utf8(payload).expect("a text is UTF-8")),
            PONG => Heard::Pong(payload),
            CLOSE => Heard::Close(code_of(&payload)),
            _ => panic!("a frame that begins with {first:#x}: {payload:?}"),
        }
    }

    /// The last that it says: nothing comes after a close frame.
    pub(crate) async fn last(&mut self) -> Heard {
        let mut last = Heard::End;
        loop {
            match self.hear().await {
                Heard::End => return last,
                more => {
                    assert!(!matches!(last, Heard::Close(_)), "{more:?} after {last:?}");
                    last = more;
                }
            }
        }
    }
}

fn code_of(payload: &[u8]) -> Option<u16> {
    let (code, reason) = payload.split_at_checked(2)?;
    assert!(std::str::from_utf8(reason).is_ok(), "a reason is UTF-8");
    Some(u16::from_be_bytes([code[0], code[1]]))
}
