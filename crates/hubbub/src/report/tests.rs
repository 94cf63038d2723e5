use super::*;

#[test]
fn people_read_columns() {
    let names = ["name", "messages", "mean"].map(str::to_owned);
    let anns = vec![Value::Text("ann".to_owned()), Value::Integer(12_345_678_901), Value::Null];
    let bos = vec![Value::Text("bo, cy".to_owned()), Value::Integer(2), Value::Real(-0.25)];
    let sheet = Sheet { columns: names.to_vec(), rows: vec![anns, bos], is_cut: false };
    let mut out = Vec::new();
    for_people(&sheet, &mut out).unwrap();
    let lines = [
        "name       messages   mean", //
        "ann     12345678901",
        "bo, cy            2  -0.25",
        "",
    ];
    assert_eq!(String::from_utf8(out).unwrap(), lines.join("\n"));
}

#[test]
fn each_report_is_asked_for_in_one_way() {
    let what = [What::Summary, What::Conversations, What::Bots, What::Topics, What::Trending];
    let by = [None, Some(By::Minute), Some(By::Hour), Some(By::Day)];
    let asked = what.iter().flat_map(|what| by.iter().filter_map(|by| report_of(*what, *by)));
    let mut views: Vec<&str> = asked.map(Report::view).collect();
    // The summary is by hour without a word.
    assert_eq!(views.len(), Report::ALL.len() + 1);
    views.sort_unstable();
    views.dedup();
    assert_eq!(views.len(), Report::ALL.len());
}
