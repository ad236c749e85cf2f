//! A destructor panics while a panic unwinds: the process is aborted.
struct Index;

impl Drop for Index {
    fn drop(&mut self) {
        panic!("index was not flushed");
    }
}

fn add(id: Option<u32>) -> u32 {
    let _index = Index;
    id.expect("a document needs an id")
}

fn main() {
    println!("{}", add(None));
}
