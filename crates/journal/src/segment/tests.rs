use super::*;

fn header() -> SegmentHeader {
    SegmentHeader {
        number: 3,
        salt: 77,
        created: Wall(1),
        first_batch: BatchNo(12),
        segment_bytes: 65536,
        previous_used: 60000,
        previous_salt: 76,
        oldest_kept: 1,
        lamport_high: 5,
        last_stamp: Wall(9),
        term: Term(2),
        epoch_high: Epoch(4),
        next: std::array::from_fn(|index| RecordNo(index as u64 + 1)),
        epochs: std::array::from_fn(|_| Epoch(3)),
        thinned: None,
    }
}

#[test]
fn a_header_comes_back_as_it_was_under_its_own_number_only() {
    let bytes = header().encode();
    assert_eq!(bytes.len() as u64, SEGMENT_HEADER_BYTES);
    assert!(matches!(SegmentHeader::decode(&bytes, 3), HeaderRead::Whole(h) if *h == header()));
    assert!(matches!(SegmentHeader::decode(&bytes, 4), HeaderRead::Broken));
}

#[test]
fn a_header_says_as_of_which_batch_its_segment_was_thinned() {
    let mark = ThinnedMark { as_of: BatchNo(90), content_crc: 7 };
    let header = SegmentHeader { thinned: Some(mark), ..header() };
    let bytes = header.encode();
    assert_eq!(bytes[112..124], [&90_u64.to_le_bytes()[..], &[7, 0, 0, 0]].concat());
    assert!(matches!(SegmentHeader::decode(&bytes, 3), HeaderRead::Whole(h) if *h == header));
}

#[test]
fn only_what_thinning_begins_is_taken_for_its_rest() {
    assert_eq!(thin_name(7), "00000007.seg.thin");
    assert!(is_thin_name("00000007.seg.thin"));
    for other in ["00000007.seg", "7.seg.thin", "notes.thin", ".thin", "00000007.seg.thin.cache"] {
        assert!(!is_thin_name(other), "{other}");
    }
}

#[test]
fn every_bit_of_a_header_is_checked() {
    let bytes = header().encode();
    for bit in 0..bytes.len() * 8 {
        let mut bytes = bytes.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        assert!(matches!(SegmentHeader::decode(&bytes, 3), HeaderRead::Broken), "bit {bit}");
    }
}

#[test]
fn a_whole_header_of_another_version_is_told_from_a_broken_one() {
    let mut bytes = header().encode();
    bytes[8] = 2;
    let crc = header_crc(&bytes);
    bytes[12..16].copy_from_slice(&crc.to_le_bytes());
    assert!(matches!(SegmentHeader::decode(&bytes, 3), HeaderRead::OtherVersion(2)));
}

#[test]
fn zeros_are_blank_and_a_short_file_is_broken() {
    assert!(matches!(SegmentHeader::decode(&[0; 4096], 1), HeaderRead::Blank));
    assert!(matches!(SegmentHeader::decode(&[0; 4095], 1), HeaderRead::Broken));
}

#[test]
fn only_names_that_we_write_are_segments() {
    assert_eq!(file_name(1), "00000001.seg");
    assert_eq!(number_of("00000001.seg"), Some(1));
    assert_eq!(number_of(&file_name(123_456_789)), Some(123_456_789));
    for other in
        ["00000000.seg", "1.seg", "00000001.seg.cache", "lock", "+0000001.seg", "0000000a.seg"]
    {
        assert_eq!(number_of(other), None, "{other}");
    }
}
