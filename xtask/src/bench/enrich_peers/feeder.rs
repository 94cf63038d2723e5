//! Messages at a rate, one a line: its number, when it was due (µs of Unix time), its text. Several connections take turns.

use std::fmt::Write as _;
use std::io::Write as _;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};

/// How often what is due is sent.
const TICK: Duration = Duration::from_millis(1);
/// How long all connections may take to come; Java takes a while.
const COME_WITHIN: Duration = Duration::from_secs(40);
/// Between the last that has come and the first message.
const SETTLE: Duration = Duration::from_millis(500);
const LOOK: Duration = Duration::from_millis(10);

/// Where workers connect.
pub(super) struct Feeder {
    listener: TcpListener,
    pub(super) address: SocketAddr,
}

impl Feeder {
    pub(super) fn open() -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).context("no free port on 127.0.0.1")?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address })
    }

    /// Waits for so many, sends so many messages to them, and closes the connections.
    pub(super) fn feed(self, workers: u64, rate: u64, messages: u64) -> Result<()> {
        let mut streams = Vec::new();
        self.listener.set_nonblocking(true)?;
        let until = SystemTime::now() + COME_WITHIN;
        while (streams.len() as u64) < workers {
            match self.listener.accept() {
                Ok((stream, _)) => streams.push(stream),
                Err(_) if SystemTime::now() < until => std::thread::sleep(LOOK),
                Err(why) => bail!("not all workers came within {} s: {why}", COME_WITHIN.as_secs()),
            }
        }
        let begin_us = micros(SystemTime::now() + SETTLE);
        let feeding: Vec<JoinHandle<std::io::Result<()>>> = (0..workers)
            .zip(streams)
            .map(|(worker, stream)| {
                let mine = Mine { first: worker, every: workers, messages, rate, begin_us };
                std::thread::spawn(move || mine.send(&stream))
            })
            .collect();
        for feeding in feeding {
            let fed = feeding.join().map_err(|_| anyhow::anyhow!("a feeder panicked"))?;
            fed.context("a worker went away")?;
        }
        Ok(())
    }
}

/// What one connection gets.
struct Mine {
    first: u64,
    every: u64,
    messages: u64,
    rate: u64,
    begin_us: u64,
}

impl Mine {
    fn send(&self, mut stream: &TcpStream) -> std::io::Result<()> {
        stream.set_nonblocking(false)?;
        stream.set_nodelay(true)?;
        let mut index = self.first;
        while index < self.messages {
            let lines = self.lines_until(micros(SystemTime::now()), &mut index);
            stream.write_all(lines.as_bytes())?;
            std::thread::sleep(TICK);
        }
        Ok(())
    }

    /// All that is due by now.
    fn lines_until(&self, now_us: u64, index: &mut u64) -> String {
        let mut lines = String::new();
        while *index < self.messages {
            let due_us = self.begin_us + *index * 1_000_000 / self.rate;
            if due_us > now_us {
                break;
            }
            let written = writeln!(lines, "{index}\t{due_us}\tmessage {index} of somebody");
            assert!(written.is_ok(), "writing into memory cannot fail");
            *index += self.every;
        }
        lines
    }
}

fn micros(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}

#[test]
fn what_is_due_is_sent_once_and_on_its_turn() {
    let mine = Mine { first: 1, every: 2, messages: 6, rate: 1_000, begin_us: 50 };
    let mut index = mine.first;
    assert_eq!(mine.lines_until(1_049, &mut index), "");
    let lines = "1\t1050\tmessage 1 of somebody\n3\t3050\tmessage 3 of somebody\n";
    assert_eq!(mine.lines_until(3_050, &mut index), lines);
    assert_eq!(mine.lines_until(u64::MAX, &mut index), "5\t5050\tmessage 5 of somebody\n");
    assert!(index >= mine.messages);
}
