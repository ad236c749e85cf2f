//! Lines that differ from one seen before in times and numbers alone are not looked into.
//!
//! Programs print few templates and fill in numbers. What a line is depends on its template, and on the digits that a rule, a level or a
//! stamp's date asks about; so for the templates that come again it is kept what they are and within which [`Bounds`]. Whether a line was
//! kept never changes what it is.

use std::ops::Range;
use std::sync::Arc;

use super::gathered::{Again, Gathered, Saying};
use super::neighbours::{Above, Begins, begins};
use super::outline::Outline;
use super::own::{Known, Own};
use super::prepare::{Lines, Read, Text};
use super::record::Single;
use super::runs::{Run, Runs};
use super::stamps::{Stamp, Timing, named, stamps};
use crate::envelope::Wrapping;
use crate::model::{Bounds, Time, numbers};
use crate::rules::Gate;

/// Lines kept at a time: most logs have fewer templates.
const MOST: usize = 8192;

/// Lines that may stand in each other's place.
const WAYS: usize = 4;

/// Lines of which it is known that they were seen.
const SEEN: usize = 4 * MOST;

/// Lines that are not within bounds before others are tried.
const PATIENCE: u32 = 8;

/// The same while it is not known yet whether the numbers in a record tell anything: its block has to be analysed first.
const LONG_PATIENCE: u32 = 1 << 16;

/// What it takes to keep a line: as much as looking into so many.
const COST: u32 = 8;

/// Lines that need not be looked into may pay for so many others to be kept. Of a log in which each line comes twice and none again, no
/// more is kept than this.
const MOST_CREDIT: u32 = 512 * COST;

/// Bytes of a source before any of its lines is kept: making room takes longer than reading so little.
const WORTHWHILE: usize = 32 * 1024;

/// Longer lines are not kept.
const MOST_LINE: usize = 1024;

#[derive(Debug)]
struct Kept {
    /// By all but digits.
    hash: u64,
    /// By all but times and numbers, where those tell the line from others that are kept by themselves.
    variant: u64,
    bounds: Bounds,
    what: What,
    /// Whether it begins a record, as all within these bounds do, once somebody asked.
    begins: Option<(Begins, Bounds)>,
    /// What it tells the lines below, once somebody asked.
    above: Option<Box<Above>>,
    /// How it is read, once somebody asked; nothing where that cannot be told of others.
    outline: Option<Option<Box<Outline>>>,
    /// Lines of its kind that were not within the bounds.
    missed: u32,
}

/// What such a line is: an [`Own`] that holds for others.
#[derive(Debug)]
enum What {
    Nothing,
    NothingAlone,
    Unclear,
    Record(Box<Kin>),
    /// Nothing that holds for another line.
    Unlike,
}

/// A record, and those like it.
#[derive(Debug)]
struct Kin {
    single: Single,
    times: [Option<Timing>; 2],
    /// In which block it was entered last, and as what.
    entered: Option<(u64, u32)>,
    /// The bounds to be, once it is known that the numbers in the record tell nothing.
    wide: Option<Bounds>,
}

/// Where a line is kept, until another takes its place.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place {
    /// There.
    Kept(u32),
    /// Nowhere: it is plain text, as a run that is known says.
    Plain,
}

/// The templates of a source.
#[derive(Debug, Default)]
pub(super) struct Templates {
    /// Bytes and number of the blocks that were read with it.
    read: usize,
    blocks: u64,
    /// Lines that were spared and may pay for keeping others.
    credit: u32,
    /// Hashes of lines seen lately. A line is kept when it comes again, so that those which never do displace nothing.
    seen: Vec<u32>,
    /// Parts of the hashes of those kept, by which most lines are told from them.
    tags: Vec<u32>,
    kept: Vec<Option<Kept>>,
    /// For the moments of the block's records.
    pub(super) room: Again,
    runs: Runs,
}

impl Templates {
    /// Makes room once so much is read that lines will come again.
    pub(super) fn read(&mut self, block: &[u8]) {
        self.read = self.read.saturating_add(block.len());
        self.blocks += 1;
        if self.seen.is_empty() && self.read >= WORTHWHILE {
            self.seen = vec![0; SEEN];
            self.tags = vec![0; MOST];
            self.kept = (0..MOST).map(|_| None).collect();
            self.credit = MOST_CREDIT;
        }
    }

    /// What a line is, if one like it was kept, and where that is; the line is given with its end, and its [`template`]. Records are entered
    /// in those of the block.
    pub(super) fn again(&mut self, hash: u64, line: &[u8], records: &mut Gathered<'_>) -> Option<(Known, Place)> {
        let first = place(hash);
        let tags = self.tags.get(first..first + WAYS)?;
        let mut ways = (first..).zip(tags).filter(|(_, known)| **known == tag(hash)).map(|(at, _)| at);
        ways.find_map(|at| {
            let known = self.kept[at].as_mut().filter(|kept| kept.hash == hash)?.of(line, self.blocks, records)?;
            self.credit = (self.credit + 1).min(MOST_CREDIT);
            Some((known, Place::Kept(u32::try_from(at).ok()?)))
        })
    }

