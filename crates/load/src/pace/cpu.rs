//! What this process has cost so far.

use anyhow::{Context, Result};

/// Linux tells processes in hundredths of a second, whatever its own tick (`USER_HZ`, proc(5)).
const TICKS_PER_SECOND: f64 = 100.0;

/// CPU seconds of this process, in user and in kernel mode.
pub(super) fn seconds() -> Result<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").context("/proc/self/stat")?;
    parse(&stat).context("/proc/self/stat: no utime and stime")
}

/// `utime` and `stime` are the fields 14 and 15; the name, field 2, may have blanks in it.
fn parse(stat: &str) -> Option<f64> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace().skip(11);
    let user: f64 = fields.next()?.parse().ok()?;
    let system: f64 = fields.next()?.parse().ok()?;
    Some((user + system) / TICKS_PER_SECOND)
}

#[test]
fn a_name_with_blanks_confuses_nobody() {
    let stat = "7 (a b) c) S 1 7 7 0 -1 4194560 100 0 0 0 150 50 0 0 20 0 1 0 100";
    assert_eq!(parse(stat), Some(2.0));
    assert_eq!(parse("7 (a) S 1"), None);
}
