use super::*;

#[test]
fn the_first_message_after_somebody_else_answers_the_first_of_theirs() {
    let mut turn = None;
    let mut said = |who: &str, at| Turn::said(&mut turn, &UserId::new(who).unwrap(), Wall(at));
    assert_eq!(said("ann", 1_000), None);
    assert_eq!(said("ann", 1_500), None);
    assert_eq!(said("bot", 1_700), Some(700));
    assert_eq!(said("bot", 1_900), None);
    assert_eq!(said("ann", 1_900), Some(200));
    assert_eq!(said("bot", 1_900 + RESPONSE_MAX_MS), Some(RESPONSE_MAX_MS));
    assert_eq!(said("ann", 1_901 + 2 * RESPONSE_MAX_MS), None);
}
