//! A server that answers each request with a list of acts.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Done one after the other.
#[derive(Debug, Clone, Copy)]
pub(in crate::measure) enum Act {
    Say(&'static str),
    SayInBytes(&'static str),
    Wait(Duration),
    Close,
    Reset,
    /// Says nothing more until the client goes.
    Hang,
}

/// Serves until the test ends.
pub(in crate::measure) struct Bare {
    pub(in crate::measure) url: String,
    seen: Arc<Seen>,
}

#[derive(Default)]
struct Seen {
    requests: AtomicU64,
    connections: AtomicU64,
    asked: Mutex<String>,
}

impl Bare {
    /// `acts` is told how many requests there were before.
    pub(in crate::measure) fn begin(
        acts: impl Fn(u64) -> Vec<Act> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}/", listener.local_addr().expect("it is bound"));
        let seen = Arc::new(Seen::default());
        let (acts, for_all) = (Arc::new(acts), Arc::clone(&seen));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (acts, seen) = (Arc::clone(&acts), Arc::clone(&for_all));
                seen.connections.fetch_add(1, Ordering::SeqCst);
                std::thread::spawn(move || serve(stream, &*acts, &seen));
            }
        });
        Self { url, seen }
    }

    pub(in crate::measure) fn requests(&self) -> u64 {
        self.seen.requests.load(Ordering::SeqCst)
    }

    pub(in crate::measure) fn connections(&self) -> u64 {
        self.seen.connections.load(Ordering::SeqCst)
    }

    /// All that was asked, bodies included.
    pub(in crate::measure) fn asked(&self) -> String {
        self.seen.asked.lock().expect("nobody panicked").clone()
    }

    pub(in crate::measure) fn first_request(&self) -> String {
        self.asked().split_inclusive("\r\n\r\n").next().unwrap_or_default().to_owned()
    }
}

fn serve(mut stream: TcpStream, acts: &dyn Fn(u64) -> Vec<Act>, seen: &Seen) {
    stream.set_nodelay(true).expect("it is a socket");
    let mut unread = Vec::new();
    while let Some(request) = request(&mut stream, &mut unread) {
        let number = seen.requests.fetch_add(1, Ordering::SeqCst);
        seen.asked.lock().expect("nobody panicked").push_str(&request);
        for act in acts(number) {
            if !does(&mut stream, act) {
                return;
            }
        }
    }
}

/// False once there is nothing more to say.
fn does(stream: &mut TcpStream, act: Act) -> bool {
    match act {
        Act::Say(text) => stream.write_all(text.as_bytes()).is_ok(),
        Act::SayInBytes(text) => text.bytes().all(|byte| stream.write_all(&[byte]).is_ok()),
        Act::Wait(time) => {
            std::thread::sleep(time);
            true
        }
        Act::Close => {
            // The client may be gone already.
            let _ = stream.shutdown(Shutdown::Both);
            false
        }
        Act::Reset => {
            let zero = Some(Duration::ZERO);
            rustix::net::sockopt::set_socket_linger(&*stream, zero).expect("it is a socket");
            false
        }
        Act::Hang => {
            let mut bytes = [0; 64];
            while stream.read(&mut bytes).is_ok_and(|count| count > 0) {}
            false
        }
    }
}

/// The next request with its body, as it came; nothing at the end.
fn request(stream: &mut TcpStream, unread: &mut Vec<u8>) -> Option<String> {
    loop {
        let text = String::from_utf8_lossy(unread).into_owned();
        if let Some(end) = text.find("\r\n\r\n") {
            let length =
                text.split("content-length: ").nth(1).and_then(|rest| rest.split('\r').next());
            let whole = end + 4 + length.map_or(0, |length| length.parse().expect("a number"));
            if unread.len() >= whole {
                return String::from_utf8(unread.drain(..whole).collect()).ok();
            }
        }
        let mut bytes = [0; 4_096];
        match stream.read(&mut bytes) {
            Ok(0) | Err(_) => return None,
            Ok(count) => unread.extend_from_slice(&bytes[..count]),
        }
    }
}
