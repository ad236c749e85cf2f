//! The report for people: what they need first stands on the first screen, 80 columns by 24 lines for one finding.
//!
//! A pure function of the report. Text that came from a log is cleaned of control characters before it is laid out; styles are written
//! as ANSI codes, and the writer takes them off where no terminal listens.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use super::table::{self, Row};
use super::{CauseView, EvidenceView, FindingView, Quote, Report, StreamView};

/// Lines of code shown before `explain` takes over.
const MOST_CODE: usize = 5;

/// Lines of a terminal that the first finding shall fit, footer included.
const SCREEN: usize = 24;

/// How much to print.
#[derive(Clone, Copy, Debug)]
pub struct TextOptions {
    /// Columns.
    pub width: usize,
    /// Findings shown; 0 for all.
    pub top: usize,
    /// Every finding in full, with all evidence.
    pub verbose: bool,
}

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();

/// The whole report.
#[must_use]
pub fn text(report: &Report, options: TextOptions) -> String {
    let mut out = String::new();
    let shown = if options.top == 0 { report.findings.len() } else { options.top.min(report.findings.len()) };
    if report.findings.is_empty() {
        paragraph(&mut out, "", &report.verdict, options.width, 99);
    }
    for (at, finding) in report.findings.iter().take(shown).enumerate() {
        if at > 0 {
            out.push('\n');
        }
        if at == 0 || options.verbose { full(&mut out, finding, options) } else { brief(&mut out, finding, options) }
    }
    unexplained(&mut out, report, options);
    for warning in &report.warnings {
        let source = if warning.source.is_empty() { String::new() } else { format!("{}: ", clean(&warning.source)) };
        paragraph(&mut out, "warning  ", &format!("{source}{}", clean(&warning.text)), options.width, 3);
    }
    for assumed in report.assumed.iter().filter(|_| options.verbose) {
        paragraph(&mut out, "assumed  ", assumed, options.width, 3);
    }
    footer(&mut out, report, shown, options);
    out
}

fn footer(out: &mut String, report: &Report, shown: usize, options: TextOptions) {
    let Some(first) = report.findings.first() else { return };
    let more = match report.findings.len() - shown.min(report.findings.len()) {
        0 if report.findings.len() == 1 => String::new(),
        0 => format!(
            "{} findings, {} unexplained.  ",
            report.findings.len(),
            report.unexplained.len() + report.unexplained_more
        ),
        hidden => format!("showing {shown} of {}; --top 0 shows the other {hidden}.  ", report.findings.len()),
    };
    let explain = first.causes.first().map(|c| format!("whodunit explain {}", c.id)).unwrap_or_default();
    if !more.is_empty() || !explain.is_empty() {
        let _ = writeln!(out, "\n{DIM}{}{DIM:#}", cut(&format!("{more}{explain}"), options.width));
    }
}

fn full(out: &mut String, finding: &FindingView, options: TextOptions) {
    heading(out, finding, options.width);
    paragraph(out, "", &whereabouts(finding), options.width, if options.verbose { 20 } else { 3 });
    if options.verbose && !finding.component.because.is_empty() {
        paragraph(out, "", &format!("Decided by {}.", clean(&finding.component.because)), options.width, 4);
    }
    out.push('\n');
    for line in table::causes(rows(finding), options.width) {
        let _ = writeln!(out, "{line}");
    }
    out.push('\n');
    if let Some(cause) = finding.causes.first() {
        advice(out, cause, options);
    }
    // What room the advice left goes to the lines that show it; one is always there.
    let room = SCREEN.saturating_sub(out.lines().count() + 2).clamp(1, 3);
    for (at, quote) in quotes(finding, if options.verbose { 12 } else { room }).iter().enumerate() {
        seen(out, quote, at == 0, options.width);
    }
    if options.verbose {
        details(out, finding, options);
    }
}

/// A finding after the first: what failed, why most likely, and one line to see it.
fn brief(out: &mut String, finding: &FindingView, options: TextOptions) {
    heading(out, finding, options.width);
    paragraph(out, "", &whereabouts(finding), options.width, 2);
    if let Some(cause) = finding.causes.first() {
        let line =
            format!("most likely {} ({}); whodunit explain {}", cause.title, percent(cause.probability), cause.id);
        paragraph(out, "  ", &line, options.width, 2);
    }
    if let Some(quote) = quotes(finding, 1).first() {
        seen(out, quote, true, options.width);
    }
}

fn heading(out: &mut String, finding: &FindingView, width: usize) {
    let color = match finding.severity.as_str() {
        "critical" => AnsiColor::Red,
        "high" => AnsiColor::Yellow,
        _ => AnsiColor::Cyan,
    };
    let severity = Style::new().fg_color(Some(color.into())).bold();
    let room = width.saturating_sub(finding.severity.len() + 2);
    let title = cut(&clean(&finding.title), room);
    let gap = " ".repeat(width.saturating_sub(title.chars().count() + finding.severity.len()).max(2));
    let _ = writeln!(out, "{BOLD}{title}{BOLD:#}{gap}{severity}{}{severity:#}", finding.severity);
}

