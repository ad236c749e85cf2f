//! An error leaves `main`: it is printed as its fields, with the error it was made from.
use std::fmt;
use std::num::ParseIntError;

#[derive(Debug)]
#[allow(dead_code)]
enum ConfigError {
    Dimensions { value: String, source: ParseIntError },
}

impl fmt::Display for ConfigError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("EMBEDDING_DIMENSIONS must be a number")
    }
}

impl std::error::Error for ConfigError {}

fn dimensions(value: &str) -> Result<usize, ConfigError> {
    value.parse().map_err(|source| ConfigError::Dimensions { value: value.to_owned(), source })
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("starting");
    println!("{} dimensions", dimensions("many")?);
    Ok(())
}
