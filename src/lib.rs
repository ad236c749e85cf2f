//! Reads logs and tracebacks and names the failing component, the most likely cause, the evidence and the fix.
//!
//! The modules in reading order follow the flow of the data:
//! bytes → blocks ([`input`]) → lines ([`envelope`]) → events ([`assemble`]).

pub mod assemble;
pub mod envelope;
pub mod input;
pub mod model;
