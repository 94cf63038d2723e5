use model::RecordNo;

use super::*;

fn at(record: u64) -> Offset {
    Offset { partition: PartitionId::new(9).unwrap(), record: RecordNo(record) }
}

#[test]
fn each_record_has_its_own_state_and_keeps_the_last() {
    let states = [State::Full, State::Degraded, State::Dead, State::Pending];
    let records = [0, 1, 3, 4, CHUNK_RECORDS - 1];
    let mut chunk = Chunk::empty();
    for turn in 0..8 {
        for (number, record) in records.into_iter().enumerate() {
            chunk.put(at(record), states[(turn + number) % 4]);
        }
        for (number, record) in records.into_iter().enumerate() {
            assert_eq!(chunk.get(at(record)), states[(turn + number) % 4], "{turn} {record}");
        }
    }
    assert_eq!(Chunk::from_bytes(chunk.bytes()), Some(chunk));
}

#[test]
fn a_chunk_ends_where_the_next_one_begins() {
    assert_eq!(ChunkKey::of(at(CHUNK_RECORDS - 1)).chunk, 0);
    assert_eq!(ChunkKey::of(at(CHUNK_RECORDS)).chunk, 1);
    assert_eq!(ChunkKey::of(at(u64::MAX)).chunk, u64::MAX / CHUNK_RECORDS);
    let mut last = Chunk::empty();
    last.put(at(u64::MAX), State::Dead);
    assert_eq!(last.bytes().last(), Some(&0xc0));
}

#[test]
fn bytes_of_another_length_are_no_chunk() {
    assert_eq!(Chunk::from_bytes(&[0; CHUNK_BYTES - 1]), None);
    assert_eq!(Chunk::from_bytes(&[0; CHUNK_BYTES + 1]), None);
}
