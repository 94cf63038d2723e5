use super::*;

fn partition(number: u16) -> PartitionId {
    PartitionId::new(number).unwrap()
}

#[test]
fn damage_counts_against_every_partition_until_its_next_record_is_seen() {
    let mut fold = Fold::new();
    let record = RECORD_HEADER_BYTES as u64;
    fold.meet_damage(0, 3 * record);
    fold.reach(partition(1), RecordNo(1));
    fold.reach(partition(2), RecordNo(3));
    fold.finish(&[RecordNo(0); TABLE], BatchNo(0));
    let gap = |of: u16| fold.gaps.iter().find(|gap| gap.partition == partition(of)).copied();
    assert_eq!(gap(1), None);
    assert_eq!(gap(2).map(|gap| (gap.from.0, gap.to.0, gap.damage)), Some((1, 2, Some(0))));
    assert_eq!(gap(3).map(|gap| (gap.from.0, gap.to.0, gap.damage)), Some((1, 3, Some(0))));
    assert_eq!(fold.next[3], RecordNo(4));
    assert_eq!(fold.unanswered().len(), 255);
}

#[test]
fn what_the_views_have_seen_is_missing_if_it_is_not_there() {
    let mut fold = Fold::new();
    let mut known = [RecordNo(0); TABLE];
    known[5] = RecordNo(2);
    fold.finish(&known, BatchNo(9));
    assert_eq!(fold.last_batch, BatchNo(9));
    assert_eq!(fold.next[5], RecordNo(3));
    let Some(Fact::EpochStarted(start)) = fold.unanswered().pop() else { panic!("one gap") };
    assert_eq!((start.missing_from.0, start.missing_to.0, start.epoch.0), (1, 2, 2));
}

#[test]
fn an_answer_covers_the_gap_it_names_and_no_other() {
    let mut fold = Fold::new();
    fold.reach(partition(4), RecordNo(3));
    let mut start = EpochStart {
        partition: partition(4),
        epoch: Epoch(7),
        missing_from: RecordNo(1),
        missing_to: RecordNo(1),
    };
    fold.answer(&start);
    assert_eq!(fold.unanswered().len(), 1);
    start.missing_to = RecordNo(2);
    fold.answer(&start);
    assert_eq!(fold.unanswered().len(), 0);
    assert_eq!(fold.epochs[4], Epoch(7));
    fold.reach(partition(5), RecordNo(2));
    let Some(Fact::EpochStarted(next)) = fold.unanswered().pop() else { panic!("one gap") };
    assert_eq!(next.epoch, Epoch(8), "epochs rise over the whole journal");
}

#[test]
fn jumps_in_a_thinned_segment_and_right_behind_it_are_no_gaps_unless_damage_may_have_made_them() {
    let mut fold = Fold::new();
    let record = RECORD_HEADER_BYTES as u64;
    fold.enter(true);
    fold.reach(partition(1), RecordNo(5));
    fold.reach(partition(2), RecordNo(7));
    assert_eq!(fold.gaps, []);
    fold.meet_damage(0, 3 * record);
    for (number, of) in [(8, 1), (9, 1), (7, 2), (9, 2)] {
        fold.reach(partition(of), RecordNo(number));
    }
    let gaps: Vec<_> =
        fold.gaps.iter().map(|gap| (gap.partition.get(), gap.from.0, gap.to.0)).collect();
    assert_eq!(gaps, [(1, 5, 7)], "only the first after the damage may be one");
    fold.gaps.clear();
    // The next one's header does not read: the first record of each tells what was thinned away.
    fold.enter(false);
    fold.reach(partition(1), RecordNo(20));
    assert_eq!(fold.gaps, []);
    fold.reach(partition(1), RecordNo(21));
    assert_eq!(fold.gaps.len(), 1);
}

#[test]
fn what_the_views_have_seen_above_a_thinned_segment_is_missing_all_the_same() {
    let mut fold = Fold::new();
    fold.enter(true);
    fold.enter(false);
    let mut known = [RecordNo(0); TABLE];
    known[5] = RecordNo(2);
    fold.finish(&known, BatchNo(9));
    assert_eq!(fold.gaps.len(), 1);
}
