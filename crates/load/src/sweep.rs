//! Reads every conversation whole, when all is quiet.

use std::collections::{BTreeMap, VecDeque};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use client::{Event, Handle, ReadId};
use model::bounds::PAGE_MAX_MESSAGES;
use model::{ConversationId, DeviceId, InstanceId, ReadFrom, Seq, UserId};
use tokio::sync::mpsc;

use crate::SweepArgs;
use crate::history::{Ending, Header, History};
use crate::rooms;
use crate::talk::changes::SWEEPER;

/// Reads that are out at a time.
const READS_MAX: usize = 16;

/// Reads every conversation from its first message to its head through one gateway, into a history of
/// kind `final`. Exit code 0: all were read whole; 1: not.
///
/// # Errors
/// Arguments that are none; a history that cannot be made.
#[expect(clippy::print_stdout, reason = "a command's one line of result")]
pub async fn sweep(args: SweepArgs) -> Result<ExitCode> {
    let header = Header {
        client: args.name.clone(),
        user: UserId::new(SWEEPER)?,
        device: DeviceId::new("d0")?,
        instance: InstanceId(getrandom::u64().context("the system gives no randomness")?),
        is_final: true,
    };
    let mut conversations = args.place.names()?;
    conversations.extend(rooms::all(&args.place.histories)?);
    let history = History::create(&args.place.histories, &args.name, &header)?;
    let mut session =
        session::Options::new(header.user, header.device, header.instance, header.instance.0);
    session.reads_max = READS_MAX;
    let options = client::Options::new(session, args.place.gateways()?);
    let (client, handle, mut events) = client::open(options, history);
    let running = tokio::spawn(client.run());
    let count = conversations.len();
    let reading = read_all(&handle, &mut events, conversations);
    let read = tokio::time::timeout(Duration::from_secs(args.seconds), reading).await;
    // It may have stopped already.
    let _stopped = handle.stop().await;
    while events.recv().await.is_some() {}
    running.await?.end(0, Ending::Quiet);
    match read {
        Ok(Ok(messages)) => {
            println!("sweep {}: {messages} messages in {count} conversations", args.name);
            Ok(ExitCode::SUCCESS)
        }
        Ok(Err(why)) => {
            println!("sweep {}: failed: {why:#}", args.name);
            Ok(ExitCode::FAILURE)
        }
        Err(_) => {
            println!("sweep {}: not through after {} s", args.name, args.seconds);
            Ok(ExitCode::FAILURE)
        }
    }
}

/// The number of messages in all conversations.
async fn read_all(
    handle: &Handle,
    events: &mut mpsc::Receiver<Event>,
    conversations: Vec<ConversationId>,
) -> Result<u64> {
    let mut to_read: VecDeque<(ConversationId, Seq)> =
        conversations.into_iter().map(|name| (name, Seq(1))).collect();
    let mut reading: BTreeMap<ReadId, Seq> = BTreeMap::new();
    let mut count = 0;
    while !(to_read.is_empty() && reading.is_empty()) {
        while reading.len() < READS_MAX
            && let Some((name, from)) = to_read.pop_front()
        {
            let read = handle.read(name, ReadFrom::Seq(from), PAGE_MAX_MESSAGES).await?;
            reading.insert(read, from);
        }
        match events.recv().await.context("the client has stopped")? {
            Event::Page { read, conversation, head, messages, .. } => {
                let Some(from) = reading.remove(&read) else { continue };
                count += u64::try_from(messages.len()).unwrap_or(u64::MAX);
                match messages.last() {
                    Some(last) if last.seq < head => {
                        to_read.push_back((conversation, last.seq.next()));
                    }
                    Some(_) => {}
                    None if from <= head => {
                        bail!("{conversation}: nothing from {from} on, but its head is {head}");
                    }
                    None => {}
                }
            }
            Event::Problem(problem) => bail!("refused: {problem:?}"),
            Event::Stopped => bail!("the server closed for good"),
            Event::Welcomed { .. }
            | Event::Disconnected { .. }
            | Event::Said { .. }
            | Event::Failed { .. }
            | Event::Subscribed { .. }
            | Event::Unsubscribed { .. }
            | Event::Heard { .. }
            | Event::Gap { .. } => {}
        }
    }
    Ok(count)
}
