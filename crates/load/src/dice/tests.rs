use super::*;

#[test]
fn the_same_seed_falls_the_same_way_and_in_its_bounds() {
    let throw = |seed| {
        let mut dice = Dice::new(seed);
        (0..200).map(|_| (dice.skewed(50), dice.below(7), dice.between(3, 9))).collect::<Vec<_>>()
    };
    assert_eq!(throw(1), throw(1));
    assert_ne!(throw(1), throw(2));
    for (skewed, below, between) in throw(3) {
        assert!(skewed < 50 && below < 7 && (3..=9).contains(&between.as_millis()));
    }
    assert_eq!(Dice::new(1).pick::<u8>(&[]), None);
}

#[test]
fn skewed_dice_reach_all_and_prefer_the_first() {
    let mut dice = Dice::new(5);
    let mut counts = [0_u32; 20];
    (0..20_000).for_each(|_| counts[dice.skewed(20)] += 1);
    assert!(counts.iter().all(|&count| count > 50), "{counts:?}");
    assert!(counts[0] > 5 * counts[19], "{counts:?}");
}
