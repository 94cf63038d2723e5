//! Says again what was acknowledged, on a connection of its own: the same id and body must give the
//! original acknowledgement, the same id and another body a conflict, however long ago it was.

use anyhow::Result;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::history::{Ending, History};
use crate::raw::Raw;

/// Frames to say again through one gateway.
#[derive(Debug)]
pub(crate) struct Repeat {
    pub(crate) url: String,
    /// `send` frames as they were said before; `true`: with another body.
    pub(crate) frames: Vec<(String, bool)>,
}

/// Says again what it is given until nothing more can come.
pub(crate) async fn run(
    hello: String,
    mut history: History,
    mut repeats: mpsc::Receiver<Repeat>,
) -> History {
    let mut connection = 0;
    while let Some(repeat) = repeats.recv().await {
        connection += 1;
        // A server that is away just now is what this run is about.
        let _outcome = say_again(&hello, &repeat, connection, &mut history).await;
    }
    history.end(0, Ending::Quiet);
    history
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