    /// Whether the line, which is like the one kept there, begins a record.
    pub(super) fn begins(&mut self, at: Place, line: &[u8], wrapping: &Wrapping) -> Begins {
        let Some(kept) = self.at(at) else { return Begins::Unknown };
        if let What::Record(_) = kept.what {
            return Begins::Here;
        }
        let holds = |(_, bounds): &(Begins, Bounds)| bounds.hold(line);
        let told = told(&mut kept.begins, &mut kept.missed, holds, || begins(wrapping, line));
        told.map_or(Begins::Unknown, |(begins, _)| *begins)
    }

    /// Whether the line, which is like the one kept there, stands in this stream and channel, and its time; `None` where that is not known.
    pub(super) fn above(
        &mut self,
        at: Place,
        line: &[u8],
        wrapping: &Wrapping,
        (stream, channel): (&str, u8),
    ) -> Option<(bool, Option<Time>)> {
        // What is plain has no time, in whichever stream.
        let Place::Kept(_) = at else { return Some((false, None)) };
        let kept = self.at(at)?;
        let make = || Box::new(Above::new(wrapping, line));
        let above = told(&mut kept.above, &mut kept.missed, |above| above.holds(line), make)?;
        above.tells(line, stream, channel)
    }

    /// How a line, given without its end, is read, which is like the one kept there; `None` where that is not known.
    pub(super) fn outline(&self, at: Place, line: &[u8]) -> Option<&Outline> {
        let Place::Kept(at) = at else { return None };
        self.kept[at as usize].as_ref()?.outline.as_ref()?.as_deref().filter(|outline| outline.holds(line))
    }

    /// Whether to read such a line, of which it is not known how it is read, so that this will be known of others.
    pub(super) fn asks_how(&mut self, at: Place) -> bool {
        let Some(kept) = self.at(at) else { return false };
        match kept.outline {
            None => true,
            Some(None) => false,
            // Reading it counts it and makes another outline; where it is not read it is counted here.
            Some(Some(_)) if (kept.missed + 1).is_multiple_of(PATIENCE) => true,
            Some(Some(_)) => {
                kept.missed += 1;
                false
            }
        }
    }

    /// Takes down how such a line was read.
    pub(super) fn was_read(&mut self, at: Place, line: &[u8], read: &Read) {
        let Some(kept) = self.at(at) else { return };
        let holds = |outline: &Option<Box<Outline>>| outline.as_ref().is_none_or(|outline| outline.holds(line));
        told(&mut kept.outline, &mut kept.missed, holds, || Outline::new(read, line).map(Box::new));
    }

    /// Takes down that the gate made nothing of a line, or asks for what is around it.
    pub(super) fn marked(&mut self, hash: u64, line: &[u8], gate: &Gate<'_>, around: bool) {
        if !self.came_before(hash, line) {
            return;
        }
        let Some(at) = self.room(hash, hash, WAYS) else { return };
        let own = || if around { What::Unclear } else { What::Nothing };
        let (bounds, what) =
            gate.alike(line).map_or_else(|| (Bounds::exactly(line), What::Unlike), |bounds| (bounds, own()));
        self.keep(at, hash, hash, bounds, what);
    }

    /// Takes down what a line is by itself.
    pub(super) fn own(&mut self, hash: u64, line: &[u8], gate: &Gate<'_>, own: &Own) {
        if !self.came_before(hash, line) {
            return;
        }
        let stamps = stamps(line);
        let variant = variant(line, &stamps);
        if !self.came_before(variant, line) {
            return;
        }
        let Some(at) = self.room(hash, variant, 1) else { return };
        let mut bounds = Bounds::exactly(line);
        let alike = gate.alike(line);
        let what = match own {
            Own::Nothing => What::Nothing,
            Own::NothingAlone => What::NothingAlone,
            Own::Unclear(_) => What::Unclear,
            Own::Record(single) => {
                Kin::new(single, line, &stamps, alike.as_ref()).map_or(What::Unlike, |kin| What::Record(Box::new(kin)))
            }
        };
        let said = |stamp: &Stamp| matches!(own, Own::Record(single) if says(single, &line[stamp.range.clone()]));
        stamps.iter().filter(|stamp| !said(stamp)).for_each(|stamp| stamp.widen(line, &mut bounds));
        if let Some(alike) = alike {
            bounds.meet(&alike);
        }
        self.keep(at, hash, variant, bounds, what);
    }

