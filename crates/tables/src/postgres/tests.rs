use super::*;

#[test]
fn what_would_end_a_column_or_a_row_is_escaped() {
    let mut line = Vec::new();
    escape("a\tb\nc\\d\re é".as_bytes(), &mut line);
    assert_eq!(String::from_utf8(line).unwrap(), "a\\tb\\nc\\\\d\\re é");
}

#[test]
fn no_word_of_sqlite_is_left() {
    let script = tables() + &views();
    for word in ["INTEGER", "BLOB", "STRICT", "ROWID", "strftime", "json_extract", "max(0"] {
        assert!(!script.contains(word), "{word}");
    }
    assert_eq!(script.matches("CREATE TABLE IF NOT EXISTS").count(), 4);
    let here = VIEWS.matches("CREATE VIEW").count();
    assert_eq!(script.matches("CREATE OR REPLACE VIEW").count(), here);
}