/// Count, times and the streams that fail and succeed, in a sentence.
fn whereabouts(finding: &FindingView) -> String {
    let mut text = format!("{} {}", finding.occurrences, if finding.occurrences == 1 { "failure" } else { "failures" });
    match &finding.clock {
        Some((from, to)) if from == to => {
            let _ = write!(text, " at {from}");
        }
        Some((from, to)) => {
            let _ = write!(text, " {from} - {to}");
        }
        None => {}
    }
    let failing: Vec<&StreamView> = finding.streams.iter().filter(|s| s.failures > 0).collect();
    let well: Vec<&StreamView> = finding.streams.iter().filter(|s| s.failures == 0 && s.successes > 0).collect();
    let also: u64 = failing.iter().map(|s| s.successes).sum();
    match failing.as_slice() {
        [] => {}
        [only] if finding.streams.len() > 1 => {
            let _ = write!(text, ", all in {}", clean(&only.id));
        }
        [only] => {
            let _ = write!(text, " in {}", clean(&only.id));
        }
        [first, rest @ ..] => {
            let _ = write!(
                text,
                " in {} of {} streams ({} and {} more)",
                failing.len(),
                finding.streams.len() + finding.streams_more,
                clean(&first.id),
                rest.len()
            );
        }
    }
    if also > 0 {
        let _ = write!(text, "; the same call succeeded {also} times there");
    }
    if !well.is_empty() {
        let successes: u64 = well.iter().map(|s| s.successes).sum();
        let others = if well.len() == 1 {
            "1 other stream succeeds".to_owned()
        } else {
            format!("the {} others succeed", well.len())
        };
        let _ = write!(text, "; {others} {successes} times");
    }
    text.push('.');
    text
}

fn rows(finding: &FindingView) -> Vec<Row> {
    let mut rows: Vec<Row> = finding
        .causes
        .iter()
        .take(3)
        .enumerate()
        .filter(|(at, cause)| *at == 0 || cause.probability >= 0.02)
        .map(|(at, cause)| {
            [(at + 1).to_string(), cause.title.clone(), percent(cause.probability), reason(cause, at == 0)]
        })
        .collect();
    let rest: f64 = 1.0 - finding.causes.iter().take(rows.len()).map(|c| c.probability).sum::<f64>();
    if rest >= 0.005 || rows.is_empty() {
        rows.push([String::new(), "something else or unknown".to_owned(), percent(rest.max(0.0)), String::new()]);
    }
    rows
}

/// The strongest evidence; for causes after the first what speaks against them tells more.
fn reason(cause: &CauseView, first: bool) -> String {
    let counted =
        |items: &[EvidenceView]| items.iter().filter(|e| e.counted).map(|e| clean(&e.says)).collect::<Vec<_>>();
    let (evidence, against) = (counted(&cause.evidence), counted(&cause.against));
    let most = if first { 2 } else { 1 };
    match against.first() {
        Some(against) if !first => format!("against: {against}"),
        _ => evidence.into_iter().take(most).collect::<Vec<_>>().join("; "),
    }
}

fn advice(out: &mut String, cause: &CauseView, options: TextOptions) {
    for (text, _, code) in &cause.recipe.fix {
        labelled(out, "Fix", text, options.width, if options.verbose { 9 } else { 2 });
        let code: Vec<&str> = code.as_deref().unwrap_or_default().lines().collect();
        let most = if options.verbose || code.len() <= MOST_CODE { usize::MAX } else { MOST_CODE - 1 };
        for line in code.iter().take(most) {
            let _ = writeln!(
                out,
                "{}",
                format!("         {}", cut(&clean_code(line), options.width.saturating_sub(9))).trim_end()
            );
        }
        if code.len() > most {
            let _ = writeln!(
                out,
                "         {DIM}… {} more lines in whodunit explain {}{DIM:#}",
                code.len() - most,
                cause.id
            );
        }
    }
    if let Some(confirm) = cause.confirm.first() {
        let lines: Vec<String> = confirm.check.lines().map(clean_code).collect();
        for (at, line) in lines.iter().take(3).enumerate() {
            let label = if at == 0 { format!("{BOLD}Check{BOLD:#}  ") } else { "       ".to_owned() };
            // A command must stay whole to be copied.
            let _ = writeln!(out, "{label}{line}");
        }
        paragraph(out, "       ", &clean(&confirm.expect), options.width, 2);
    }
}

