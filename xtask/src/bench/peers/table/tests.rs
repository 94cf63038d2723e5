use serde_json::json;

use super::*;

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
