use super::*;

#[test]
fn a_head_is_written_as_it_is_read() {
    let text = "down 0.5000 -1.2500 0.0000\nup -0.5000 1.2500 0.1000\n";
    let head = Head::read(text).unwrap();
    assert_eq!(head.labels(), ["down", "up"]);
    assert_eq!(head.written(), text);
    let rounded = Head::new(vec!["zero".to_owned()], vec![vec![-0.000_01, 0.123_46]]);
    assert_eq!(rounded.written(), "zero 0.0000 0.1235\n");
    assert!(Head::read("down 0.5 x\n").is_none());
    assert!(Head::read("down\n").is_none());
}

#[test]
fn chances_are_a_softmax_of_weighted_sums() {
    let head = Head::read("down 0 -1 0\nup 0 1 0\n").unwrap();
    let chances = head.chances(&[0.5, 7.0]);
    let up = 1.0 / (1.0 + (-1.0_f32).exp());
    assert!((chances[1] - up).abs() < 1e-6, "{chances:?}");
    assert!((chances[0] + chances[1] - 1.0).abs() < 1e-6, "{chances:?}");
    assert_eq!(head.likeliest(&[0.5, 7.0]), "up");
    assert_eq!(head.likeliest(&[-0.5, 7.0]), "down");
    // Sums too large for a power of e.
    assert_eq!(head.chances(&[1e6, 0.0]), [0.0, 1.0]);
}
