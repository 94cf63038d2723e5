use super::*;

#[test]
fn a_bar_is_as_high_as_its_share_and_never_invisible() {
    let column = |bar, most| (0..ROWS).map(|row| cell(bar, most, row)).collect::<String>();
    assert_eq!(column((0, 0), 10), "        ");
    assert_eq!(column((1, 0), 1_000), "░       ");
    assert_eq!(column((1_000, 1_000), 1_000), "████████");
    assert_eq!(column((800, 400), 800), "████░░░░");
}
