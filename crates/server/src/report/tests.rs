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

#[test]
fn programs_read_json_and_csv() {
    let objects: Vec<_> =
        objects(&sheet()).map(|row| serde_json::Value::Object(row).to_string()).collect();
    let lines = [
        r#"{"mean":-0.25,"messages":12345678901,"name":"a, \"b\"","sketch":"01ab"}"#,
        r#"{"mean":null,"messages":2,"name":"c","sketch":"01ab"}"#,
    ];
    assert_eq!(objects, lines);
    let lines =
        ["name,messages,mean,sketch", "\"a, \"\"b\"\"\",12345678901,-0.25,01ab", "c,2,,01ab", ""];
    assert_eq!(String::from_utf8(csv(&sheet())).unwrap(), lines.join("\n"));
}
