//! A named thread panics; the thread that joins it panics because of that.
use std::thread;

fn embed(texts: &[&str]) -> usize {
    assert!(texts.len() < 2, "at most 1 text,\nbut there are {}", texts.len());
    texts.len()
}

fn main() {
    let worker = thread::Builder::new().name("indexer-1".into()).spawn(|| embed(&["a", "b"]));
    println!("indexed {}", worker.unwrap().join().unwrap());
}