fn details(out: &mut String, finding: &FindingView, options: TextOptions) {
    for cause in &finding.causes {
        let _ = writeln!(
            out,
            "\n{BOLD}{}{BOLD:#} {} {DIM}({}, {} before any evidence){DIM:#}",
            percent(cause.probability),
            cause.title,
            cause.id,
            cause.prior
        );
        for (sign, items) in [("+", &cause.evidence), ("-", &cause.against)] {
            for item in items {
                let memory = if item.from_memory { ", known from memory only" } else { "" };
                let counted = if item.counted { "" } else { ", covered by a stronger item" };
                let line = format!("{sign} {} [{}, {}{memory}{counted}]", clean(&item.says), item.weight, item.family);
                paragraph(out, "  ", &line, options.width, 4);
                for quote in &item.places {
                    let place = format!("{}:{}  {}", clean(&quote.source), quote.line, clean(&quote.quote));
                    let _ =
                        writeln!(out, "      {DIM}{}{DIM:#}", cut(place.trim_end(), options.width.saturating_sub(6)));
                }
            }
        }
    }
}

fn unexplained(out: &mut String, report: &Report, options: TextOptions) {
    if report.unexplained.is_empty() {
        return;
    }
    let total = report.unexplained.len() + report.unexplained_more;
    let most = if options.verbose { usize::MAX } else { 3 };
    let shown = most.min(report.unexplained.len());
    let _ = writeln!(
        out,
        "\n{BOLD}No rule explains{BOLD:#} {total} kinds of errors{}:",
        if shown < total { format!(", showing {shown}") } else { String::new() }
    );
    for error in report.unexplained.iter().take(most) {
        let place = error.exemplars.first().map(|q| format!("{}:{}", clean(&q.source), q.line)).unwrap_or_default();
        let line = format!("  {:>5} ×  {place}  {}", error.occurrences, clean(&error.title));
        let _ = writeln!(out, "{}", cut(&line, options.width));
    }
}

/// Evidence lines of the first cause that say different things, else the exemplars.
fn quotes(finding: &FindingView, most: usize) -> Vec<&Quote> {
    let mut chosen: Vec<&Quote> = Vec::new();
    let evidence = finding.causes.first().into_iter().flat_map(|c| c.evidence.iter().flat_map(|e| e.places.first()));
    for quote in evidence.chain(&finding.exemplars) {
        let known = chosen.iter().any(|c| (&c.source, c.line) == (&quote.source, quote.line) || c.quote == quote.quote);
        if !known && chosen.len() < most && !quote.quote.is_empty() {
            chosen.push(quote);
        }
    }
    chosen
}

fn seen(out: &mut String, quote: &Quote, first: bool, width: usize) {
    let label = if first { format!("{BOLD}Seen{BOLD:#}   ") } else { "       ".to_owned() };
    // The folder is known to whoever named it; the room is better spent on the line.
    let source = clean(&quote.source);
    let file = if source.len() > 24 { source.rsplit(['/', '\\']).next().unwrap_or(&source) } else { &source };
    let place = format!("{file}:{}", quote.line);
    let room = width.saturating_sub(7 + place.chars().count() + 2).max(20);
    let _ = writeln!(out, "{label}{DIM}{place}{DIM:#}  {}", cut(&clean(&quote.quote), room));
}

fn labelled(out: &mut String, label: &str, text: &str, width: usize, most: usize) {
    let mut body = String::new();
    paragraph(&mut body, "       ", &clean(text), width, most);
    let _ = write!(out, "{BOLD}{label}{BOLD:#}{}", body.get(label.len()..).unwrap_or_default());
}

/// Wraps a text behind an indent, at most so many lines.
fn paragraph(out: &mut String, indent: &str, text: &str, width: usize, most: usize) {
    let room = width.saturating_sub(indent.chars().count()).max(20);
    let mut lines: Vec<String> = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last().map_or(0, |l| l.chars().count());
        if line > 0 && line + 1 + word.chars().count() > room {
            lines.push(String::new());
        }
        if let Some(last) = lines.last_mut() {
            if !last.is_empty() {
                last.push(' ');
            }
            last.push_str(word);
        }
    }
    let cut_off = lines.len() > most;
    lines.truncate(most);
    if cut_off && let Some(last) = lines.last_mut() {
        *last = cut(&format!("{last} …"), room);
    }
    for line in lines {
        let _ = writeln!(out, "{indent}{}", cut(&line, room));
    }
}

/// `93 %`; never 100 for what is not certain.
fn percent(probability: f64) -> String {
    format!("{:.0} %", (probability * 100.0).min(99.0))
}

/// Log text that may meet a terminal: one line, no control characters.
pub(crate) fn clean(text: &str) -> String {
    text.chars()
        .map(|c| if c == '\n' || c == '\t' { ' ' } else { c })
        .filter(|c| !c.is_control() && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}'))
        .collect()
}

fn clean_code(line: &str) -> String {
    line.chars().filter(|c| !c.is_control()).collect()
}

fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}
