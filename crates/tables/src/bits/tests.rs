use model::RecordNo;

use super::*;

fn at(record: u64) -> Offset {
    Offset { partition: PartitionId::new(9).unwrap(), record: RecordNo(record) }
}

#[test]
fn a_bit_is_set_once() {
    let mut chunk = Chunk::empty();
    for record in [0, 1, 7, 8, CHUNK_BITS - 1] {
        assert!(chunk.set(at(record)), "{record}");
        assert!(!chunk.set(at(record)), "{record}");
    }
    let ones: u32 = chunk.bytes().iter().map(|byte| byte.count_ones()).sum();
    assert_eq!(ones, 5);
    assert_eq!(Chunk::from_bytes(chunk.bytes()), Some(chunk));
}

#[test]
fn a_chunk_ends_where_the_next_one_begins() {
    assert_eq!(ChunkKey::of(at(CHUNK_BITS - 1)).chunk, 0);
    assert_eq!(ChunkKey::of(at(CHUNK_BITS)).chunk, 1);
    assert_eq!(ChunkKey::of(at(u64::MAX)).chunk, u64::MAX / CHUNK_BITS);
    let mut last = Chunk::empty();
    assert!(last.set(at(u64::MAX)));
    assert_eq!(last.bytes().last(), Some(&0x80));
}

#[test]
fn bytes_of_another_length_are_no_chunk() {
    assert_eq!(Chunk::from_bytes(&[0; CHUNK_BYTES - 1]), None);
    assert_eq!(Chunk::from_bytes(&[0; CHUNK_BYTES + 1]), None);
}
