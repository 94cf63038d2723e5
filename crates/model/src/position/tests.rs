use super::*;

#[test]
fn the_partition_of_a_conversation_never_changes() {
    let part =
        |name: &str| PartitionId::of(TenantId::DEFAULT, &ConversationId::new(name).unwrap()).get();
    assert_eq!([part("general"), part("a"), part("chat-0001")], [55, 204, 124]);
}

#[test]
fn the_highest_partition_is_one_below_their_count() {
    assert!(PartitionId::new(PARTITIONS - 1).is_some());
    assert!(PartitionId::new(PARTITIONS).is_none());
}
