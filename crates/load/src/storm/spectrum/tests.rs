use super::*;

fn s(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

#[test]
fn a_try_counts_where_it_began_whatever_becomes_of_it_later() {
    let mut spectrum = Spectrum::new();
    spectrum.begins(s(0.05), s(0.0));
    spectrum.begins(s(0.099), s(0.001));
    spectrum.begins(s(0.1), s(0.0));
    spectrum.fails(s(0.05), Failed::TurnedAway);
    spectrum.fails(s(0.099), Failed::Broken);
    spectrum.welcomes(s(0.1));
    spectrum.is_back(s(0.35));
    let columns = spectrum.columns();
    assert_eq!((columns[0].tries, columns[0].turned_away, columns[0].broken), (2, 1, 1));
    assert_eq!((columns[1].tries, columns[1].welcomed), (1, 1));
    assert_eq!((columns.len(), columns[3].back), (4, 1));
    let outline = spectrum.outline();
    assert_eq!((outline.tries, outline.peak_tries, outline.peak_at_s), (3, 2, 0.0));
    assert_eq!((outline.back, outline.back_last_s), (1, 0.35));
}

#[test]
fn quantiles_of_the_return_are_exact() {
    let mut spectrum = Spectrum::new();
    (1..=200).for_each(|number| spectrum.is_back(s(f64::from(number))));
    let outline = spectrum.outline();
    let back = (outline.back_p50_s, outline.back_p99_s, outline.back_last_s);
    assert_eq!(back, (100.0, 198.0, 200.0));
    assert_eq!(Spectrum::new().outline().back_last_s, 0.0);
}

#[test]
fn what_comes_after_an_hour_is_in_the_last_column() {
    let mut spectrum = Spectrum::new();
    spectrum.begins(s(3_599.95), s(0.0));
    spectrum.begins(s(3_600.0), s(0.0));
    spectrum.begins(s(1e9), s(0.0));
    assert_eq!(spectrum.columns().len(), COLUMNS_MAX);
    assert_eq!(spectrum.columns().last().unwrap().tries, 3);
}

#[test]
fn one_late_try_in_a_hundred_is_forgiven_and_two_are_not() {
    let mut spectrum = Spectrum::new();
    (0..99).for_each(|_| spectrum.begins(s(1.0), s(0.001)));
    spectrum.begins(s(1.0), s(1.0));
    assert!(spectrum.late_p99() < s(0.01));
    spectrum.begins(s(1.0), s(1.0));
    assert!(spectrum.late_p99() > s(0.9));
}
