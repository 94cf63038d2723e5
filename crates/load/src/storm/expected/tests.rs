use super::*;

fn storm(clients: u32, away_s: u64, backoff: Backoff) -> Storm {
    Storm { clients, away: Duration::from_secs(away_s), backoff, window: None, seed: 1 }
}

#[test]
fn after_two_seconds_all_are_back_within_six_and_some_tried_twice() {
    let outline = walk(&storm(5_000, 2, Backoff::default()));
    assert_eq!((outline.back, outline.welcomed), (5_000, 5_000));
    // The first wait, 1 to 2 s, ends before the return; the second one is 2 to 4 s.
    assert_eq!((outline.unreachable, outline.tries), (5_000, 10_000));
    assert!(outline.back_p50_s > 3.0 && outline.back_last_s < 6.0, "{outline:?}");
    // 5,000 tries over one second, none in any other tenth than the mean allows.
    assert!((400..700).contains(&outline.peak_tries), "{outline:?}");
}

#[test]
fn after_half_a_minute_the_last_is_back_after_a_hundred_seconds_not_after_five_minutes() {
    let outline = walk(&storm(10_000, 30, Backoff::default()));
    assert!(outline.back_last_s < 100.0, "{outline:?}");
    assert!(outline.back_last_s > 80.0, "{outline:?}");
}

#[test]
fn without_a_policy_everyone_tries_in_every_tenth_of_a_second() {
    let backoff = crate::storm::args::Policy::None.backoff();
    let outline = walk(&storm(100, 2, backoff));
    assert_eq!((outline.peak_tries, outline.peak_welcomed), (100, 100));
    assert_eq!((outline.tries, outline.back_last_s), (100 * 21, 2.0));
}

#[test]
fn what_the_server_asks_for_is_the_least_wait() {
    let window = Some(Duration::from_secs(60));
    let outline = walk(&Storm { window, ..storm(6_000, 1, Backoff::default()) });
    assert_eq!(outline.tries, 6_000);
    assert!(outline.back_last_s > 59.0 && outline.back_last_s <= 60.0, "{outline:?}");
    // 6,000 over a minute are 10 in a tenth of a second; those that were to come in the first two come within the second one.
    assert!(outline.peak_tries < 60, "{outline:?}");
}

#[test]
fn the_textbook_is_scaled() {
    let book = textbook(10_000_000);
    assert_eq!((book.back_last_s, book.tries_per_s.round()), (300.0, 33_333.0));
}
