//! Figures as people read them: three digits, and always a unit.

/// Milliseconds in a day.
const DAY_MS: u64 = 86_400_000;

/// A time in µs: `812 µs`, `12.3 ms`, `1.20 s`, `2 min 5 s`.
pub(crate) fn time_us(us: u64) -> String {
    match us {
        0..1_000 => format!("{us} µs"),
        1_000..1_000_000 => format!("{} ms", digits(us as f64 / 1e3)),
        1_000_000..120_000_000 => format!("{} s", digits(us as f64 / 1e6)),
        _ => format!("{} min {} s", us / 60_000_000, us % 60_000_000 / 1_000_000),
    }
}

/// Seconds, as [`time_us`] tells them.
#[expect(clippy::cast_possible_truncation, reason = "a cast of a float saturates")]
pub(crate) fn seconds(seconds: f64) -> String {
    time_us((seconds * 1e6).round() as u64)
}

/// A count, with its thousands apart: `1,234,567`.
pub(crate) fn count(count: u64) -> String {
    let plain = count.to_string();
    let mut told = String::new();
    for (place, digit) in plain.chars().enumerate() {
        if place > 0 && (plain.len() - place).is_multiple_of(3) {
            told.push(',');
        }
        told.push(digit);
    }
    told
}

/// So many a second: `4,998/s`, `12.5/s`.
pub(crate) fn rate(rate: f64) -> String {
    format!("{}/s", number(rate))
}

/// A number of any size: whole with thousands apart from 1,000 on, three digits below.
pub(crate) fn number(value: f64) -> String {
    if value >= 1_000.0 { whole(value) } else { digits(value) }
}

/// A share from 0 to 1: `12 %`, `0.31 %`.
///
/// What is not all and what is not nothing never looks so: `99.98 %`, `<0.01 %`.
pub(crate) fn share(share: f64) -> String {
    let percent = share * 100.0;
    if percent > 0.0 && percent < 0.01 {
        "<0.01 %".to_owned()
    } else if (99.9..100.0).contains(&percent) {
        format!("{:.2} %", (percent * 100.0).floor() / 100.0)
    } else {
        format!("{} %", digits(percent))
    }
}

/// A number that is whole: `80`, `1,204`.
#[expect(clippy::cast_possible_truncation, reason = "a cast of a float saturates")]
pub(crate) fn whole(value: f64) -> String {
    count(value.round() as u64)
}

/// So many processors: `1 processor`, `4 processors`.
pub(crate) fn processors(count: f64) -> String {
    let plural = if count == 1.0 { "" } else { "s" };
    format!("{count:.0} processor{plural}")
}

/// A tick of an axis: without zeros behind the point.
pub(crate) fn tick(value: f64) -> String {
    if value >= 1.0 && value.fract() == 0.0 { whole(value) } else { format!("{value}") }
}

/// Bytes: `812 B`, `1.20 MB`.
pub(crate) fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if bytes < 1_000 {
        return format!("{bytes} B");
    }
    let mut value = bytes as f64 / 1e3;
    let mut unit = 0;
    while value >= 1_000.0 && unit + 1 < UNITS.len() {
        value /= 1e3;
        unit += 1;
    }
    format!("{} {}", digits(value), UNITS[unit])
}

/// A moment in milliseconds since 1970, in UTC: `2026-11-22T16:53:07Z`.
pub(crate) fn moment(ms: u64) -> String {
    let (year, month, day) = date(ms / DAY_MS);
    let second = ms % DAY_MS / 1_000;
    let (hour, minute, second) = (second / 3_600, second % 3_600 / 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// Year, month and day of so many days after 1970-01-01 (Howard Hinnant, `civil_from_days`).
const fn date(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let (era, of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
    (year, month, day)
}

/// Three digits of a number below 1,000; one that rounds to it stays whole.
fn digits(value: f64) -> String {
    let size = value.abs();
    if size >= 99.95 || size == 0.0 {
        format!("{value:.0}")
    } else if size >= 9.995 {
        format!("{value:.1}")
    } else {
        format!("{value:.2}")
    }
}

#[cfg(test)]
mod tests;
