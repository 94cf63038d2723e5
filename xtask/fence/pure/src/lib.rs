//! Must fail to lint: uses each thing that `.config/clippy-pure.toml` bans, once.
//!
//! A line that ends in `//~ refused` must be refused by clippy, every other line must not, and every
//! ban must refuse one: `xtask/tests/tidy/fence.rs` sees to all three.

use std::time::{Duration, Instant, SystemTime};

pub fn does_what_the_root_bans() {
    let _ = std::env::var("HOME"); //~ refused
    let _ = std::env::var_os("HOME"); //~ refused
    let _ = std::env::vars(); //~ refused
    let _ = std::env::vars_os(); //~ refused
    let _ = std::sync::mpsc::channel::<u8>(); //~ refused
    let _ = tokio::sync::mpsc::unbounded_channel::<u8>(); //~ refused
    let _ = crossbeam_channel::unbounded::<u8>(); //~ refused
    std::process::exit(0); //~ refused
}

pub fn reads_clocks(a: Instant, b: SystemTime) {
    let _ = Instant::now(); //~ refused
    let _ = SystemTime::now(); //~ refused
    let _ = a.elapsed(); //~ refused
    let _ = b.elapsed(); //~ refused
}

pub fn owns_threads() {
    let _ = std::thread::spawn(|| ()); //~ refused
    std::thread::scope(|_| ()); //~ refused
    std::thread::sleep(Duration::ZERO); //~ refused
    std::thread::park(); //~ refused
    let _ = std::thread::Builder::new(); //~ refused
}

pub fn knows_its_process() {
    let _ = std::env::args(); //~ refused
    let _ = std::env::current_dir(); //~ refused
    let _ = std::env::temp_dir(); //~ refused
    let _ = std::process::Command::new("true"); //~ refused
    std::process::abort(); //~ refused
}

pub fn touches_the_disk() {
    let _ = std::fs::read("a"); //~ refused
    let _ = std::fs::read_to_string("a"); //~ refused
    let _ = std::fs::read_dir("a"); //~ refused
    let _ = std::fs::write("a", "b"); //~ refused
    let _ = std::fs::create_dir("a"); //~ refused
    let _ = std::fs::create_dir_all("a"); //~ refused
    let _ = std::fs::remove_file("a"); //~ refused
    let _ = std::fs::remove_dir_all("a"); //~ refused
    let _ = std::fs::rename("a", "b"); //~ refused
    let _ = std::fs::copy("a", "b"); //~ refused
    let _ = std::fs::metadata("a"); //~ refused
    let _ = std::fs::File::open("a"); //~ refused
    let _ = std::fs::OpenOptions::new(); //~ refused
    let _ = std::fs::DirBuilder::new(); //~ refused
}

pub fn touches_the_network() {
    let _ = std::net::TcpStream::connect("[::1]:0"); //~ refused
    let _ = std::net::TcpListener::bind("[::1]:0"); //~ refused
    let _ = std::net::UdpSocket::bind("[::1]:0"); //~ refused
    let _ = std::os::unix::net::UnixStream::connect("a"); //~ refused
    let _ = std::os::unix::net::UnixListener::bind("a"); //~ refused
    let _ = std::os::unix::net::UnixDatagram::bind("a"); //~ refused
}

pub fn throws_dice() {
    let _ = std::collections::HashMap::<u8, u8>::new(); //~ refused
    let _ = std::collections::HashSet::<u8>::new(); //~ refused
    let _ = std::hash::RandomState::new(); //~ refused
}

pub fn may_do_what_a_room_does(now: Duration) -> std::collections::BTreeMap<Duration, Vec<u8>> {
    let (to, _from) = std::sync::mpsc::sync_channel::<u8>(1);
    drop(to);
    std::collections::BTreeMap::from([(now, Vec::new())])
}
