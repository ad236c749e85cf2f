//! A bounded memory of what was worked out for a text.
//!
//! Keys are held in full and compared in full: logs are hostile, and no digest short enough to be cheap is safe from texts that were made
//! to collide. What is asked for again stays, what is not goes: entries live in two generations, and when the younger one is full the
//! older one is dropped. Whether something was remembered must never change what is found.

use std::hash::BuildHasher;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use hashbrown::{DefaultHashBuilder, HashTable};

/// Locks, so that threads seldom wait for each other.
const SHARDS: usize = 16;

/// What an entry takes besides its key and what is told of its value, roughly.
const OVERHEAD: usize = 256;

/// Offers that are remembered.
const OFFERED: usize = 4096;

/// Longer keys are not kept.
const MOST_KEY: usize = 64 * 1024;

/// Values by the bytes they were worked out from.
pub(super) struct Cache<V> {
    shards: Vec<Mutex<Shard<V>>>,
    hasher: DefaultHashBuilder,
    /// Bytes of one generation of one shard.
    most: usize,
    /// Parts of the hashes of keys that were offered.
    offered: Vec<AtomicU32>,
}

struct Shard<V> {
    young: HashTable<Entry<V>>,
    old: HashTable<Entry<V>>,
    /// Bytes of the young.
    bytes: usize,
}

struct Entry<V> {
    hash: u64,
    key: Box<[u8]>,
    value: V,
    bytes: usize,
}

impl<V: Clone> Cache<V> {
    /// A cache of about so many bytes.
    pub(super) fn new(bytes: usize) -> Self {
        let shard = || Mutex::new(Shard { young: HashTable::new(), old: HashTable::new(), bytes: 0 });
        Self {
            shards: (0..SHARDS).map(|_| shard()).collect(),
            hasher: DefaultHashBuilder::default(),
            most: bytes / SHARDS / 2,
            offered: (0..OFFERED).map(|_| AtomicU32::new(0)).collect(),
        }
    }

    /// The value kept for a key.
    pub(super) fn get(&self, key: &[u8]) -> Option<V> {
        let (hash, shard) = self.shard(key)?;
        shard.lock().unwrap_or_else(PoisonError::into_inner).find(hash, key, self.most)
    }

    /// The value for a key, worked out if it is not kept; kept if it was asked for before, not long ago: most are asked for once.
    pub(super) fn get_or_offer(&self, key: &[u8], weight: impl Fn(&V) -> usize, work_out: impl FnOnce() -> V) -> V {
        let Some((hash, shard)) = self.shard(key) else { return work_out() };
        if let Some(value) = shard.lock().unwrap_or_else(PoisonError::into_inner).find(hash, key, self.most) {
            return value;
        }
        let value = work_out();
        if self.was_offered(hash) {
            self.insert(hash, shard, key, &value, weight(&value));
        }
        value
    }

    /// Keeps the value of a key that was offered before, not long ago: most are offered once.
    pub(super) fn keep_repeated(&self, key: &[u8], weight: usize, value: impl FnOnce() -> V) {
        let Some((hash, shard)) = self.shard(key) else { return };
        if self.was_offered(hash) {
            self.insert(hash, shard, key, &value(), weight);
        }
    }

    /// Whether a key with this hash was offered not long ago; it is now.
    fn was_offered(&self, hash: u64) -> bool {
        let [low, high] = [hash as u32, (hash >> 32) as u32];
        self.offered[low as usize % self.offered.len()].swap(high, Ordering::Relaxed) == high
    }

    fn insert(&self, hash: u64, shard: &Mutex<Shard<V>>, key: &[u8], value: &V, weight: usize) {
        let bytes = key.len() + OVERHEAD + weight;
        let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
        shard.insert(Entry { hash, key: Box::from(key), value: value.clone(), bytes }, self.most);
    }

    fn shard(&self, key: &[u8]) -> Option<(u64, &Mutex<Shard<V>>)> {
        let hash = (key.len() <= MOST_KEY).then(|| self.hasher.hash_one(key))?;
        // The table takes the other end of the hash.
        Some((hash, &self.shards[(hash >> 20) as usize % SHARDS]))
    }

    /// The value for a key, worked out if it is not kept. `weight` tells the bytes that a value takes for itself.
    pub(super) fn get_or(&self, key: &[u8], weight: impl Fn(&V) -> usize, work_out: impl FnOnce() -> V) -> V {
        let Some((hash, shard)) = self.shard(key) else { return work_out() };
        if let Some(value) = shard.lock().unwrap_or_else(PoisonError::into_inner).find(hash, key, self.most) {
            return value;
        }
        let value = work_out();
        self.insert(hash, shard, key, &value, weight(&value));
        value
    }
}

impl<V: Clone> Shard<V> {
    fn find(&mut self, hash: u64, key: &[u8], most: usize) -> Option<V> {
        let same = |entry: &Entry<V>| entry.hash == hash && *entry.key == *key;
        if let Some(entry) = self.young.find(hash, same) {
            return Some(entry.value.clone());
        }
        // What is asked for again outlives its generation.
        let entry = self.old.find_entry(hash, same).ok()?.remove().0;
        let value = entry.value.clone();
        self.insert(entry, most);
        Some(value)
    }

    fn insert(&mut self, entry: Entry<V>, most: usize) {
        if self.bytes + entry.bytes > most {
            self.old = std::mem::take(&mut self.young);
            self.bytes = 0;
        }
        self.bytes += entry.bytes;
        self.young.insert_unique(entry.hash, entry, |entry| entry.hash);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_stays_and_the_rest_goes() {
        let cache: Cache<usize> = Cache::new(64 * 1024);
        let get = |key: &str, value| cache.get_or(key.as_bytes(), |_| 0, || value);
        assert_eq!((get("often", 1), get("once", 2)), (1, 2));
        for at in 0..10_000 {
            assert_eq!(get("often", 9), 1);
            get(&format!("text {at}"), at);
        }
        assert_eq!(get("once", 3), 3, "it had to go");
        let bytes = |shard: &Mutex<Shard<usize>>| {
            let shard = shard.lock().expect("no test panicked");
            shard.young.iter().chain(&shard.old).map(|entry| entry.bytes).sum::<usize>()
        };
        assert!(cache.shards.iter().map(bytes).sum::<usize>() <= 64 * 1024);
    }

    #[test]
    fn what_is_offered_once_is_not_kept() {
        let cache: Cache<usize> = Cache::new(64 * 1024);
        let get = |value| cache.get_or_offer(b"key", |_| 0, || value);
        assert_eq!([get(1), get(2), get(3)], [1, 2, 2]);
    }

    #[test]
    fn a_long_key_is_worked_out_each_time() {
        let cache: Cache<usize> = Cache::new(1 << 20);
        let long = vec![b'x'; MOST_KEY + 1];
        assert_eq!((cache.get_or(&long, |_| 0, || 1), cache.get_or(&long, |_| 0, || 2)), (1, 2));
    }
}
