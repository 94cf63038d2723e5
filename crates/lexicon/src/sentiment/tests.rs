use super::*;

/// `sentence TAB compound`, from the Python package vaderSentiment 3.3.2: `lists/vader/make.py`.
const FIXTURE: &str = include_str!("../../tests/fixtures/vader.tsv");

/// Of the compound, −1 to 1. The package gives four decimals; the last may be rounded otherwise.
const TOLERANCE: f64 = 0.0001;

/// Where the package does something else: it halves what stands before "but" and then looks for
/// where each word stands by how it feels, so that half of "pretty" is taken for "well".
const OTHERWISE: &[&str] =
    &["It is pretty but it also works well", "Pretty slow, but well written"];

#[test]
fn it_scores_as_the_python_package_does_except_for_a_slip_of_it_beside_but() {
    let far = |line: &&str| {
        let (sentence, expected) = line.rsplit_once('\t').unwrap();
        (compound(sentence) - expected.parse::<f64>().unwrap()).abs() > TOLERANCE
    };
    let sentence = |line: &'static str| line.rsplit_once('\t').unwrap().0;
    let far: Vec<&str> = FIXTURE.lines().filter(far).map(sentence).collect();
    assert_eq!(far, OTHERWISE);
    assert!(FIXTURE.lines().count() >= 240);
}

#[test]
fn a_text_without_feeling_scores_nothing() {
    for text in ["", " ", "!!!", "The train leaves at nine.", "very", "not", "but", "???"] {
        assert_eq!(compound(text).to_bits(), 0.0_f64.to_bits(), "{text:?}");
    }
}

#[test]
fn a_negation_turns_and_softens() {
    let (good, not_good, bad) = (compound("good"), compound("not good"), compound("bad"));
    assert!(good > 0.0 && not_good < 0.0 && bad < not_good);
    assert!(compound("not bad") > 0.0);
}

#[test]
fn emphasis_strengthens_in_its_own_direction() {
    for word in ["good", "bad"] {
        let plain = compound(&format!("it is {word}")).abs();
        for more in ["it is very {}", "it is {}!", "it is {}???"] {
            assert!(compound(&more.replace("{}", word)).abs() > plain, "{more} {word}");
        }
        assert!(compound(&format!("it is {}", word.to_uppercase())).abs() > plain);
        assert!(compound(&format!("it is slightly {word}")).abs() < plain);
    }
    assert!(compound("good!!!!") > compound("good!!!"));
    assert!((compound("good!!!!!") - compound("good!!!!")).abs() < TOLERANCE, "four count");
}

#[test]
fn what_stands_behind_but_counts_more() {
    assert!(compound("good food but bad service") < 0.0);
    assert!(compound("bad service but good food") > 0.0);
}

#[test]
fn the_score_stays_within_its_bounds_for_any_text() {
    for text in
        ["love ".repeat(1_600), "hate ".repeat(1_600), "!".repeat(8_192), "n't ".repeat(2_000)]
    {
        assert!((-1.0..=1.0).contains(&compound(&text)));
    }
    assert!(compound(&"love ".repeat(1_600)) > 0.99);
}
