//! A slot is a thread: it takes the next question, sends it on its own connection, and sleeps until the answer is there.
//!
//! This is what most services start with, and nothing is wrong with it: each thread costs its stack, its buffers and a
//! connection, and while it waits it can do nothing else.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, Sender, bounded};
use hyper::body::Bytes;
use tokio::sync::oneshot;

use super::calls::{Answered, CallError, PATH, checked, question};
use super::gauges::{Gauges, Stage, Stay};
use super::{CALL_MAX, HANDLERS_MAX, SlotsArgs, SlotsError};

/// Bytes of address space of a thread's stack; it takes memory only where it was touched.
const STACK_BYTES: usize = 256 * 1024;
/// Bytes that are read at once.
const READ_BYTES: usize = 8 * 1024;
/// Headers of an answer.
const HEADERS_MAX: usize = 32;

/// The threads, and the queue before them.
pub(super) struct Threads {
    gauges: Arc<Gauges>,
    /// None once it is closed.
    jobs: Mutex<Option<Sender<Job>>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

/// A question that waits for a thread.
struct Job {
    text: String,
    stay: Stay,
    answer: oneshot::Sender<Result<Answered, CallError>>,
}

/// A thread's connection.
struct Line {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Threads {
    pub(super) fn start(args: &SlotsArgs, gauges: Arc<Gauges>) -> Result<Self, SlotsError> {
        // Each handler has one question at most.
        let (jobs, taken) = bounded(HANDLERS_MAX as usize);
        let started = (1..=args.slots).map(|slot| {
            let (taken, gauges, outside) = (Receiver::clone(&taken), gauges.clone(), args.outside);
            std::thread::Builder::new()
                .name(format!("slot-{slot}"))
                .stack_size(STACK_BYTES)
                .spawn(move || work(&taken, &gauges, outside))
                .map_err(|source| SlotsError::Thread { slot, source })
        });
        let threads = started.collect::<Result<Vec<_>, _>>()?;
        Ok(Self { gauges, jobs: Mutex::new(Some(jobs)), threads: Mutex::new(threads) })
    }

    pub(super) fn gauges(&self) -> &Arc<Gauges> {
        &self.gauges
    }

    pub(super) async fn ask(&self, text: String) -> Result<Answered, CallError> {
        let (answer, answered) = oneshot::channel();
        let job = Job { text, stay: self.gauges.enter(Stage::Pool), answer };
        let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner).clone();
        jobs.ok_or(CallError::NoPlace)?.try_send(job).map_err(|_| CallError::NoPlace)?;
        answered.await.map_err(|_| CallError::NoPlace)?
    }

    /// Waits for the threads: for as long as a call takes.
    pub(super) async fn close(&self) {
        drop(self.jobs.lock().unwrap_or_else(PoisonError::into_inner).take());
        let threads =
            std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        let joined = tokio::task::spawn_blocking(|| {
            for thread in threads {
                // One that panicked has told so itself.
                let _ended = thread.join();
            }
        });
        let _ended = joined.await;
    }
}

/// Until nobody asks any more.
fn work(jobs: &Receiver<Job>, gauges: &Arc<Gauges>, outside: SocketAddr) {
    let mut line: Option<Line> = None;
    for Job { text, stay, answer } in jobs {
        if answer.is_closed() {
            continue;
        }
        let pool = stay.end();
        let stay = gauges.enter(Stage::Call);
        gauges.called();
        let asked = ask(&mut line, outside, &text);
        if asked.is_err() {
            line = None;
        }
        let call = stay.end();
        // Who has gone needs no answer.
        let _told = answer.send(asked.map(|body| Answered { body, pool, call }));
    }
}

fn ask(line: &mut Option<Line>, outside: SocketAddr, text: &str) -> Result<Bytes, CallError> {
    let line = match line {
        Some(line) => line,
        None => line.insert(Line::open(outside)?),
    };
    let body = question(text);
    let head = format!(
        "POST {PATH} HTTP/1.1\r\nHost: {outside}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    line.stream.write_all(&[head.as_bytes(), &body].concat())?;
    line.answer()
}

impl Line {
    fn open(outside: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect_timeout(&outside, CALL_MAX)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(CALL_MAX))?;
        Ok(Self { stream, buffer: Vec::with_capacity(READ_BYTES) })
    }

    /// Reads one answer to its end; nothing comes behind it, for nothing else was asked.
    fn answer(&mut self) -> Result<Bytes, CallError> {
        self.buffer.clear();
        let (status, head, length) = loop {
            self.read()?;
            if let Some(found) = head(&self.buffer)? {
                break found;
            }
            checked(self.buffer.len())?;
        };
        while self.buffer.len() < head + length {
            self.read()?;
        }
        match status {
            200 => Ok(Bytes::copy_from_slice(&self.buffer[head..head + length])),
            status => Err(CallError::Refused(status)),
        }
    }

    fn read(&mut self) -> Result<(), CallError> {
        let mut part = [0; READ_BYTES];
        match self.stream.read(&mut part)? {
            0 => Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
            bytes => {
                self.buffer.extend_from_slice(&part[..bytes]);
                Ok(())
            }
        }
    }
}

/// The status, the bytes of the head and those of the body, once the head is whole.
fn head(read: &[u8]) -> Result<Option<(u16, usize, usize)>, CallError> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut answer = httparse::Response::new(&mut headers);
    let parsed = answer.parse(read).map_err(|_| CallError::Wrong("no HTTP/1.1"))?;
    let httparse::Status::Complete(bytes) = parsed else { return Ok(None) };
    let length = answer
        .headers
        .iter()
        .find(|header| header.name.eq_ignore_ascii_case("content-length"))
        .and_then(|header| std::str::from_utf8(header.value).ok()?.parse().ok())
        .ok_or(CallError::Wrong("no length"))?;
    Ok(Some((answer.code.unwrap_or_default(), bytes, checked(length)?)))
}
