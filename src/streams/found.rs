//! Which lines of a block could matter, or stand for themselves.
//!
//! One walk over the lines: most are known from their templates, or as part of a run that was printed before. A record that nothing reaches
//! waits until it is known whether a hit is near. What is found must depend neither on what was remembered nor on where the block begins.

use std::collections::VecDeque;
use std::sync::Arc;

use super::gathered::{Gathered, Saying};
use super::neighbours::Begins;
use super::own::{Alone, Hit, Known, Told};
use super::prepare::{Lines, Read};
use super::record::Single;
use super::runs::Run;
use super::templates::{Place, Templates, template};
use super::{AFTER, BEFORE};
use crate::rules::Reach;

/// What the lines of a block are that could matter.
pub(super) struct Found<'f, 'o> {
    lines: &'f Lines<'f>,
    /// Lines that reach around, in order; of a run the first and the last.
    pub(super) around: Vec<u32>,
    /// Those of them that were read.
    pub(super) reads: Vec<(u32, Box<Read>)>,
    /// The runs that are known, by their first lines.
    pub(super) runs: Vec<(u32, Arc<Run>)>,
    /// Records near one of those, or near the block's ends and so perhaps near one of another block; in order.
    pub(super) singles: Vec<(u32, Single)>,
    /// Records of which that is not known yet; none in the end.
    waiting: VecDeque<(u32, Saying)>,
    /// All other records.
    far: &'f mut Gathered<'o>,
}

impl<'f, 'o> Found<'f, 'o> {
    pub(super) fn new(lines: &'f Lines<'f>, far: &'f mut Gathered<'o>) -> Self {
        Self {
            lines,
            around: Vec::new(),
            reads: Vec::new(),
            runs: Vec::new(),
            singles: Vec::new(),
            waiting: VecDeque::new(),
            far,
        }
    }

    /// Takes what the next line is.
    fn add(&mut self, line: u32, alone: Alone) {
        match alone {
            Alone::Record(saying) => {
                self.pass(line);
                self.waiting.push_back((line, saying));
            }
            Alone::Nothing => {}
            Alone::No(read) => {
                self.pass(line);
                self.keep_waiting();
                self.around.push(line);
                self.reads.extend(read.map(|read| (line, read)));
            }
        }
    }

    /// Takes a run, of which the first line is given.
    fn add_run(&mut self, line: u32, run: &Arc<Run>) {
        if let Some((first, last)) = run.hits() {
            self.pass(line + first);
            self.keep_waiting();
            self.around.push(line + first);
            self.around.extend((last > first).then_some(line + last));
        }
        self.runs.push((line, run.clone()));
    }

    /// Lets go of the records that nothing from this line on is near to.
    fn pass(&mut self, line: u32) {
        let left = |(at, _): &(u32, Saying)| u64::from(*at) + BEFORE < u64::from(line);
        while self.waiting.front().is_some_and(left)
            && let Some((at, saying)) = self.waiting.pop_front()
        {
            let behind = |hit: &u32| u64::from(at) > u64::from(*hit) + AFTER;
            if u64::from(at) >= AFTER && self.around.last().is_none_or(behind) {
                self.far.add(&saying, self.lines.at(at));
            } else {
                self.singles.push((at, self.far.single(&saying, self.lines.at(at))));
            }
        }
    }

    /// Those that wait are near to something.
    fn keep_waiting(&mut self) {
        let single = |(at, saying): (u32, Saying)| (at, self.far.single(&saying, self.lines.at(at)));
        self.singles.extend(self.waiting.drain(..).map(single));
    }
}

impl Lines<'_> {
    /// What the lines are that could matter, and for each line of the block where one like it is kept.
    pub(super) fn found<'f, 'o>(
        &'f self,
        templates: &mut Templates,
        far: &'f mut Gathered<'o>,
    ) -> (Found<'f, 'o>, Vec<Option<Place>>) {
        let places = Vec::with_capacity(self.count() as usize);
        Walk { lines: self, templates, found: Found::new(self, far), places, last: None, alone_until: 0 }.walk()
    }
}

/// A walk over the lines of a block.
struct Walk<'f, 't, 'o> {
    lines: &'f Lines<'f>,
    templates: &'t mut Templates,
    found: Found<'f, 'o>,
    /// For each line passed where one like it is kept.
    places: Vec<Option<Place>>,
    /// The last line that is not nothing. What it is is decided once it is known of the lines below whether they begin a record.
    last: Option<Hit>,
    /// Before this line no run begins that is known.
    alone_until: u32,
}

impl<'f, 'o> Walk<'f, '_, 'o> {
    fn walk(mut self) -> (Found<'f, 'o>, Vec<Option<Place>>) {
        let count = self.lines.count();
        while let Some(line) = u32::try_from(self.places.len()).ok().filter(|line| *line < count) {
            if !self.pass_run(line) {
                self.pass_line(line);
            }
        }
        self.decide();
        // The last line turns out to reach around if the next block goes on with its record.
        self.found.pass(count.saturating_sub(1));
        self.found.keep_waiting();
        (self.found, self.places)
    }

    /// Passes the run that begins at a line, if it is known.
    fn pass_run(&mut self, line: u32) -> bool {
        if line < self.alone_until {
            return false;
        }
        let Some(end) = self.lines.run_end(line) else { return false };
        let Some(run) = self.templates.run(self.lines, line..end) else {
            self.alone_until = end;
            return false;
        };
        self.decide();
        self.found.add_run(line, &run);
        self.places.resize(end as usize, Some(Place::Plain));
        true
    }

    fn pass_line(&mut self, line: u32) {
        let told = self.told(line);
        let is_nothing = matches!(told, Told::Known(Known::Nothing));
        let waits = |above: &Hit| is_nothing && above.line + 1 == line && above.may_wait();
        if self.last.as_ref().is_some_and(|above| !waits(above)) {
            self.decide();
        }
        if !is_nothing {
            self.last = Some(Hit { line, told, below: [Begins::Unknown; 2] });
        }
    }

    /// What is told of a line, by one like it or by the gate.
    fn told(&mut self, line: u32) -> Told {
        let bytes = self.lines.whole(line);
        let hash = template(bytes);
        let again = self.templates.again(hash, bytes, self.found.far);
        self.places.push(again.as_ref().map(|(_, at)| *at));
        if let Some((known, at)) = again {
            if let Some(above) = &mut self.last {
                above.below[(line - above.line - 1) as usize] =
                    self.templates.begins(at, bytes, &self.lines.shape.wrapping);
            }
            return Told::Known(known);
        }
        match self.lines.mark(line) {
            Some(mark) if mark.reach != Some(Reach::Around) => Told::Marked(mark, hash),
            mark => {
                self.templates.marked(hash, bytes, self.lines.gate, mark.is_some());
                Told::Known(mark.map_or(Known::Nothing, |_| Known::Unclear))
            }
        }
    }

    /// Decides what the last line is, with what is known of those below it.
    fn decide(&mut self) {
        if let Some(hit) = self.last.take() {
            let (line, alone) = (hit.line, self.lines.alone(hit, &self.places, self.templates, self.found.far));
            self.found.add(line, alone);
        }
    }
}
