use model::PartitionId;

use super::*;

fn at(partition: u16, record: u64) -> Offset {
    Offset { partition: PartitionId::new(partition).unwrap(), record: RecordNo(record) }
}

#[test]
fn a_cursor_reads_back_as_it_was_written() {
    let mut cursor = Cursor::start();
    cursor.batch = BatchNo(u64::MAX);
    cursor.saw(at(0, 7));
    cursor.saw(at(PARTITIONS - 1, u64::MAX));
    assert_eq!(Cursor::from_bytes(&cursor.to_bytes()), Some(cursor));
}

#[test]
fn a_byte_too_few_or_too_many_is_no_cursor() {
    let bytes = Cursor::start().to_bytes();
    assert_eq!(Cursor::from_bytes(&bytes[1..]), None);
    assert_eq!(Cursor::from_bytes(&[&bytes[..], &[0]].concat()), None);
    assert_eq!(Cursor::from_bytes(&[]), None);
}

#[test]
fn a_record_is_new_once() {
    let mut cursor = Cursor::start();
    assert!(cursor.saw(at(3, 2)));
    assert!(!cursor.saw(at(3, 2)));
    assert!(!cursor.saw(at(3, 1)));
    assert!(cursor.saw(at(3, 3)));
    assert!(cursor.saw(at(4, 1)));
}
