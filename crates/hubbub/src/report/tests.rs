use super::*;

fn sheet() -> Sheet {
    let row = |name: &str, count, mean| {
        vec![Value::Text(name.to_owned()), Value::Integer(count), mean, Value::Bytes(vec![1, 0xab])]
    };
    Sheet {
        columns: ["name", "messages", "mean", "sketch"].map(str::to_owned).to_vec(),
        rows: vec![row("a, \"b\"", 12_345_678_901, Value::Real(-0.25)), row("c", 2, Value::Null)],
        is_cut: false,
    }
}

fn written(by: impl Fn(&Sheet, &mut dyn Write) -> std::io::Result<()>) -> String {
    let mut out = Vec::new();
    by(&sheet(), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn people_read_columns() {
    let lines = [
        "name       messages   mean  sketch",
        "a, \"b\"  12345678901  -0.25    01ab",
        "c                 2           01ab",
        "",
    ];
    assert_eq!(written(for_people), lines.join("\n"));
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
