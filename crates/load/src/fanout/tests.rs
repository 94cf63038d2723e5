use std::cell::RefCell;

use clap::Parser;
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::broadcast;
use tokio_tungstenite::accept_async;
use tokio_tungstenite::tungstenite::Message;

use super::dialect::open;
use super::*;

#[derive(Debug, Parser)]
struct Line {
    #[command(flatten)]
    args: FanoutArgs,
}

/// What a server does with the message of this number.
type Fate = fn(u64) -> usize;

/// A server of the plain dialect that lets `fate` say how often each message goes out.
async fn serve(listener: TcpListener, fate: Fate) {
    let (say, _) = broadcast::channel(1_024);
    let mut talking = JoinSet::new();
    let numbered = Rc::new(RefCell::new(0));
    while let Ok((stream, _)) = listener.accept().await {
        talking.spawn_local(talk(stream, say.clone(), Rc::clone(&numbered), fate));
    }
}

async fn talk(
    stream: TcpStream,
    say: broadcast::Sender<Message>,
    numbered: Rc<RefCell<u64>>,
    fate: Fate,
) {
    let mut heard = say.subscribe();
    let mut socket = accept_async(stream).await.unwrap();
    loop {
        tokio::select! {
            said = socket.next() => {
                let Some(Ok(text)) = said else { return };
                let number = numbered.replace_with(|number| *number + 1);
                (0..fate(number)).for_each(|_| drop(say.send(text.clone())));
            }
            text = heard.recv() => {
                let Ok(text) = text else { return };
                if socket.send(text).await.is_err() {
                    return;
                }
            }
        }
    }
}

fn ends(fate: Fate, more: &str) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(LocalSet::new().run_until(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}/", listener.local_addr().unwrap());
        let serving = tokio::task::spawn_local(serve(listener, fate));
        let line = format!(
            "fanout --url {url} --dialect plain --listeners 5 --seconds 1 --warm-up-seconds 0 --json {more}"
        );
        let Line { args } = Line::try_parse_from(line.split_whitespace()).unwrap();
        let ended = run(&args).await.unwrap();
        serving.abort();
        ended
    }))
}

#[test]
fn everyone_hears_everything_at_a_rate_and_saturated() {
    assert_eq!(ends(|_| 1, "--rate 50"), ExitCode::SUCCESS);
    assert_eq!(ends(|_| 1, "--window 8"), ExitCode::SUCCESS);
    assert_eq!(ends(|_| 1, "--window 1"), ExitCode::SUCCESS);
}

#[test]
fn what_is_lost_or_comes_twice_is_seen_and_holds_nobody_up() {
    assert_eq!(ends(|number| usize::from(number != 3), "--window 4"), ExitCode::FAILURE);
    assert_eq!(ends(|number| usize::from(number != 3), "--rate 50"), ExitCode::FAILURE);
    assert_eq!(ends(|number| 1 + usize::from(number == 3), "--rate 50"), ExitCode::FAILURE);
}

#[test]
fn what_comes_with_the_answer_to_the_upgrade_is_heard() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}", listener.local_addr().unwrap());
        let serving = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            let answer = b"HTTP/1.1 101 Switching Protocols\r\n\r\n\x81\x02hi";
            stream.write_all(answer).await.unwrap();
            stream
        };
        let (opened, _stream) = tokio::join!(open(&url, None), serving);
        let mut socket = opened.unwrap();
        let heard = socket.hear(|text| Some(text.to_vec()));
        assert_eq!(timeout(PATIENCE, heard).await.unwrap().unwrap(), b"hi");
    });
}

#[test]
fn a_server_that_is_not_there_is_a_code_of_its_own() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let line = "fanout --url ws://127.0.0.1:1/ --listeners 1";
    let Line { args } = Line::try_parse_from(line.split_whitespace()).unwrap();
    let ended = runtime.block_on(LocalSet::new().run_until(run(&args))).unwrap();
    assert_eq!(ended, ExitCode::from(EXIT_UNAVAILABLE));
}
