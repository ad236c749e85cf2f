//! Backtraces that a logger prints as bare sites below a class: Ruby's `Logger`, Rails with its list of causes, Sidekiq, Sinatra.
//!
//! Found by the first site; what names the exception stands above it. Without a class above, the sites are a call stack and no exception.

use super::text::{self, Title};
use super::{Scan, chain};
use crate::model::{Bytewise, Exception, Relation};

/// Lines between the name of an exception and its first site.
const MOST_ABOVE: usize = 24;

/// What stands above the sites.
struct Above {
    start: usize,
    lead: String,
    links: Vec<Exception>,
}

impl Scan<'_> {
    /// Sites from the current line on, with the exception named above them.
    pub(super) fn listed(&mut self) -> bool {
        let first = self.at;
        // Sites after a prefixed first one may each have a prefix, or none.
        let every = self.lines.get(first + 1).is_some_and(|line| line.starts && self.lines[first].starts);
        let mut end = first + 1;
        while !self.stops(end, every) && text::bare_site(self.text(end)).is_some() {
            end += 1;
        }
        let Some(mut above) = self.rails(first).or_else(|| self.titled(first)) else {
            self.at = end;
            return true;
        };
        above.links[0].frames = (first..end).filter_map(|line| text::bare_site(self.text(line))).collect();
        self.emit(above.start, end, above.lead, chain(above.links, true, false))
    }

    /// The lines above `first` that could name its exception, nearest first, up to the start of their record. Where the site is a record of
    /// its own, so are they.
    fn above(&self, first: usize) -> impl Iterator<Item = usize> {
        let lowest = self.floor.max(first.saturating_sub(MOST_ABOVE));
        let every = self.lines[first].starts;
        let mut ended = false;
        (lowest..first).rev().take_while(move |&line| {
            let within = !ended;
            ended = self.lines[line].starts && !every;
            within
        })
    }

    /// `CLASS (MESSAGE):`, then perhaps `Causes:` and one line each.
    fn rails(&self, first: usize) -> Option<Above> {
        let is_list = |text: &str| matches!(text.trimmed(), "" | "Causes:") || text::rails(text).is_some();
        let ends = |line: &usize| text::ends_rails(self.text(*line));
        let mut near = self.above(first).take_while(|line| ends(line) || is_list(self.text(*line)));
        let close = near.find(|line| ends(line))?;
        let (start, Title { class, message }) = match text::rails(self.text(close)) {
            Some(title) => (close, title),
            None => self.above(close).find_map(|line| Some((line, text::opens_rails(self.text(line))?)))?,
        };
        let mut message = self.message(start, message, close + 1);
        if start < close {
            message.truncate(message.trim_end_matches([')', ':']).len());
        }
        let mut links = vec![Exception::new(class, message, Relation::Surface)];
        let list = (close + 1..first).find(|&line| self.text(line).trimmed() == "Causes:");
        let causes = list.into_iter().flat_map(|list| list + 1..first).filter_map(|line| text::rails(self.text(line)));
        links.extend(causes.map(|cause| Exception::new(cause.class, cause.message, Relation::Cause)));
        Some(Above { start, lead: String::new(), links })
    }

    /// `MESSAGE (CLASS)`, `CLASS: MESSAGE` or `CLASS - MESSAGE:` directly above.
    fn titled(&self, first: usize) -> Option<Above> {
        let near = self.above(first).find(|&line| !self.text(line).trimmed().is_empty())?;
        let text = self.text(near);
        if let Some(title) = text::closed(text.trim_end_matches(':')) {
            // The class closes the whole message, which began with the record.
            let record = self.above(first).last().filter(|&line| self.lines[line].starts && !self.lines[first].starts);
            let begins = record.unwrap_or(near);
            let above = (begins..near).map(|line| self.text(line).trimmed_end());
            let message = above.chain(std::iter::once(title.message)).collect::<Vec<_>>().join("\n");
            let links = vec![Exception::new(title.class, message, Relation::Surface)];
            return Some(Above { start: begins, lead: String::new(), links });
        }
        let title = text::leading(text)?;
        let links = vec![Exception::new(title.class, title.message, Relation::Surface)];
        let (start, lead) = self.sidekiq_context(near);
        Some(Above { start, lead, links })
    }

    /// The record with the job's context that Sidekiq logs before the exception.
    fn sidekiq_context(&self, at: usize) -> (usize, String) {
        let above = at.checked_sub(1).filter(|&above| above >= self.floor && self.lines[above].starts);
        match above.filter(|&above| self.text(above).has_words("Job raised exception")) {
            Some(above) => (above, self.text(above).trimmed().to_owned()),
            None => (at, String::new()),
        }
    }
}
