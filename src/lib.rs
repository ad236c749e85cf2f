//! Reads logs and tracebacks and names the failing component, the most likely cause, the evidence and the fix.
//!
//! The modules in reading order follow the flow of the data:
//! bytes → blocks ([`input`]) → lines ([`envelope`]) → events ([`assemble`]).

pub mod assemble;
pub mod attribution;
pub mod cli;
pub mod commands;
pub mod envelope;
pub mod evidence;
pub mod input;
pub mod keys;
pub mod matching;
pub mod model;
pub mod observe;
pub mod ranking;
pub mod redact;
pub mod report;
pub mod rules;
pub mod scan;
pub mod streams;
