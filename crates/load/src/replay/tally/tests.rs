use super::*;

#[test]
fn progress_says_what_came_in_a_second_and_what_waits() {
    let tally = Tally::new(491, false);
    (0..12).for_each(|_| tally.said.up());
    (0..9).for_each(|_| tally.acknowledged.up());
    tally.failed.up();
    (0..4).for_each(|_| tally.bots.up());
    tally.connected.up();
    assert_eq!(
        tally.progress(2),
        "replay: 9 acknowledged, 7/s, 2 in the outbox, 0 of 491 conversations through, \
         1 of 4 bots connected"
    );
}

#[test]
fn what_was_not_acknowledged_shows_in_the_exit_code() {
    let tally = Tally::new(1, true);
    tally.said.up();
    let code = |tally: &Tally| format!("{:?}", tally.replayed().exit_code());
    assert_eq!(code(&tally), format!("{:?}", ExitCode::FAILURE));
    tally.acknowledged.up();
    assert_eq!(code(&tally), format!("{:?}", ExitCode::SUCCESS));
}
