//! Says again what was acknowledged, on a connection of its own: the same id and body must give the
//! original acknowledgement, the same id and another body a conflict, however long ago it was.
//!
//! Every other connection is opened by a ticket, as browsers do it, and now and then the same ticket is
//! tried a second time.

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::http::Uri;
use wire::{Command, Proof};

use crate::history::{Ending, History};
use crate::raw::{PATIENCE, Raw};

/// One connection of so many is opened by a ticket.
const TICKET_EVERY: u64 = 2;
/// One of so many of these tickets is tried again.
const TRIED_AGAIN: u64 = 3;
/// Bytes of an answer over HTTP.
const ANSWER_MAX_BYTES: u64 = 64 * 1024;

/// Frames to say again through one gateway.
#[derive(Debug)]
pub(crate) struct Repeat {
    pub(crate) url: String,
    /// `send` frames as they were said before; `true`: with another body.
    pub(crate) frames: Vec<(String, bool)>,
}

/// Says again what it is given until nothing more can come.
pub(crate) async fn run(
    hello: Command,
    mut history: History,
    mut repeats: mpsc::Receiver<Repeat>,
) -> History {
    let mut connection: u64 = 0;
    while let Some(repeat) = repeats.recv().await {
        connection += 1;
        // A server that is away just now is what this run is about.
        if !connection.is_multiple_of(TICKET_EVERY) {
            let _outcome = say_again(&hello.encode(), &repeat, connection, &mut history).await;
        } else if let Ok(hello) = with_ticket(&hello, &repeat.url).await {
            let again = connection.is_multiple_of(TICKET_EVERY * TRIED_AGAIN);
            let _outcome = say_again(&hello.encode(), &repeat, connection, &mut history).await;
            if again {
                connection += 1;
                let hello = hello.encode();
                let _refused = Raw::open(&repeat.url, &hello, connection, &mut history).await;
            }
        }
    }
    history.end(0, Ending::Quiet);
    history
}

/// The same hello with a ticket that its gateway gives (`POST /v1/connect`).
async fn with_ticket(hello: &Command, url: &str) -> Result<Command> {
    let Command::Hello { user, device, instance, .. } = hello.clone() else { bail!("no hello") };
    let url: Uri = url.parse()?;
    let at = url.authority().context("the URL names no host")?.as_str();
    let asked = format!(
        "POST /v1/connect HTTP/1.1\r\nHost: {at}\r\nHubbub-User: {user}\r\nContent-Length: 0\r\n\
         Connection: close\r\n\r\n"
    );
    let answer = timeout(PATIENCE, async {
        let mut socket = TcpStream::connect(at).await?;
        socket.write_all(asked.as_bytes()).await?;
        let mut answer = String::new();
        socket.take(ANSWER_MAX_BYTES).read_to_string(&mut answer).await?;
        anyhow::Ok(answer)
    });
    let answer = answer.await??;
    let (_, body) = answer.split_once("\r\n\r\n").context("half an answer")?;
    let body: Value = serde_json::from_str(body)?;
    let ticket = body["ticket"].as_str().context("no ticket")?.to_owned();
    Ok(Command::Hello {
        reference: None,
        user,
        device,
        instance,
        proof: Some(Proof::Ticket(ticket)),
    })
}

async fn say_again(
    hello: &str,
    repeat: &Repeat,
    connection: u64,
    history: &mut History,
) -> Result<()> {
    let mut raw = Raw::open(&repeat.url, hello, connection, history).await?;
    let mut due = 0;
    for (reference, (frame, changed)) in (1_u64..).zip(&repeat.frames) {
        raw.say(&again(frame, reference, *changed)?).await?;
        due += 1;
    }
    while due > 0 {
        let answer: Value = serde_json::from_str(&raw.hear().await?)?;
        if answer["ref"].is_u64() {
            due -= 1;
        }
    }
    Ok(())
}

/// The same message with a `ref`, so that each answer can be told; perhaps with another body.
fn again(frame: &str, reference: u64, changed: bool) -> Result<String> {
    let mut frame: Value = serde_json::from_str(frame)?;
    frame["ref"] = json!(reference);
    if changed {
        frame["body"] = json!("something else");
    }
    Ok(frame.to_string())
}

#[test]
fn a_repeat_is_the_same_but_for_its_ref_and_perhaps_its_body() {
    let frame = r#"{"type":"send","id":"x","body":"a","lamport":9007199254740991}"#;
    let parsed =
        |changed| serde_json::from_str::<Value>(&again(frame, 7, changed).unwrap()).unwrap();
    let same = json!({"type": "send", "id": "x", "body": "a", "lamport": 9_007_199_254_740_991_u64, "ref": 7});
    assert_eq!(parsed(false), same);
    assert_ne!(parsed(true)["body"], same["body"]);
}
