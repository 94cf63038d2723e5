use model::RecordNo;

use super::*;

fn at(record: u64) -> Offset {
    Offset { partition: PartitionId::new(9).unwrap(), record: RecordNo(record) }
}

#[test]
fn a_bit_says_how_it_was() {
    let mut chunk = Chunk::empty();
    for record in [0, 1, 7, 8, CHUNK_BITS - 1] {
        assert!(!chunk.put(at(record), true), "{record}");
        assert!(chunk.put(at(record), true), "{record}");
    }
    let ones = |chunk: &Chunk| chunk.bytes().iter().map(|byte| byte.count_ones()).sum::<u32>();
    assert_eq!(ones(&chunk), 5);
    assert!(chunk.put(at(7), false));
    assert!(!chunk.put(at(7), false));
    assert_eq!(ones(&chunk), 4);
    assert_eq!(Chunk::from_bytes(chunk.bytes()), Some(chunk));
}

#[test]
fn a_chunk_ends_where_the_next_one_begins() {
    assert_eq!(ChunkKey::of(at(CHUNK_BITS - 1)).chunk, 0);
    assert_eq!(ChunkKey::of(at(CHUNK_BITS)).chunk, 1);
    assert_eq!(ChunkKey::of(at(u64::MAX)).chunk, u64::MAX / CHUNK_BITS);
    let mut last = Chunk::empty();
    assert!(!last.put(at(u64::MAX), true));
    assert_eq!(last.bytes().last(), Some(&0x80));
}

#[test]
fn bytes_of_another_length_are_no_chunk() {
    assert_eq!(Chunk::from_bytes(&[0; CHUNK_BYTES - 1]), None);
    assert_eq!(Chunk::from_bytes(&[0; CHUNK_BYTES + 1]), None);
}