    fn at(&mut self, place: Place) -> Option<&mut Kept> {
        let Place::Kept(at) = place else { return None };
        self.kept[at as usize].as_mut()
    }

    /// The run that these lines are, if it came before.
    pub(super) fn run(&mut self, lines: &Lines<'_>, range: Range<u32>) -> Option<Arc<Run>> {
        let bytes = lines.all(lines.parts(range.clone()));
        let hash = hash(bytes, |eight| eight);
        if !self.runs.is_known(hash) && self.seen_before(hash) {
            self.runs.learn(hash, lines, range);
        }
        self.runs.get(hash, bytes).cloned()
    }

    /// Whether such a line was seen lately, which it is now.
    fn came_before(&mut self, hash: u64, line: &[u8]) -> bool {
        line.len() <= MOST_LINE && self.seen_before(hash)
    }

    /// Whether something of that hash was seen lately, which it is now.
    fn seen_before(&mut self, hash: u64) -> bool {
        if self.seen.is_empty() {
            return false;
        }
        let at = usize::try_from(hash >> 32).unwrap_or(0) % SEEN;
        std::mem::replace(&mut self.seen[at], hash as u32) == hash as u32
    }

    /// Where to keep a line of which so many variants may be kept; `None` where those that are may still do, or where it does not pay.
    fn room(&mut self, hash: u64, variant: u64, most: usize) -> Option<usize> {
        let left = self.credit.checked_sub(COST)?;
        let first = place(hash);
        let ways = &mut self.kept[first..first + WAYS];
        let same = |kept: &&mut Kept| kept.hash == hash && kept.variant == variant;
        let way = match ways.iter_mut().flatten().filter(same).count() {
            few if few < most => ways.iter().position(Option::is_none),
            // Lines within other bounds took its place.
            _ if !ways.iter_mut().flatten().find(same)?.missed() => return None,
            _ => ways.iter().position(|kept| kept.as_ref().is_some_and(|kept| kept.variant == variant)),
        };
        let any = usize::try_from(variant >> 40).unwrap_or(0) % WAYS;
        self.credit = left;
        Some(first + way.unwrap_or(any))
    }

    fn keep(&mut self, at: usize, hash: u64, variant: u64, bounds: Bounds, what: What) {
        self.tags[at] = tag(hash);
        self.kept[at] = Some(Kept { hash, variant, bounds, what, begins: None, above: None, outline: None, missed: 0 });
    }
}

impl Kept {
    /// Counts a line of its variant that was not within the bounds; whether that line should take its place.
    fn missed(&mut self) -> bool {
        match &self.what {
            What::Record(kin) if kin.is_open() => {
                self.missed += 1;
                self.missed >= LONG_PATIENCE
            }
            _ => out_of_patience(&mut self.missed),
        }
    }

    /// What a line of the block with this number is if it is like this one.
    fn of(&mut self, line: &[u8], block: u64, records: &mut Gathered<'_>) -> Option<Known> {
        if let What::Record(kin) = &mut self.what
            && let Some(wide) = kin.widened()
        {
            self.bounds = wide;
        }
        if !self.bounds.hold(line) {
            return None;
        }
        Some(match &mut self.what {
            What::Nothing => Known::Nothing,
            What::NothingAlone => Known::NothingAlone,
            What::Unclear => Known::Unclear,
            What::Record(kin) => Known::Record(kin.said_by(line, block, records)),
            What::Unlike => return None,
        })
    }
}

/// What is told of a line once somebody asked: what holds for it already, or made for it in the place of what does not, if that was so
/// often enough.
fn told<'k, T>(
    known: &'k mut Option<T>,
    missed: &mut u32,
    holds: impl FnOnce(&T) -> bool,
    make: impl FnOnce() -> T,
) -> Option<&'k T> {
    match known.as_ref().map(holds) {
        Some(true) => {}
        Some(false) if !out_of_patience(missed) => return None,
        _ => *known = Some(make()),
    }
    known.as_ref()
}

/// Counts a line that was not within some bounds; whether there were so many that others may do better. A new day is the usual reason.
fn out_of_patience(missed: &mut u32) -> bool {
    *missed += 1;
    missed.is_multiple_of(PATIENCE)
}

impl Kin {
    /// Whether the bounds may become wider yet.
    fn is_open(&self) -> bool {
        self.wide.is_some() && !self.single.is_known_of_numbers()
    }

    /// The wider bounds, once it is known that the numbers in the record tell nothing.
    fn widened(&mut self) -> Option<Bounds> {
        if self.wide.is_none() || !self.single.is_known_of_numbers() {
            return None;
        }
        let wide = self.wide.take().filter(|_| self.single.numbers_tell_nothing())?;
        self.single.rough = true;
        self.entered = None;
        Some(wide)
    }

