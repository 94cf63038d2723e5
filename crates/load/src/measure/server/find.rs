//! Who listens on a port of this machine: `/proc/net/tcp` has the sockets, `/proc/PID/fd` who holds them.

use std::collections::BTreeSet;
use std::fs;

/// The state of a socket that listens, as the kernel writes it.
const LISTENING: &str = "0A";

/// The processes that hold a socket which listens there. Those of other users are not seen.
pub(crate) fn listeners(port: u16) -> Vec<u32> {
    let mut sockets = BTreeSet::new();
    for path in ["/proc/net/tcp", "/proc/net/tcp6"] {
        sockets.extend(inodes(&fs::read_to_string(path).unwrap_or_default(), port));
    }
    if sockets.is_empty() {
        return Vec::new();
    }
    let Ok(processes) = fs::read_dir("/proc") else { return Vec::new() };
    let numbers = processes.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    numbers.filter(|&pid| holds(pid, &sockets)).collect()
}

/// The inodes of sockets that listen there.
fn inodes(table: &str, port: u16) -> Vec<String> {
    let of = |line: &str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let local = fields.get(1)?.rsplit_once(':')?.1;
        let is_it = u16::from_str_radix(local, 16).ok()? == port && *fields.get(3)? == LISTENING;
        is_it.then(|| fields.get(9).map(|inode| format!("socket:[{inode}]"))).flatten()
    };
    table.lines().skip(1).filter_map(of).collect()
}

fn holds(pid: u32, sockets: &BTreeSet<String>) -> bool {
    let Ok(files) = fs::read_dir(format!("/proc/{pid}/fd")) else { return false };
    let mut links = files.flatten().filter_map(|file| fs::read_link(file.path()).ok());
    links.any(|link| link.to_str().is_some_and(|link| sockets.contains(link)))
}

#[test]
fn who_listens_is_found_and_who_does_not_is_not() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("it is bound").port();
    assert_eq!(listeners(port), [std::process::id()]);
    drop(listener);
    assert_eq!(listeners(port), [0_u32; 0]);
}

#[test]
fn of_the_table_only_what_listens_there_counts() {
    let table = "  sl  local_address rem_address st tx rx tr tm retr uid timeout inode\n\
        0: 0100007F:1F90 00000000:0000 0A 0:0 0:0 0 0 0 77 1\n\
        1: 0100007F:1F90 0100007F:9999 01 0:0 0:0 0 0 0 78 1\n\
        2: 0100007F:1F91 00000000:0000 0A 0:0 0:0 0 0 0 79 1\n";
    assert_eq!(inodes(table, 8080), ["socket:[77]"]);
}
