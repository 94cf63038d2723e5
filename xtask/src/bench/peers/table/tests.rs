use serde_json::json;

use super::*;

#[test]
fn the_table_is_replaced_and_nothing_else() {
    let page = format!("a\n{BEGIN}\nold\n{END}\nb\n");
    let new = format!("a\n{BEGIN}\nnew\n{END}\nb\n");
    assert_eq!(replaced(&page, "new\n"), Some(new.clone()));
    assert_eq!(replaced(&new, "new\n"), Some(new));
    assert_eq!(replaced("nothing", "new\n"), None);
    let page = std::fs::read_to_string(binary::root().join(TABLE)).unwrap();
    assert!(replaced(&page, "").is_some(), "{TABLE} has its place");
}

#[test]
fn a_row_has_medians_and_the_least_reach() {
    let mut rows = Rows::default();
    for (rate, reach) in [(10.0, 1.0), (30.0, 0.5), (20.0, 1.0)] {
        let total = json!({ "deliveries_per_second": rate, "reach": reach });
        rows.add("ws", Mode::Saturated, total);
    }
    let row = rows.row("ws");
    assert!(row.starts_with("| ws | 20 | – µs |"), "{row}");
    assert!(row.contains("| 50.00 % |"), "{row}");
    assert_eq!(rows.median("ws", Mode::Moderate, "/reach"), None);
}
