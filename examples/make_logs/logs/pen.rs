//! Fills templates: fixed text with `%{slots}` for what varies, at memory speed.

use fastrand::Rng;
use jiff::Timestamp;

/// 2026-11-23 08:00:00 UTC.
const START: i64 = 1_795_420_800;

const WORDS: [&str; 64] = [
    "amber", "anchor", "atlas", "aurora", "bamboo", "basalt", "beacon", "birch", "breeze", "canyon", "cedar", "cinder",
    "cobalt", "comet", "copper", "coral", "crystal", "delta", "ember", "falcon", "fern", "fjord", "garnet", "glacier",
    "granite", "harbor", "hazel", "heron", "indigo", "ivory", "jasper", "juniper", "lagoon", "lantern", "larch",
    "lotus", "maple", "marble", "meadow", "mesa", "mistral", "nectar", "nimbus", "oasis", "onyx", "opal", "orchid",
    "osprey", "pebble", "pine", "prairie", "quartz", "raven", "reef", "saffron", "sierra", "solstice", "spruce",
    "summit", "tundra", "velvet", "willow", "zenith", "zephyr",
];

const ROUTES: [&str; 12] = [
    "/",
    "/api/tickets",
    "/api/tickets/4711",
    "/api/orders?page=2",
    "/static/app.js",
    "/static/error.css",
    "/healthz",
    "/api/search?q=invoice+failed",
    "/docs/errors/denied.html",
    "/favicon.ico",
    "/api/users/me",
    "/metrics",
];

const PODS: [&str; 4] = [
    "[pod/checkout-6f9d7c5b84-2xkqv/app] ",
    "[pod/checkout-6f9d7c5b84-8hzrn/app] ",
    "[pod/search-5c4b8f7d9-lq7tm/api] ",
    "[pod/mailer-0/mailer] ",
];

const AGENTS: [&str; 4] = [
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15",
    "kube-probe/1.30",
    "curl/8.5.0",
];

#[derive(Clone, Copy, Debug)]
enum Slot {
    /// `2026-11-23 08:49:13,582`
    Py,
    /// `2026-11-23 08:49:13.582`
    Spring,
    /// `2026-11-23T08:49:13.582Z`
    Iso,
    /// `23/Nov/2026:08:49:13 +0000`
    Clf,
    /// `Nov 23 08:49:13`
    Syslog,
    /// `1123 08:49:13.582000`
    Klog,
    /// `2026/11/23 08:49:13`
    Go,
    /// Below 10.
    Digit,
    /// Below 100, two digits.
    Two,
    /// Below 2000.
    Ms,
    /// Below a million.
    Id,
    /// Below four thousand million.
    Big,
    Hex8,
    Hex16,
    Uuid,
    Ip,
    Word,
    /// Three words with hyphens.
    Name,
    Route,
    Pod,
    Agent,
}

impl Slot {
    fn named(name: &str) -> Self {
        match name {
            "py" => Self::Py,
            "spring" => Self::Spring,
            "iso" => Self::Iso,
            "clf" => Self::Clf,
            "syslog" => Self::Syslog,
            "klog" => Self::Klog,
            "go" => Self::Go,
            "digit" => Self::Digit,
            "two" => Self::Two,
            "ms" => Self::Ms,
            "id" => Self::Id,
            "big" => Self::Big,
            "hex8" => Self::Hex8,
            "hex16" => Self::Hex16,
            "uuid" => Self::Uuid,
            "ip" => Self::Ip,
            "word" => Self::Word,
            "name" => Self::Name,
            "route" => Self::Route,
            "pod" => Self::Pod,
            "agent" => Self::Agent,
            _ => panic!("no slot is called {name}"),
        }
    }
}

/// A text with slots.
#[derive(Clone, Debug)]
pub(super) struct Template {
    parts: Vec<(Box<str>, Option<Slot>)>,
}

impl Template {
    /// Reads `%{slot}`s in a text.
    pub(super) fn new(text: &str) -> Self {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("%{") {
            let (slot, after) = after.split_once('}').expect("a slot is closed");
            parts.push((before.into(), Some(Slot::named(slot))));
            rest = after;
        }
        parts.push((rest.into(), None));
        Self { parts }
    }

    /// One template a text, each with a line end.
    pub(super) fn lines(texts: &[&str]) -> Vec<Self> {
        texts.iter().map(|text| Self::new(&format!("{text}\n"))).collect()
    }
}

/// Writes records while time goes by.
pub(super) struct Pen {
    /// What is written.
    pub(super) bytes: Vec<u8>,
    /// Whatever has to be chosen is chosen here.
    pub(super) rng: Rng,
    millis: i64,
    second: i64,
    /// The second, written as `2026-11-23 08:49:13`.
    now: [u8; 19],
    month: [u8; 3],
}

impl Pen {
    pub(super) fn new(seed: u64) -> Self {
        let rng = Rng::with_seed(seed);
        Self { bytes: Vec::new(), rng, millis: START * 1000, second: 0, now: [b' '; 19], month: [b' '; 3] }
    }

