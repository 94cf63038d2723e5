use super::*;

#[test]
fn axes_end_at_round_numbers() {
    for (value, round) in [(0.0, 1.0), (1.0, 1.0), (1.1, 2.0), (4.9, 5.0), (51.0, 100.0)] {
        assert!((ceiling(value) - round).abs() < 1e-9, "{value}");
    }
    assert!((ceiling(0.03) - 0.05).abs() < 1e-9);
    assert_eq!((number(0.5), number(100.0)), ("0.5".to_owned(), "100".to_owned()));
}

fn line(name: &'static str, points: &[(f64, f64)]) -> Line {
    Line { name, points: points.to_vec() }
}

#[test]
fn every_panel_has_its_line_and_its_name() {
    let panel = |title, points| Panel { title, unit: "ms", lines: vec![line("", points)] };
    let panels = [panel("a < b", &[(0.0, 0.0), (10.0, 4.0)]), panel("empty", &[])];
    let drawn = svg("t & u", "seconds", &panels);
    assert_eq!(drawn.matches("<polyline").count(), 2);
    assert!(drawn.contains("a &lt; b (ms)") && drawn.contains("t &amp; u"), "{drawn}");
    // From the lower left to the right, at four fifths of the height.
    assert!(drawn.contains("points=\"70.0,130.0 840.0,66.0\""), "{drawn}");
    assert!(drawn.starts_with("<svg ") && drawn.ends_with("</svg>\n"));
}

#[test]
fn lines_of_one_panel_share_its_scale_and_are_told_apart() {
    let lines = vec![line("one", &[(0.0, 0.0), (4.0, 5.0)]), line("two", &[(0.0, 10.0)])];
    let drawn = svg("t", "slots", &[Panel { title: "both", unit: "", lines }]);
    assert!(drawn.contains("points=\"70.0,130.0 840.0,90.0\""), "half of the height: {drawn}");
    for (name, colour) in [("one", COLOURS[0]), ("two", COLOURS[1])] {
        assert!(drawn.contains(&format!("fill=\"{colour}\">{name}</text>")), "{drawn}");
    }
    assert!(drawn.contains(">slots</text>"));
}
