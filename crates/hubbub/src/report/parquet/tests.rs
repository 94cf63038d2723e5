use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::record::Field;

use super::*;

#[test]
fn what_is_read_back_is_what_was_written() {
    let row = |name: &str, count, mean, mixed, sketch| {
        vec![Value::Text(name.to_owned()), count, mean, mixed, sketch, Value::Null]
    };
    let sheet = Sheet {
        columns: ["name", "count", "mean", "mixed", "sketch", "hole"].map(str::to_owned).to_vec(),
        rows: vec![
            row(
                "ä, \"b\"",
                Value::Integer(i64::MIN),
                Value::Real(-0.25),
                Value::Integer(2),
                Value::Bytes(vec![0, 255]),
            ),
            row("", Value::Null, Value::Integer(3), Value::Text("two".to_owned()), Value::Null),
        ],
        is_cut: false,
    };
    let file = parquet(&sheet).unwrap();
    let reader = SerializedFileReader::new(bytes::Bytes::from(file)).unwrap();
    let rows: Vec<Vec<Field>> = reader
        .get_row_iter(None)
        .unwrap()
        .map(|row| row.unwrap().get_column_iter().map(|(_, field)| field.clone()).collect())
        .collect();
    let text = |text: &str| Field::Str(text.to_owned());
    let sketch = Field::Bytes(ByteArray::from(vec![0, 255]));
    let first = [
        text("ä, \"b\""),
        Field::Long(i64::MIN),
        Field::Double(-0.25),
        text("2"),
        sketch,
        Field::Null,
    ];
    let second = [text(""), Field::Null, Field::Double(3.0), text("two"), Field::Null, Field::Null];
    assert_eq!(rows, [first.to_vec(), second.to_vec()]);
}

#[test]
fn a_sheet_without_rows_has_its_columns() {
    let sheet = Sheet { columns: vec!["at".to_owned()], ..Sheet::default() };
    let reader = SerializedFileReader::new(bytes::Bytes::from(parquet(&sheet).unwrap())).unwrap();
    assert_eq!(reader.metadata().file_metadata().num_rows(), 0);
    assert_eq!(reader.metadata().file_metadata().schema_descr().column(0).name(), "at");
}
