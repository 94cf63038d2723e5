use super::*;

fn thousand() -> Distribution {
    let mut times = Distribution::new();
    (1..=1_000).for_each(|ms| times.record_us(ms * 1_000));
    times
}

#[test]
fn the_layout_is_that_of_the_plotter() {
    let text = hgrm(&thousand());
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines[0], "       Value     Percentile TotalCount 1/(1-Percentile)");
    assert_eq!(lines[1], "");
    let rows: Vec<Vec<f64>> = lines[2..]
        .iter()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split_whitespace().map(|word| word.parse().unwrap()).collect())
        .collect();
    let (last, rows) = rows.split_last().unwrap();
    assert!(rows.len() > 20, "so fine that a curve can be drawn");
    assert!(rows.iter().all(|row| row.len() == 4));
    assert!(rows.is_sorted_by(|a, b| a[0] <= b[0] && a[1] < b[1] && a[2] <= b[2]));
    assert_eq!(last.len(), 3, "1/(1-1) is left out");
    assert_eq!((last[1], last[2]), (1.0, 1_000.0));
    let half = rows.iter().find(|row| row[1] >= 0.5).unwrap();
    assert!((half[0] - 500.0).abs() < 1.0, "the median is in ms: {half:?}");
}

#[test]
fn its_footer_has_mean_max_and_count() {
    let text = hgrm(&thousand());
    let footer: Vec<_> = text.lines().filter(|line| line.starts_with("#[")).collect();
    assert_eq!(footer.len(), 3);
    assert!(footer[0].starts_with("#[Mean    =      500."), "{}", footer[0]);
    assert!(footer[0].contains(", StdDeviation   =      288."), "{}", footer[0]);
    assert!(footer[1].ends_with("Total count    =         1000]"), "{}", footer[1]);
    assert!(footer[2].ends_with("SubBuckets     =         2048]"), "{}", footer[2]);
}

#[test]
fn of_nothing_there_is_a_footer_only() {
    let text = hgrm(&Distribution::new());
    assert!(text.lines().skip(2).all(|line| line.starts_with("#[")), "{text}");
}
