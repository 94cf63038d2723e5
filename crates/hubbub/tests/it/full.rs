//! A full disk: sends are refused, reads go on, nothing is poisoned, and room ends it.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use model::Retry;
use wire::{Code, Frame};

use crate::house::{House, PATIENCE, SMALL, address};
use crate::line::Line;
use crate::user::{User, name};

/// Bytes of the disk.
const DISK_BYTES: u64 = 24 << 20;

/// Bytes that are left free: no segment fits, the views do (what is said here, they keep compressed).
const LEFT_BYTES: u64 = 400 << 10;

/// What is said may take all of the disk.
const NO_RESERVE: &str = "--disk-reserve-bytes 0";

/// For the views.
const RESERVE: &str = "--disk-reserve-bytes 4194304";

/// A disk of a few megabytes in memory, mounted while this lives.
#[derive(Debug)]
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// `None` where we may not mount.
    fn mount(at: &Path) -> Option<Self> {
        fs::create_dir(at).unwrap();
        if fs::metadata(at).unwrap().uid() != 0 {
            return None;
        }
        let size = format!("size={DISK_BYTES}");
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(at).status();
        mounted.is_ok_and(|status| status.success()).then(|| Self(at.to_owned()))
    }

    /// A file that takes what is free, but for so many bytes.
    fn fill(&self, left: u64) -> PathBuf {
        let path = self.0.join("ballast");
        let mut file = File::options().create(true).append(true).open(&path).unwrap();
        let page = [1_u8; 4096];
        loop {
            match file.write_all(&page) {
                Ok(()) => {}
                Err(why) if why.kind() == ErrorKind::StorageFull => break,
                Err(why) => panic!("{why}"),
            }
        }
        let bytes = file.metadata().unwrap().len();
        file.set_len(bytes - left).unwrap();
        path
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("-l").arg(&self.0).status());
    }
}

/// Sends until it is refused; how many were taken.
async fn fill_up(line: &mut Line, from: u64) -> u64 {
    let body = "x".repeat(8_000);
    for counter in from.. {
        let answer = line.send(counter, &name("tea"), &body).await;
        let Frame::Problem(problem) = answer else {
            assert!(matches!(answer, Frame::Sent { .. }), "{answer:?}");
            continue;
        };
        assert_eq!(problem.code, Code::DiskFull, "{problem:?}");
        assert!(matches!(problem.retry, Retry::After(ms) if ms > 0), "{problem:?}");
        return counter - from;
    }
    unreachable!("the disk is small")
}

#[tokio::test]
#[expect(clippy::print_stderr, reason = "a test that looks at nothing says so")]
async fn a_full_disk_refuses_sends_serves_reads_and_goes_on_when_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    let Some(disk) = SmallDisk::mount(&folder.path().join("data")) else {
        eprintln!("skipped: only root can mount a small disk");
        return;
    };
    let house = House::serve(folder.path(), address(), &format!("{SMALL} {NO_RESERVE}")).await;
    let tea = name("tea");
    let mut ann = User::new("ann", 1, &[house.at()]);
    ann.say(&tea, (0..100).map(|n| n.to_string())).await;
    let ballast = disk.fill(LEFT_BYTES);
    let mut line = Line::open(house.at(), "eve", 9).await;
    let taken = fill_up(&mut line, 1).await;
    assert!(taken > 0, "the segments that were there are used first");

    let (status, why, _) = house.readiness().await;
    assert_eq!(status, 503);
    assert!(why.iter().any(|why| why.starts_with("disk_full")), "{why:?}");
    assert_eq!(house.metric("journal_disk_full").await, 1);
    assert_eq!(house.metric("journal_poisoned").await, 0);
    assert_eq!(ann.read(&tea).await.head.0, 100 + taken, "reads go on");
    assert_eq!(fill_up(&mut line, taken + 1).await, 0, "still no room");

    fs::remove_file(ballast).unwrap();
    // Nobody has to start anything anew, nor to send into the unknown: it is ready by itself.
    assert!(house.able().await.is_empty());
    for counter in 1..=3 {
        let sent = line.send(taken + counter, &tea, "room").await;
        assert!(matches!(sent, Frame::Sent { duplicate: false, .. }), "{sent:?}");
    }
    assert_eq!(house.metric("journal_disk_full").await, 0);
    assert_eq!(ann.read(&tea).await.head.0, 103 + taken);
    drop(house);
    let house = House::serve(folder.path(), address(), SMALL).await;
    let mut ben = User::new("ben", 2, &[house.at()]);
    assert_eq!(ben.read(&tea).await.head.0, 103 + taken);
    drop(house);
}

async fn until(house: &House, metric: &str, is: u64) {
    let began = Instant::now();
    while house.metric(metric).await != is {
        assert!(began.elapsed() < PATIENCE, "{metric} does not become {is}");
    }
}

/// Another process takes the last byte.
#[tokio::test]
#[expect(clippy::print_stderr, reason = "a test that looks at nothing says so")]
async fn a_disk_that_is_full_to_the_last_byte_is_no_other_thing() {
    let folder = tempfile::tempdir().unwrap();
    let Some(disk) = SmallDisk::mount(&folder.path().join("data")) else {
        eprintln!("skipped: only root can mount a small disk");
        return;
    };
    let flags = format!("{SMALL} {RESERVE}");
    let house = House::serve(folder.path(), address(), &flags).await;
    let tea = name("tea");
    let mut ann = User::new("ann", 1, &[house.at()]);
    ann.say(&tea, (0..100).map(|n| n.to_string())).await;
    let mut line = Line::open(house.at(), "eve", 9).await;
    // Who takes the reserve faster than the views take what was accepted ends the process with 74.
    for view in ["history_behind_batches", "tables_behind_batches"] {
        until(&house, view, 0).await;
    }
    let ballast = disk.fill(0);
    until(&house, "journal_disk_full", 1).await;
    assert_eq!(fill_up(&mut line, 1).await, 0, "the reserve is the views'");
    assert_eq!(house.readiness().await.0, 503);
    assert_eq!(ann.read(&tea).await.head.0, 100, "reads go on");
    drop(house);

    // A start takes nothing, too.
    let house = House::serve(folder.path(), address(), &flags).await;
    let mut line = Line::open(house.at(), "eve", 10).await;
    assert_eq!(fill_up(&mut line, 1).await, 0);
    let mut ben = User::new("ben", 2, &[house.at()]);
    assert_eq!(ben.read(&tea).await.head.0, 100);

    fs::remove_file(ballast).unwrap();
    assert!(house.able().await.is_empty());
    assert!(matches!(line.send(2, &tea, "room").await, Frame::Sent { .. }));
    drop(house);
}