    /// Time goes on by up to this many milliseconds.
    pub(super) fn wait(&mut self, most: i64) {
        self.millis += self.rng.i64(0..=most);
        let second = self.millis / 1000;
        if second != self.second {
            self.second = second;
            let now = Timestamp::from_second(second).expect("a time of our days");
            self.now.copy_from_slice(now.strftime("%Y-%m-%d %H:%M:%S").to_string().as_bytes());
            self.month.copy_from_slice(now.strftime("%b").to_string().as_bytes());
        }
    }

    pub(super) fn text(&mut self, text: &str) {
        self.bytes.extend_from_slice(text.as_bytes());
    }

    /// One of these.
    pub(super) fn any<'t, T>(&mut self, of: &'t [T]) -> &'t T {
        &of[self.rng.usize(..of.len())]
    }

    /// Fills a template in.
    pub(super) fn fill(&mut self, template: &Template) {
        for (text, slot) in &template.parts {
            self.bytes.extend_from_slice(text.as_bytes());
            if let Some(slot) = slot {
                self.slot(*slot);
            }
        }
    }

    fn slot(&mut self, slot: Slot) {
        match slot {
            Slot::Py => self.stamp(b' ', b","),
            Slot::Spring => self.stamp(b' ', b"."),
            Slot::Iso => {
                self.stamp(b'T', b".");
                self.bytes.push(b'Z');
            }
            Slot::Clf => {
                self.now(8..10);
                self.bytes.push(b'/');
                self.bytes.extend_from_slice(&self.month);
                self.bytes.push(b'/');
                self.now(0..4);
                self.bytes.push(b':');
                self.now(11..19);
                self.text(" +0000");
            }
            Slot::Syslog => {
                self.bytes.extend_from_slice(&self.month);
                self.now(7..19);
                let day = self.bytes.len() - 12;
                self.bytes[day] = b' ';
            }
            Slot::Klog => {
                self.now(5..7);
                self.now(8..19);
                self.bytes.push(b'.');
                self.padded(self.millis.unsigned_abs() % 1000, 3);
                self.text("000");
            }
            Slot::Go => {
                self.now(0..19);
                let from = self.bytes.len() - 19;
                self.bytes[from + 4] = b'/';
                self.bytes[from + 7] = b'/';
            }
            Slot::Digit => self.below(10),
            Slot::Two => {
                let number = self.rng.u64(..100);
                self.padded(number, 2);
            }
            Slot::Ms => self.below(2000),
            Slot::Id => self.below(1_000_000),
            Slot::Big => self.below(4_000_000_000),
            Slot::Hex8 => self.hex(8),
            Slot::Hex16 => self.hex(16),
            Slot::Uuid => {
                for (at, digits) in [8, 4, 4, 4, 12].into_iter().enumerate() {
                    if at > 0 {
                        self.bytes.push(b'-');
                    }
                    self.hex(digits);
                }
            }
            Slot::Ip => {
                self.text("10.");
                self.below(256);
                self.bytes.push(b'.');
                self.below(256);
                self.bytes.push(b'.');
                self.below(256);
            }
            Slot::Word => self.choice(&WORDS),
            Slot::Name => {
                self.choice(&WORDS);
                self.bytes.push(b'-');
                self.choice(&WORDS);
                self.bytes.push(b'-');
                self.choice(&WORDS);
            }
            Slot::Route => self.choice(&ROUTES),
            Slot::Pod => self.choice(&PODS),
            Slot::Agent => self.choice(&AGENTS),
        }
    }

    fn now(&mut self, range: std::ops::Range<usize>) {
        self.bytes.extend_from_slice(&self.now[range]);
    }

    fn stamp(&mut self, between: u8, point: &[u8]) {
        self.now(0..10);
        self.bytes.push(between);
        self.now(11..19);
        self.bytes.extend_from_slice(point);
        self.padded(self.millis.unsigned_abs() % 1000, 3);
    }

    fn choice(&mut self, of: &[&str]) {
        let text = of[self.rng.usize(..of.len())];
        self.text(text);
    }

    fn below(&mut self, bound: u64) {
        let number = self.rng.u64(..bound);
        self.padded(number, 1);
    }

    /// A number with at least so many digits.
    fn padded(&mut self, mut number: u64, least: usize) {
        let mut digits = [b'0'; 20];
        let mut from = digits.len();
        while number > 0 || digits.len() - from < least {
            from -= 1;
            digits[from] = b'0' + (number % 10) as u8;
            number /= 10;
        }
        self.bytes.extend_from_slice(&digits[from..]);
    }

    fn hex(&mut self, digits: usize) {
        let bits = self.rng.u64(..);
        self.bytes.extend((0..digits).map(|at| b"0123456789abcdef"[(bits >> (4 * at)) as usize & 15]));
    }
}
