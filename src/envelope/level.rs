//! Level words and numbers of loggers.
//!
//! Stricter than [`Severity::parse`] where a word stands in running text: only spellings that loggers print count, so that `Error:` in
//! front of a message or `fail` in a sentence never becomes a level.

use crate::model::Severity;

/// A level in capitals as loggers print it (`WARNING`, `ERR`), or a four-letter logrus form (`ERRO`).
pub(super) fn capitals(word: &[u8]) -> Option<Severity> {
    Some(match word {
        b"TRACE" | b"TRC" | b"TRAC" | b"VERBOSE" | b"FINEST" | b"FINER" | b"VRB" => Severity::Trace,
        b"DEBUG" | b"DBG" | b"DEBU" | b"FINE" | b"CONFIG" => Severity::Debug,
        b"INFO" | b"INF" | b"NOTICE" | b"LOG" | b"INFORMATION" | b"SUCCESS" => Severity::Info,
        b"WARN" | b"WARNING" | b"WRN" => Severity::Warning,
        b"ERROR" | b"ERR" | b"ERRO" | b"SEVERE" => Severity::Error,
        b"FATAL" | b"CRITICAL" | b"CRIT" | b"FTL" | b"FATA" | b"PANIC" | b"PANI" | b"EMERG" | b"ALERT" | b"DPANIC" => {
            Severity::Fatal
        }
        _ => return None,
    })
}

/// A level in small letters as loggers print it.
pub(super) fn small(word: &[u8]) -> Option<Severity> {
    Some(match word {
        b"trace" | b"silly" | b"verbose" | b"trce" => Severity::Trace,
        b"debug" | b"dbug" => Severity::Debug,
        b"info" | b"notice" | b"http" => Severity::Info,
        b"warn" | b"warning" => Severity::Warning,
        b"error" | b"err" | b"fail" => Severity::Error,
        b"fatal" | b"critical" | b"crit" | b"emerg" | b"alert" | b"panic" => Severity::Fatal,
        _ => return None,
    })
}

/// A level in either spelling.
pub(super) fn word(word: &[u8]) -> Option<Severity> {
    capitals(word).or_else(|| small(word)).or(match word {
        b"Trace" | b"Verbose" => Some(Severity::Trace),
        b"Debug" => Some(Severity::Debug),
        b"Info" | b"Information" | b"Notice" => Some(Severity::Info),
        b"Warn" | b"Warning" => Some(Severity::Warning),
        b"Error" => Some(Severity::Error),
        b"Fatal" | b"Critical" => Some(Severity::Fatal),
        _ => None,
    })
}

/// The severity part of a syslog priority.
pub(super) fn syslog(priority: u32) -> Severity {
    match priority & 7 {
        0..=2 => Severity::Fatal,
        3 => Severity::Error,
        4 => Severity::Warning,
        5 | 6 => Severity::Info,
        _ => Severity::Debug,
    }
}

/// A number in a level field: bunyan and pino count from 10 to 60, Python likewise to 50, syslog and GELF from 7 down to 0.
pub(super) fn number(value: u64) -> Option<Severity> {
    Some(match value {
        0..=7 => syslog(u32::try_from(value).ok()?),
        10..=19 => Severity::Trace,
        20..=29 => Severity::Debug,
        30..=39 => Severity::Info,
        40..=49 => Severity::Warning,
        50..=59 => Severity::Error,
        60 => Severity::Fatal,
        _ => return None,
    })
}

/// A number in OpenTelemetry's `severityNumber`.
pub(super) fn otel(value: u64) -> Option<Severity> {
    Some(match value {
        1..=4 => Severity::Trace,
        5..=8 => Severity::Debug,
        9..=12 => Severity::Info,
        13..=16 => Severity::Warning,
        17..=20 => Severity::Error,
        21..=24 => Severity::Fatal,
        _ => return None,
    })
}
