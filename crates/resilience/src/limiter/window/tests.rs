use super::*;

fn at(ms: u64) -> Mono {
    Mono(ms * 1_000_000)
}

#[test]
fn a_silence_is_not_part_of_any_window() {
    for (pause_ms, span_ms) in [(999, 1_094), (1_000, 95)] {
        let mut window = Window::new();
        window.begin(at(60_000), true);
        for answer in 0..20 {
            let now = at(60_000 + pause_ms + answer * 5);
            window.begin(now, false);
            window.success(Duration::from_millis(1), true);
        }
        let end = at(60_000 + pause_ms + 95);
        assert!(window.is_over(end, None));
        let seen = window.close(end);
        assert_eq!((seen.span, seen.successes), (Duration::from_millis(span_ms), 20));
        assert_eq!(seen.reached, pause_ms < 1_000);
    }
}

#[test]
fn it_was_reached_by_one_and_held_back_most() {
    for (full, reached, held_back) in
        [(0, false, false), (1, true, false), (10, true, false), (11, true, true), (20, true, true)]
    {
        let mut window = Window::new();
        for answer in 0..20 {
            window.begin(at(60_000 + answer), answer < full);
            window.success(Duration::from_millis(1), true);
        }
        let seen = window.close(at(60_100));
        assert_eq!((seen.reached, seen.held_back), (reached, held_back), "{full} of 20");
    }
}

#[test]
fn it_lasts_a_round_trip_and_until_there_are_answers_enough() {
    let mut window = Window::new();
    window.begin(at(60_000), false);
    for _ in 0..19 {
        window.success(Duration::from_millis(1), true);
    }
    assert!(!window.is_over(at(60_900), None));
    window.success(Duration::from_millis(1), true);
    assert!(!window.is_over(at(60_049), None));
    assert!(window.is_over(at(60_050), None));
    let base = Some(Duration::from_millis(200));
    assert!(!window.is_over(at(60_199), base));
    assert!(window.is_over(at(60_200), base));
}
