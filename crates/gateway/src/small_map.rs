//! A map of few entries: sorted, in one piece of memory that is as large as they are, and none when it
//! is empty. Most connections have one subscription, and there are many connections.

/// A map. Finding is O(log n), putting in and taking out O(n), of at most a thousand small entries.
#[derive(Debug)]
pub(crate) struct SmallMap<K, V>(Vec<(K, V)>);

impl<K, V> Default for SmallMap<K, V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<K: Ord, V> SmallMap<K, V> {
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn get(&self, key: &K) -> Option<&V> {
        self.find(key).ok().map(|at| &self.0[at].1)
    }

    pub(crate) fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        self.find(key).ok().map(|at| &mut self.0[at].1)
    }

    /// In the order of the keys.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &K> {
        self.0.iter().map(|(key, _)| key)
    }

    /// Puts one in, in the place of what was there.
    pub(crate) fn insert(&mut self, key: K, value: V) {
        match self.find(&key) {
            Ok(at) => self.0[at].1 = value,
            Err(at) => {
                if self.0.is_empty() {
                    self.0.reserve_exact(1);
                }
                self.0.insert(at, (key, value));
            }
        }
    }

    pub(crate) fn remove(&mut self, key: &K) -> Option<V> {
        let at = self.find(key).ok()?;
        let (_, value) = self.0.remove(at);
        if self.0.is_empty() {
            self.0 = Vec::new();
        }
        Some(value)
    }

    fn find(&self, key: &K) -> Result<usize, usize> {
        self.0.binary_search_by(|(other, _)| other.cmp(key))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_answers_as_a_large_one_does(steps in prop::collection::vec((any::<bool>(), 0..9_u8), 0..99)) {
            let (mut small, mut large) = (SmallMap::default(), BTreeMap::new());
            for (number, (puts, key)) in steps.into_iter().enumerate() {
                if puts {
                    small.insert(key, number);
                    large.insert(key, number);
                } else {
                    prop_assert_eq!(small.remove(&key), large.remove(&key));
                }
                prop_assert_eq!(small.len(), large.len());
                prop_assert!(small.keys().eq(large.keys()));
                prop_assert_eq!(small.get(&key), large.get(&key));
                prop_assert_eq!(small.get_mut(&key), large.get_mut(&key));
                prop_assert!(small.len() > 0 || small.0.capacity() == 0, "an empty one holds nothing");
            }
        }
    }

    #[test]
    fn one_entry_takes_the_room_of_one() {
        let mut map = SmallMap::default();
        map.insert(1_u64, 2_u64);
        assert_eq!(map.0.capacity(), 1);
    }
}
