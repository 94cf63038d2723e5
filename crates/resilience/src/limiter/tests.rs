use super::*;

#[test]
fn it_begins_with_what_was_good_within_its_bounds() {
    let settings = LimiterSettings::default();
    assert_eq!(Limiter::new(settings, None).limit(), START);
    assert_eq!(Limiter::new(settings, Some(2_000)).limit(), 2_000);
    assert_eq!(Limiter::new(settings, Some(0)).limit(), settings.min);
    assert_eq!(Limiter::new(settings, Some(u32::MAX)).limit(), settings.max);
}
