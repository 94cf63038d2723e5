use super::*;

/// `sentence TAB compound`, from the Python package vaderSentiment 3.3.2: `lexicon/make.py`.
const FIXTURE: &str = include_str!("../../tests/fixtures/vader.tsv");

/// The package prints four decimals.
const TOLERANCE: f64 = 0.0001;

/// Where the package does something else, on purpose: it weighs a word behind "but" by the place of
/// the first word that feels exactly the same.
const OTHERWISE: &[&str] = &[];

#[test]
fn it_scores_as_the_python_package_does() {
    let mut far = Vec::new();
    for line in FIXTURE.lines() {
        let (sentence, expected) = line.rsplit_once('\t').unwrap();
        let (found, expected) = (compound(sentence), expected.parse::<f64>().unwrap());
        if (found - expected).abs() > TOLERANCE {
            far.push(format!("{sentence:?}: {found}, the package {expected}"));
        }
    }
    let others: Vec<&String> =
        far.iter().filter(|far| !OTHERWISE.iter().any(|sentence| far.contains(sentence))).collect();
    assert!(FIXTURE.lines().count() >= 200);
    assert!(others.is_empty(), "{others:#?}");
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
