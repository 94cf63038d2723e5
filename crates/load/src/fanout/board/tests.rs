use super::*;

fn frame(number: u64, due_micros: u64) -> Vec<u8> {
    Stamp { number, due_micros }.text(280).into_bytes()
}

#[tokio::test(start_paused = true)]
async fn what_comes_is_counted_and_what_is_due_before_is_no_latency() {
    let board = Board::new(Instant::now(), Duration::from_millis(10)).unwrap();
    tokio::time::advance(Duration::from_millis(30)).await;
    let mut next = 0;
    assert!(board.heard(&frame(0, 9_999), &mut next));
    assert!(board.heard(&frame(1, 10_000), &mut next));
    assert!(!board.heard(b"{}", &mut next));
    assert_eq!((board.received.get(), board.misplaced.get(), board.bytes.get()), (2, 0, 560));
    let from_due = board.from_due.borrow();
    assert_eq!((from_due.len(), from_due.max() / 100), (1, 200));
}

#[tokio::test(start_paused = true)]
async fn a_message_that_is_not_the_next_one_is_seen() {
    let board = Board::new(Instant::now(), Duration::ZERO).unwrap();
    let mut next = 0;
    for number in [0, 2, 2, 3] {
        board.heard(&frame(number, 0), &mut next);
    }
    assert_eq!(board.misplaced.get(), 2);
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_for_what_never_comes_goes_on() {
    let board = Board::new(Instant::now(), Duration::ZERO).unwrap();
    let began = Instant::now();
    assert!(board.reaches(0).await);
    assert!(!board.reaches(1).await);
    assert_eq!(began.elapsed(), LOST_AFTER);
    let coming = async {
        tokio::time::sleep(LOST_AFTER / 2).await;
        board.heard(&frame(0, 0), &mut 0);
    };
    let (reached, ()) = tokio::join!(board.reaches(1), coming);
    assert!(reached);
}