    /// How a line says it in the block with this number.
    fn said_by(&mut self, line: &[u8], block: u64, records: &mut Gathered<'_>) -> Saying {
        let times = self.times.map(|told| told.map(|told| told.time(line)));
        let (_, entry) = match self.entered.filter(|(known, _)| *known == block) {
            Some(entered) => entered,
            None => *self.entered.insert((block, records.entry(self.single.clone()))),
        };
        Saying { entry, firm: self.single.firm, times }
    }

    /// A record in a line with these stamps; `None` where it is not certain which times are its own.
    fn new(single: &Single, line: &[u8], stamps: &[Stamp], alike: Option<&Bounds>) -> Option<Self> {
        let Text::Whole(payload) = &single.read().text else { return None };
        let times = named(line, stamps, single.times)?;
        let wide = alike.zip(single.signals()).and_then(|(alike, _)| {
            // Its text is the end of the line, because all signals in it are known.
            let text = payload.body.trim_ascii_end();
            let from = line.trim_ascii_end().len().checked_sub(text.len())?;
            let mut wide = Bounds::exactly(line);
            let numbers = numbers(text.as_bytes()).into_iter().map(|range| range.start + from..range.end + from);
            let numbers: Vec<Range<usize>> = Some(numbers.collect()).filter(|all: &Vec<_>| !all.is_empty())?;
            // Not every number makes a time.
            let free = numbers.iter().filter(|range| !line[(*range).clone()].contains(&b'/'));
            for at in free.cloned().flatten().filter(|at| line[*at].is_ascii_digit()) {
                wide.widen(at, b'0'..=b'9');
            }
            let outside = |stamp: &Stamp| stamp.range.end <= from;
            let number =
                |stamp: &Stamp| numbers.iter().any(|n| n.start <= stamp.range.start && stamp.range.end <= n.end);
            let free = stamps
                .iter()
                .filter(|stamp| outside(stamp) && !says(single, &line[stamp.range.clone()]) || number(stamp));
            free.for_each(|stamp| stamp.widen(line, &mut wide));
            wide.meet(alike);
            Some(wide)
        });
        Some(Self { single: single.clone(), times, entered: None, wide })
    }
}

/// Whether the text of a record has a stamp in it.
fn says(single: &Single, stamp: &[u8]) -> bool {
    let Text::Whole(payload) = &single.read().text else { return true };
    memchr::memmem::find(payload.body.as_bytes(), stamp).is_some()
}

/// Where the lines with a hash begin to stand.
fn place(hash: u64) -> usize {
    usize::try_from(hash % (MOST / WAYS) as u64).unwrap_or(0) * WAYS
}

/// What of a hash is held against those of other lines first.
fn tag(hash: u64) -> u32 {
    (hash >> 16) as u32
}

/// A hash of a line that is the same with other times and numbers.
fn variant(line: &[u8], stamps: &[Stamp]) -> u64 {
    let mut masked = line.to_vec();
    for range in stamps.iter().map(|stamp| stamp.range.clone()).chain(numbers(line.trim_ascii_end())) {
        masked[range].iter_mut().filter(|byte| byte.is_ascii_digit()).for_each(|digit| *digit = b'0');
    }
    hash(&masked, |eight| eight)
}

/// Bytes that are taken in at once.
const CHUNK: usize = 16;

/// A hash of a line that is the same with whatever digits. It takes other signs below the letters for digits as well.
pub(super) fn template(line: &[u8]) -> u64 {
    const LETTER: u64 = u64::from_le_bytes([0x40; 8]);
    hash(line, |eight| eight | (((!eight & LETTER) >> 6) * 0xF))
}

/// Mixes the bytes of a line, eight by eight as they count. Lines are compared wherever their hashes are the same, so it need only be quick.
#[inline(always)]
fn hash(line: &[u8], counts: impl Fn(u64) -> u64) -> u64 {
    const MIX: [u64; 2] = [0x9E37_79B9_7F4A_7C15, 0xC2B2_AE3D_27D4_EB4F];
    let mut mixed = line.len() as u64 ^ MIX[1];
    let mut take = |chunk: [u8; CHUNK]| {
        let both = u128::from_le_bytes(chunk);
        let (left, right) = (counts(both as u64) ^ mixed, counts((both >> 64) as u64) ^ MIX[0]);
        let product = u128::from(left) * u128::from(right);
        mixed = product as u64 ^ (product >> 64) as u64;
    };
    let (chunks, rest) = line.as_chunks::<CHUNK>();
    chunks.iter().for_each(|chunk| take(*chunk));
    if !rest.is_empty() {
        // The last bytes, some of them again.
        let last = line.last_chunk::<CHUNK>().copied().unwrap_or_else(|| {
            let mut last = [0; CHUNK];
            last[..rest.len()].copy_from_slice(rest);
            last
        });
        take(last);
    }
    mixed ^ mixed >> 29
}

#[cfg(test)]
mod tests;
