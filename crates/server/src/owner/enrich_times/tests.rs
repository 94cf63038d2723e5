use super::*;

fn read(times_ms: &[u64]) -> TimesRead {
    let times = Times::default();
    times_ms.iter().for_each(|ms| times.add(Duration::from_millis(*ms)));
    times.read()
}

#[test]
fn each_time_is_in_the_bucket_of_its_bound() {
    let times = read(&[0, 50, 51, 400, 401, 5_000, 5_001]);
    let below = |ms| times.below().find(|(bound, _)| *bound == ms).map(|(_, count)| count);
    assert_eq!([below(50), below(100), below(400), below(420)], [2, 3, 4, 5].map(Some));
    assert_eq!((below(5_000), times.count(), times.sum_ms), (Some(6), 7, 10_903));
}

#[test]
fn what_took_longer_than_a_deadline_is_told_at_its_bound() {
    let times = read(&[399, 400, 401, 9_000]);
    assert_eq!(
        [times.over(400), times.over(401), times.over(420), times.over(9_999)],
        [2, 1, 1, 0]
    );
}

#[test]
fn a_quantile_lies_in_its_bucket_and_what_came_since_counts_alone() {
    assert_eq!(read(&[]).quantile_ms(0.5), None);
    let before = read(&[5_000; 10]);
    let mut all = vec![5_000; 10];
    all.extend([210; 99]);
    all.push(390);
    let since = read(&all).since(&before);
    assert_eq!((since.count(), since.sum_ms), (100, 99 * 210 + 390));
    let near = |share: f64, ms: f64| {
        let found = since.quantile_ms(share).unwrap();
        assert!((found - ms).abs() < 1e-6, "{share}: {found}, not {ms}");
    };
    near(0.495, 225.0);
    near(0.99, 250.0);
    near(1.0, 400.0);
    assert_eq!(read(&[7_000]).quantile_ms(0.5), Some(5_000.0));
}
