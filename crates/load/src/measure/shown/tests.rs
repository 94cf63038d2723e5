use std::sync::Mutex;

use super::*;

/// Keeps the times that it was shown, and wants the end at the third.
struct Seen(Arc<Mutex<Vec<(f64, u64)>>>);

impl Screen for Seen {
    fn show(&mut self, snapshot: &Snapshot) -> Wish {
        let mut times = self.0.lock().expect("nobody panicked");
        times.push((snapshot.at_s, snapshot.last.done));
        if times.len() == 3 { Wish::Stop } else { Wish::GoOn }
    }
}

#[tokio::test]
async fn between_seconds_the_screen_goes_on_with_what_it_has_and_hears_a_key() {
    let times = Arc::new(Mutex::new(Vec::new()));
    let mut shown = Shown {
        screen: Box::new(Seen(Arc::clone(&times))),
        planned_s: Some(10.0),
        warm_up_s: 0.0,
        wish: Arc::new(Notify::new()),
        last: None,
    };
    let wish = shown.wish();
    shown.moment(0.2);
    let second = Second { at_s: 1.0, done: 7, ..Second::default() };
    shown.second(&second, &Tally::default(), &Tally::default());
    shown.moment(1.2);
    shown.moment(1.4);
    assert_eq!(*times.lock().expect("nobody panicked"), [(1.0, 7), (1.2, 7), (1.4, 7)]);
    wish.notified().await;
}
