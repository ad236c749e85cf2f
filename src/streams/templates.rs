//! Lines that differ from one seen before in times and numbers alone are not looked into.
//!
//! Programs print few templates and fill in numbers. What a line is depends on its template, and on the digits that a rule, a level or a
//! stamp's date asks about; so for the templates that come again it is kept what they are and within which [`Bounds`]. Whether a line was
//! kept never changes what it is.

use std::ops::Range;

use super::neighbours::{Above, Begins, begins};
use super::own::Own;
use super::prepare::Text;
use super::record::Single;
use super::stamps::{Stamp, Timing, named, stamps};
use crate::envelope::Wrapping;
use crate::model::{Bounds, Time, numbers};
use crate::rules::Gate;

/// Lines kept at a time: most logs have fewer templates.
const MOST: usize = 4096;

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
    above: Option<Above>,
    /// Lines of its kind that were not within the bounds.
    missed: u32,
}

#[derive(Debug)]
enum What {
    /// Anything but a record.
    Own(Own),
    Record(Box<Kin>),
    /// Nothing that holds for another line.
    Unlike,
}

/// A record, and those like it.
#[derive(Debug)]
struct Kin {
    single: Single,
    times: [Option<Timing>; 2],
    /// The bounds to be, once it is known that the numbers in the record tell nothing.
    wide: Option<Bounds>,
}

/// Where a line is kept, until another takes its place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place(u32);

/// The templates of a source.
#[derive(Debug, Default)]
pub(super) struct Templates {
    /// Bytes of the blocks that were read with it.
    read: usize,
    /// Lines that were spared and may pay for keeping others.
    credit: u32,
    /// Hashes of lines seen lately. A line is kept when it comes again, so that those which never do displace nothing.
    seen: Vec<u32>,
    /// Parts of the hashes of those kept, by which most lines are told from them.
    tags: Vec<u32>,
    kept: Vec<Option<Kept>>,
}

impl Templates {
    /// Makes room once so much is read that lines will come again.
    pub(super) fn read(&mut self, block: &[u8]) {
        self.read = self.read.saturating_add(block.len());
        if self.seen.is_empty() && self.read >= WORTHWHILE {
            self.seen = vec![0; SEEN];
            self.tags = vec![0; MOST];
            self.kept = (0..MOST).map(|_| None).collect();
            self.credit = MOST_CREDIT;
        }
    }

    /// What a line is, if one like it was kept, and where that is; the line is given with its end, and its [`template`].
    pub(super) fn again(&mut self, hash: u64, line: &[u8]) -> Option<(Own, Place)> {
        let first = place(hash);
        let tags = self.tags.get(first..first + WAYS)?;
        let mut ways = (first..).zip(tags).filter(|(_, known)| **known == tag(hash)).map(|(at, _)| at);
        ways.find_map(|at| {
            let known = self.kept[at].as_mut().filter(|kept| kept.hash == hash)?.of(line)?;
            self.credit = (self.credit + 1).min(MOST_CREDIT);
            Some((known, Place(u32::try_from(at).ok()?)))
        })
    }

    /// Whether the line, which is like the one kept there, begins a record.
    pub(super) fn begins(&mut self, at: Place, line: &[u8], wrapping: &Wrapping) -> Begins {
        let Some(kept) = &mut self.kept[at.0 as usize] else { return Begins::Unknown };
        if let What::Record(_) = kept.what {
            return Begins::Here;
        }
        if kept.begins.as_ref().is_none_or(|(_, bounds)| !bounds.hold(line) && out_of_patience(&mut kept.missed)) {
            kept.begins = Some(begins(wrapping, line));
        }
        kept.begins.as_ref().filter(|(_, bounds)| bounds.hold(line)).map_or(Begins::Unknown, |(begins, _)| *begins)
    }

    /// Whether the line, which is like the one kept there, stands in this stream and channel, and its time; `None` where that is not known.
    pub(super) fn above(
        &mut self,
        at: Place,
        line: &[u8],
        wrapping: &Wrapping,
        (stream, channel): (&str, u8),
    ) -> Option<(bool, Option<Time>)> {
        let kept = self.kept.get_mut(at.0 as usize)?.as_mut()?;
        if kept.above.as_ref().is_none_or(|above| !above.holds(line) && out_of_patience(&mut kept.missed)) {
            kept.above = Some(Above::new(wrapping, line));
        }
        kept.above.as_ref().filter(|above| above.holds(line))?.tells(line, stream, channel)
    }

