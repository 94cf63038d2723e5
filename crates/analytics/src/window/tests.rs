use super::*;

#[test]
fn a_moment_lies_in_the_window_that_began_last() {
    let at = Wall(3 * DAY_MS + 5 * HOUR_MS + 7 * MINUTE_MS);
    assert_eq!(Level::Day.start(at), 3 * DAY_MS);
    assert_eq!(Level::Hour.start(at), 3 * DAY_MS + 5 * HOUR_MS);
    assert_eq!(Level::Minute.start(at), at.0);
    assert_eq!(Level::Minute.start(Wall(at.0 - 1)), at.0 - MINUTE_MS);
    assert_eq!(Level::Minute.start(Wall(at.0 + MINUTE_MS - 1)), at.0);
}

#[test]
fn a_window_is_kept_until_the_watermark_is_so_far_after_its_start() {
    for scope in Scope::ALL {
        for level in scope.levels() {
            let (start, kept) = (1_000 * DAY_MS, scope.kept_ms(*level));
            assert_eq!(kept % level.length_ms(), 0);
            let at = |after| scope.horizon(*level, Wall(start + kept + after));
            assert!(at(level.length_ms() - 1) <= start, "{scope:?} {level:?}");
            assert!(at(level.length_ms()) > start, "{scope:?} {level:?}");
            assert_eq!(scope.horizon(*level, Wall(5)), 0);
        }
    }
}
