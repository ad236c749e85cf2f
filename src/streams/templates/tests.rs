use super::*;
use crate::envelope::Wrapping;
use crate::rules::{CompiledRules, RuleSet};
use crate::streams::prepare::{Read, read};
use crate::streams::record::{moment, stamped};
use crate::streams::tests::ORIGIN;

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
        let mut records = Gathered::new(&ORIGIN, None, Vec::new());
        self.templates.blocks += 1;
        match self.templates.again(hash, line.as_bytes(), &mut records) {
            Some((Known::Record(saying), _)) => Some(records.single(&saying, (1, 0))),
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
    stamped(single.times).map(|time| time.nanos / 1_000_000_000 % 60)
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
            assert!(
                log.templates.again(hash, line.as_bytes(), &mut Gathered::new(&ORIGIN, None, Vec::new())).is_none(),
                "{line}"
            );
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
    let line =
        |n: u32| format!("10.0.0.{} - - [23/Nov/2026:08:00:{n:02} +0000] \"GET / HTTP/1.1\" 200 51{n:02}\n", n % 10);
    (0..9).for_each(|n| drop(log.own(&line(n))));
    assert_eq!(log.read, 9, "nobody said that the numbers tell nothing");
    let kept = log.templates.kept.iter().flatten().find_map(|kept| match &kept.what {
        What::Record(kin) => Some(kin.single.clone()),
        _ => None,
    });
    let moment = moment(&ORIGIN, None, None, (1, 0));
    let record = kept.expect("it is kept").into_record(&ORIGIN, moment, Vec::new());
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
        log.own(&format!("2026-11-23 08:00:01 INFO app: request {number:x}-{} answered\n", "a".repeat(number % 97)));
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
        let mut records = Gathered::new(&ORIGIN, None, Vec::new());
        let known = log.templates.again(hash, line.as_bytes(), &mut records).map(|(known, _)| known);
        log.templates.marked(hash, line.as_bytes(), &log.gate, true);
        known
    };
    assert!(again(10).is_none() && again(11).is_none());
    assert!(matches!(again(98), Some(Known::Unclear)));
    assert!(again(100).is_none(), "one digit more is another template");
}