    /// Takes down that the gate made nothing of a line, or asks for what is around it.
    pub(super) fn marked(&mut self, hash: u64, line: &[u8], gate: &Gate<'_>, around: bool) {
        if !self.came_before(hash, line) {
            return;
        }
        let Some(at) = self.room(hash, hash, WAYS) else { return };
        let own = || What::Own(if around { Own::Unclear(None) } else { Own::Nothing });
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
            Own::Nothing | Own::NothingAlone => What::Own(own.clone()),
            Own::Unclear(_) => What::Own(Own::Unclear(None)),
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

    /// Whether such a line was seen lately, which it is now.
    fn came_before(&mut self, hash: u64, line: &[u8]) -> bool {
        if line.len() > MOST_LINE || self.seen.is_empty() {
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
        self.kept[at] = Some(Kept { hash, variant, bounds, what, begins: None, above: None, missed: 0 });
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

    /// What a line is if it is like this one.
    fn of(&mut self, line: &[u8]) -> Option<Own> {
        let kin = match &mut self.what {
            What::Own(own) => return self.bounds.hold(line).then(|| own.clone()),
            What::Record(kin) => kin,
            What::Unlike => return None,
        };
        if kin.wide.is_some() && kin.single.numbers_tell_nothing() {
            self.bounds = kin.wide.take()?;
            kin.single.rough = true;
        }
        self.bounds.hold(line).then(|| {
            let times = kin.times.map(|told| told.map(|told| told.time(line)));
            Own::Record(Single { times, ..kin.single.clone() })
        })
    }
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

    /// A record in a line with these stamps; `None` where it is not certain which times are its own.
    fn new(single: &Single, line: &[u8], stamps: &[Stamp], alike: Option<&Bounds>) -> Option<Self> {
        let Text::Whole(payload) = &single.read().text else { return None };
        let times = named(line, stamps, single)?;
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
        Some(Self { single: single.clone(), times, wide })
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
    let mut mixed = [line.len() as u64, MIX[1]];
    let mut take = |chunk: [u8; CHUNK]| {
        let both = u128::from_le_bytes(chunk);
        mixed[0] = (mixed[0].rotate_left(5) ^ counts(both as u64)).wrapping_mul(MIX[0]);
        mixed[1] = (mixed[1].rotate_left(5) ^ counts((both >> 64) as u64)).wrapping_mul(MIX[1]);
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
    let all = (mixed[0] ^ mixed[1].rotate_left(32)).wrapping_mul(MIX[0]);
    all ^ all >> 29
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::envelope::Wrapping;
    use crate::model::{SourceId, StreamId};
    use crate::rules::{CompiledRules, RuleSet};
    use crate::streams::prepare::{Read, read};

    fn whole(line: &str) -> Read {
        read(&Wrapping::default(), line.trim_end().as_bytes(), (1, 0), None, true)
    }

    /// What comes of lines that are read as records with these signals, when nothing like them is kept.
    struct Log {
        templates: Templates,
        gate: Gate<'static>,
        read: usize,
    }

    impl Log {
        fn new() -> Self {
            let rules = CompiledRules::new(RuleSet::embedded().expect("built-in rules")).expect("built-in rules");
            let gate = Gate::new(Box::leak(Box::new(rules)), &[]);
            let mut templates = Templates::default();
            templates.read(&[b' '; WORTHWHILE]);
            Self { templates, gate, read: 0 }
        }

        fn own(&mut self, line: &str) -> Option<Single> {
            let hash = template(line.as_bytes());
            match self.templates.again(hash, line.as_bytes()) {
                Some((Own::Record(single), _)) => Some(single),
                Some((other, _)) => panic!("{other:?}"),
                None => {
                    self.read += 1;
                    let single = Single::new(whole(line), Some(Vec::new()));
                    self.templates.own(hash, line.as_bytes(), &self.gate, &Own::Record(single));
                    None
                }
            }
        }
    }

    fn second(single: &Single) -> Option<i64> {
        single.moment().map(|time| time.nanos / 1_000_000_000 % 60)
    }

    #[test]
    fn a_line_that_came_again_is_known_by_all_but_its_stamps() {
        let mut log = Log::new();
        let line = |seconds: u32| format!("2026-11-23 08:00:{seconds:02},005 INFO app: request answered\n");
        for seconds in 1..=9 {
            let single = log.own(&line(seconds));
            assert!(single.is_none_or(|single| second(&single) == Some(i64::from(seconds))));
        }
        assert_eq!(log.read, 3, "a line is kept when it comes again, and so do others like it");
        for other in [line(4).replace("answered", "dropped"), line(4).replace("11-23", "11-24"), line(4) + " "] {
            assert!(log.own(&other).is_none(), "{other}");
        }
    }

    #[test]
    fn keeping_lines_has_to_pay() {
        let mut log = Log::new();
        for number in 0..5000_u32 {
            let word: String = (0..4).map(|at| char::from(b'a' + (number >> (4 * at) & 15) as u8)).collect();
            let line = format!("line {word} of many\n");
            for _ in 0..2 {
                let hash = template(line.as_bytes());
                assert!(log.templates.again(hash, line.as_bytes()).is_none(), "{line}");
                log.templates.marked(hash, line.as_bytes(), &log.gate, false);
            }
        }
        let kept = log.templates.kept.iter().flatten().count();
        assert!((100..600).contains(&kept), "{kept}");
    }

    #[test]
    fn a_short_source_gets_no_room() {
        let mut templates = Templates::default();
        templates.read(&[b' '; WORTHWHILE - 1]);
        assert!(templates.kept.is_empty() && !templates.came_before(7, b"x\n") && !templates.came_before(7, b"x\n"));
        templates.read(b"\n");
        assert!(templates.kept.len() == MOST && !templates.came_before(7, b"x\n") && templates.came_before(7, b"x\n"));
    }

    #[test]
    fn a_new_day_takes_the_place_of_the_old() {
        let mut log = Log::new();
        for day in [23, 24] {
            for seconds in 0..50 {
                log.own(&format!("2026-11-{day} 08:00:{seconds:02} INFO app: request answered\n"));
            }
        }
        let again = log.own("2026-11-24 23:59:59 INFO app: request answered\n").map(|single| second(&single));
        assert!(log.read < 30 && again.is_none(), "{}: late hours are a template of their own", log.read);
        assert!(log.own("2026-11-24 19:59:58 INFO app: request answered\n").is_some_and(|s| second(&s) == Some(58)));
    }

    #[test]
    fn numbers_are_disregarded_once_they_are_known_to_tell_nothing() {
        let mut log = Log::new();
        let line = |n: u32| {
            format!("10.0.0.{} - - [23/Nov/2026:08:00:{n:02} +0000] \"GET / HTTP/1.1\" 200 51{n:02}\n", n % 10)
        };
        (0..9).for_each(|n| drop(log.own(&line(n))));
        assert_eq!(log.read, 9, "nobody said that the numbers tell nothing");
        let kept = log.templates.kept.iter().flatten().find_map(|kept| match &kept.what {
            What::Record(kin) => Some(kin.single.clone()),
            _ => None,
        });
        let record = kept.expect("it is kept").into_record(SourceId(0), &StreamId::new(""), None);
        record.learn_of_numbers(|| true);
        let known = log.own(&line(42)).expect("it is like the others");
        assert!(known.rough && second(&known) == Some(42) && !known.read().stream.contains("10.0.0"));
        assert!(log.own(&line(43).replace(" 200 ", " 500 ")).is_none(), "a status is no such number");
    }

    #[test]
    fn a_number_that_the_gate_asks_about_is_not_disregarded() {
        let line = "2026-11-23 08:00:01 INFO app: served 10.0.0.7 in 1040 steps\n";
        let single = Single::new(whole(line), Some(Vec::new()));
        let wide = |gate: Bounds| {
            let kin =
                Kin::new(&single, line.as_bytes(), &stamps(line.as_bytes()), Some(&gate)).expect("its time is its own");
            kin.wide.expect("its signals are known")
        };
        let mut asks = Bounds::any_digits(line.as_bytes());
        asks.settle(line.as_bytes(), line.find("1040").expect("it stands there"), b"1040");
        for (other, if_not, if_asked) in [("10.0.0.8 in 1040", true, true), ("10.0.0.7 in 1041", true, false)] {
            let other = line.replace("10.0.0.7 in 1040", other);
            assert_eq!(wide(Bounds::any_digits(line.as_bytes())).hold(other.as_bytes()), if_not, "{other}");
            assert_eq!(wide(asks.clone()).hold(other.as_bytes()), if_asked, "{other}");
        }
    }

    #[test]
    fn lines_that_come_once_displace_nothing() {
        let mut log = Log::new();
        let kept = "2026-11-23 08:00:01 INFO app: request answered\n";
        (0..3).for_each(|_| drop(log.own(kept)));
        for number in 0..10_000 {
            log.own(&format!(
                "2026-11-23 08:00:01 INFO app: request {number:x}-{} answered\n",
                "a".repeat(number % 97)
            ));
        }
        assert!(log.own(kept).is_some());
    }

    #[test]
    fn a_stamp_that_is_no_time_of_the_record_is_part_of_what_it_says() {
        let mut log = Log::new();
        let line = |minute: u32| format!("2026-11-23 08:{minute:02}:01 next run at 2026-11-24 08:{minute:02}:02\n");
        (0..5).for_each(|_| drop(log.own(&line(5))));
        assert!(log.own(&line(5)).is_some() && log.own(&line(6)).is_none());
    }

    #[test]
    fn what_the_gate_made_of_a_line_holds_for_those_like_it() {
        let mut log = Log::new();
        let line = |n: u32| format!("2026-11-23 08:00:01 INFO app: chunked {n} documents\n");
        let mut again = |n| {
            let (line, hash) = (line(n), template(line(n).as_bytes()));
            let known = log.templates.again(hash, line.as_bytes()).map(|(own, _)| own);
            log.templates.marked(hash, line.as_bytes(), &log.gate, true);
            known
        };
        assert!(again(10).is_none() && again(11).is_none());
        assert!(matches!(again(98), Some(Own::Unclear(None))));
        assert!(again(100).is_none(), "one digit more is another template");
    }
}
