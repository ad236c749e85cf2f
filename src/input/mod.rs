//! From arguments to line-aligned blocks of decoded bytes.
//!
//! The only module, with the commands, that touches files. It decompresses (gzip, zstd, bzip2, xz by magic bytes), decodes UTF-16, skips
//! binaries, and never looks at what a line means. Reading is by position, never by memory map: logs are truncated while they are read.
