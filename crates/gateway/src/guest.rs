//! A connection without a socket: what HTTP asks is asked as a connection asks it, of the same desk.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use model::TraceParent;
use serde_json::Value;
use tokio::time::{Instant, sleep_until};
use wire::{Command, Encoding, Frame, Problem};

use crate::connection::{Desk, Who};
use crate::gateway::Shared;

/// How long an answer to a question over HTTP may take.
const ANSWER_MAX: Duration = Duration::from_secs(30);

/// Asks all of it at once and waits for the answers, in the order of the questions. One that did not
/// come in time is `null`.
pub(crate) async fn ask(
    shared: &Arc<Shared>,
    who: Who,
    traced_by: Option<TraceParent>,
    commands: Vec<Result<Command, Problem>>,
) -> Vec<Value> {
    let number = shared.counts.connections_total.fetch_add(1, Relaxed);
    let mut desk = Desk::new(shared, number, who, Encoding::Json);
    desk.trace_under(traced_by);
    let mut answers = vec![Value::Null; commands.len()];
    let mut left = HashMap::new();
    for (index, command) in commands.into_iter().enumerate() {
        match command {
            Ok(command) => {
                let reference = command.about().reference;
                left.insert(index as u64, reference);
                desk.handle_command(command.with_reference(index as u64));
            }
            Err(problem) => answers[index] = parsed(&Frame::Problem(problem).encode()),
        }
    }
    let until = Instant::now() + ANSWER_MAX;
    let mut batch = Vec::new();
    while !left.is_empty() && Instant::now() < until {
        desk.collect(&mut batch);
        for words in batch.drain(..) {
            let mut frame = parsed(&words.into_text());
            let index = frame.get("ref").and_then(Value::as_u64);
            let Some((index, asked)) = index.and_then(|at| Some((at, left.remove(&at)?))) else {
                continue;
            };
            if let Some(fields) = frame.as_object_mut() {
                match asked {
                    Some(reference) => fields.insert("ref".to_owned(), reference.into()),
                    None => fields.remove("ref"),
                };
            }
            if let Some(answer) = usize::try_from(index).ok().and_then(|at| answers.get_mut(at)) {
                *answer = frame;
            }
        }
        desk.ask_page();
        if left.is_empty() || desk.has_more() {
            continue;
        }
        let mailbox = Arc::clone(desk.mailbox());
        let deadline = desk.deadline().min(until);
        tokio::select! {
            () = mailbox.filled() => {}
            () = desk.page_permit() => {}
            () = sleep_until(deadline) => desk.handle_timeout(Instant::now()),
        }
        desk.heard(Instant::now());
    }
    answers
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or(Value::Null)
}
