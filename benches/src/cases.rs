//! The table of cases and of the ratios between them.

use crate::Operation;
use crate::access::Watched::{Explained, Silent};
use crate::threads::Watched::{Records, Silent as Alone, Text};
use crate::{access, cedar, descriptor_text, language, load, queue, script, step, threads, world};

/// One case.
pub struct Case {
    /// Its name, as the command line takes it.
    pub name: &'static str,
    /// The smaller of the two sizes at which instructions are counted; the larger one is three times that.
    pub counted: u64,
    /// Makes it ready.
    pub make: fn() -> Operation,
}

const fn case(name: &'static str, counted: u64, make: fn() -> Operation) -> Case {
    Case { name, counted, make }
}

/// Every case.
pub const CASES: &[Case] = &[
    case("check-8", 2_000, || access::plain(8, 12, Silent)),
    case("check-8-explained", 1_000, || access::plain(8, 12, Explained)),
    case("check-40", 2_000, || access::plain(40, 60, Silent)),
    case("check-40-explained", 500, || access::plain(40, 60, Explained)),
    case("check-8-of-60-groups", 2_000, || access::plain(8, 60, Silent)),
    case("check-conditional", 2_000, || access::conditional(Silent)),
    case("check-conditional-explained", 500, || access::conditional(Explained)),
    case("check-central", 2_000, || access::central(Silent)),
    case("check-central-explained", 500, || access::central(Explained)),
    case("check-8-10-objects", 10_000, || access::plain_among(10, 8, 12, Silent)),
    case("check-8-10000-objects", 10_000, || access::plain_among(10_000, 8, 12, Silent)),
    case("sweep-repeated", 10_000, access::swept),
    case("open-10-objects", 10_000, || world::opens(10)),
    case("open-10000-objects", 10_000, || world::opens(10_000)),
    case("cedar", 200, cedar::decision),
    case("queue-1000", 10_000, || queue::engine(1_000)),
    case("heap-1000", 10_000, || queue::heap(1_000)),
    case("queue-100000", 100_000, || queue::engine(100_000)),
    case("heap-100000", 100_000, || queue::heap(100_000)),
    case("wait-10", 10_000, || threads::waits(10, Records)),
    case("wait-1000", 10_000, || threads::waits(1_000, Records)),
    case("wait-100000", 100_000, || threads::waits(100_000, Records)),
    case("wait-10-text", 10_000, || threads::waits(10, Text)),
    case("wait-1000-text", 10_000, || threads::waits(1_000, Text)),
    case("wait-100000-text", 100_000, || threads::waits(100_000, Text)),
    case("wait-10-silent", 10_000, || threads::waits(10, Alone)),
    case("wait-1000-silent", 10_000, || threads::waits(1_000, Alone)),
    case("wait-100000-silent", 100_000, || threads::waits(100_000, Alone)),
    case("wait-1000-bare", 10_000, || threads::waits_bare(1_000)),
    case("step-text", 1_000, step::with_text),
    case("step-no-text", 1_000, step::without_text),
    case("step-silent", 1_000, threads::opens_silent),
    case("step-bare", 1_000, threads::opens_bare),
    case("clone", 500, threads::clone_small),
    case("clone-1000", 50, || threads::clone(1_000)),
    case("crowd-1000", 8_001, || threads::crowd(1_000)),
    case("crowd-10000", 80_001, || threads::crowd(10_000)),
    case("load-object", 10_000, load::objects),
    case("load-principal", 3_000, load::principals),
    case("sddl-read", 500, descriptor_text::read_sddl),
    case("sddl-write", 500, descriptor_text::write_sddl),
    case("binary-read", 2_000, descriptor_text::read_binary),
    case("binary-write", 2_000, descriptor_text::write_binary),
    case("json-line", 500, step::json_line),
    case("json-serde", 500, step::json_bare),
    case("language-pairs", 2, language::pairs),
    case("language-program", 2, language::program),
    case("language-world", 2, language::world),
    case("script-hook", 500, script::hook),
    case("script-rhai", 500, script::anchor),
    case("script-predicate", 500, script::predicate),
    case("script-step", 1_200, script::steps),
];

/// What is set against what: words, and the two cases.
pub const RATIOS: &[(&str, &str, &str)] = &[
    ("cedar / check of 8 entries", "cedar", "check-8"),
    ("cedar / explained check of 8 entries", "cedar", "check-8-explained"),
    ("40 entries, 60 groups / 8 entries, 12 groups", "check-40", "check-8"),
    ("check of 8 entries / asked again in a sweep", "check-8", "sweep-repeated"),
    ("explained / silent, 8 entries", "check-8-explained", "check-8"),
    ("explained / silent, 40 entries", "check-40-explained", "check-40"),
    ("explained / silent, conditional", "check-conditional-explained", "check-conditional"),
    ("explained / silent, central policy", "check-central-explained", "check-central"),
    ("checks: 10,000 objects / 10 objects", "check-8-10000-objects", "check-8-10-objects"),
    ("opens: 10,000 objects / 10 objects", "open-10000-objects", "open-10-objects"),
    ("event queue / bare heap, 1,000 pending", "queue-1000", "heap-1000"),
    ("event queue / bare heap, 100,000 pending", "queue-100000", "heap-100000"),
    ("event queue: 100,000 / 1,000 pending", "queue-100000", "queue-1000"),
    ("engine with waiting threads / bare heap, 1,000 pending", "wait-1000", "heap-1000"),
    ("silent engine with waiting threads / bare heap, 1,000", "wait-1000-silent", "heap-1000"),
    ("silent engine with waiting threads / queue and world alone", "wait-1000-silent", "wait-1000-bare"),
    ("engine with waiting threads: 100,000 / 1,000", "wait-100000", "wait-1000"),
    ("silent engine with waiting threads: 100,000 / 1,000", "wait-100000-silent", "wait-1000-silent"),
    ("engine with waiting threads: text / silent, 1,000", "wait-1000-text", "wait-1000-silent"),
    ("step with text / without", "step-text", "step-no-text"),
    ("step with records / silent", "step-no-text", "step-silent"),
    ("silent step / queue and world alone", "step-silent", "step-bare"),
    ("event among processes that end: 10,000 / 1,000", "crowd-10000", "crowd-1000"),
    ("JSON line / serde_json alone", "json-line", "json-serde"),
    ("source to program / pairs of the grammar alone", "language-program", "language-pairs"),
    ("script hook with 5 operations / rhai with 5 native calls", "script-hook", "script-rhai"),
];
