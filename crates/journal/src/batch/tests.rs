use super::*;

fn header() -> BatchHeader {
    BatchHeader {
        payload_crc: 0,
        payload_bytes: 0,
        salt: 0x1122_3344_5566_7788,
        batch: BatchNo(5),
        term: Term(1),
        stamp: Wall(1_700_000_000_000),
        synced_to: 4096,
        lamport_high: 9,
        records: 1,
        epoch_high: Epoch(1),
        thinned_as_of: BatchNo(0),
    }
}

fn sealed(payload: usize) -> (BatchHeader, Vec<u8>) {
    let mut out = vec![0; BATCH_HEADER_BYTES];
    out.resize(BATCH_HEADER_BYTES + payload, 0xAB);
    let header = header().seal(&mut out);
    (header, out)
}

#[test]
fn a_header_comes_back_as_it_was_and_batches_stay_aligned() {
    for payload in [1, 7, 8, 9, THINNED_BATCH_MAX_BYTES] {
        let (header, bytes) = sealed(payload);
        assert_eq!(bytes.len() % ALIGN_TO, 0);
        assert_eq!(header.total_bytes(), bytes.len() as u64);
        assert_eq!(BatchHeader::decode(&bytes), Ok(header));
    }
}

const ALIGN_TO: usize = crate::layout::ALIGN;

#[test]
fn every_bit_of_a_header_is_checked() {
    let (_, bytes) = sealed(20);
    for bit in 0..BATCH_HEADER_BYTES * 8 {
        let mut bytes = bytes.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        assert!(BatchHeader::decode(&bytes).is_err(), "bit {bit}");
    }
}

#[test]
fn a_batch_of_a_thinned_segment_says_so() {
    let mut out = vec![0; BATCH_HEADER_BYTES + 8];
    let header = BatchHeader { thinned_as_of: BatchNo(77), ..header() }.seal(&mut out);
    assert_eq!(out[72..80], 77_u64.to_le_bytes());
    assert_eq!(BatchHeader::decode(&out), Ok(header));
}

#[test]
fn a_batch_that_claims_more_than_the_format_allows_is_no_batch() {
    let most = u32::try_from(RECORDS_PER_BATCH_MAX).unwrap();
    for (records, good) in [(0, false), (1, true), (most, true), (most + 1, false)] {
        let mut out = vec![0; BATCH_HEADER_BYTES + 8];
        BatchHeader { records, ..header() }.seal(&mut out);
        assert_eq!(BatchHeader::decode(&out).is_ok(), good, "{records} records");
    }
}
