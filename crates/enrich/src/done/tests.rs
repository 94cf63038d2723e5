use std::collections::BTreeSet;

use model::RecordNo;
use proptest::prelude::*;

use super::*;

proptest! {
    #[test]
    fn it_is_the_set_of_what_was_put_in(records in prop::collection::vec((any::<bool>(), 0_u16..3, 0_u64..10_000), 0..200)) {
        let mut done = Done::default();
        let mut model = BTreeSet::new();
        for (stays, partition, record) in records {
            let offset = Offset {
                partition: PartitionId::new(partition).unwrap(),
                record: RecordNo(record),
            };
            prop_assert_eq!(done.insert(offset), model.insert((partition, record)));
            if !stays {
                model.remove(&(partition, record));
                prop_assert!(done.remove(offset));
                prop_assert!(!done.remove(offset));
            }
        }
        let chunks: BTreeSet<_> = model.iter().map(|(partition, record)| (partition, record / CHUNK_BITS)).collect();
        prop_assert_eq!(done.chunks.len(), chunks.len(), "an empty chunk is given back");
        for partition in 0..3 {
            for record in (0..10_000).step_by(7) {
                let offset = Offset {
                    partition: PartitionId::new(partition).unwrap(),
                    record: RecordNo(record),
                };
                prop_assert_eq!(done.contains(offset), model.contains(&(partition, record)));
            }
        }
    }
}
