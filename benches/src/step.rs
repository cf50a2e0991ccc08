//! Whole runs of a small scenario through the engine: what one event costs, with and without its line in a trace.

use std::fmt::Write as _;
use std::hint::black_box;

use dsl::Reading;
use dsl::source::Sources;
use sim_core::engine::scenario::Scenario;
use sim_core::engine::{self, Record, RunConfig};
use sim_core::trace::json;
use sim_core::trace::names::Names;
use sim_core::trace::text::{self, Explain};
use sim_core::world::World;

use crate::Operation;

/// An open of a file with eight entries of which only the last one grants, over and over: one event, one check and one
/// line of text.
pub fn with_text() -> Operation {
    let (scenario, names) = read(&opens());
    let mut out = String::new();
    Box::new(move |times| {
        run(&scenario, times, &mut |world, record| {
            out.clear();
            text::write_record(&mut out, &scenario, &names, world, record, Explain::Nothing);
            black_box(&out);
        });
    })
}

/// The same without the line: the engine still explains each decision to whoever takes its records.
pub fn without_text() -> Operation {
    let (scenario, _) = read(&opens());
    Box::new(move |times| {
        run(&scenario, times, &mut |_, record| {
            black_box(record);
        })
    })
}

/// The line of JSON of one and the same record, made of the record.
pub fn json_line() -> Operation {
    on_one_record(|scenario, names, world, record| {
        let line = json::record(scenario, names, world, record, Explain::Nothing).expect("the step is known");
        Box::new(move |times| {
            let mut out = String::new();
            for _ in 0..times {
                out.clear();
                json::write_line(&mut out, black_box(&line));
                black_box(&out);
            }
        })
    })
}

/// The same line, written by `serde_json` alone into memory that is there.
pub fn json_bare() -> Operation {
    on_one_record(|scenario, names, world, record| {
        let line = json::record(scenario, names, world, record, Explain::Nothing).expect("the step is known");
        Box::new(move |times| {
            let mut out = Vec::new();
            for _ in 0..times {
                out.clear();
                serde_json::to_writer(&mut out, black_box(&line)).expect("memory takes it");
                black_box(&out);
            }
        })
    })
}

/// What `make` makes of the first record of the opens.
fn on_one_record(make: impl Fn(&Scenario, &Names, &World, &Record) -> Operation) -> Operation {
    let (scenario, names) = read(&opens());
    let mut made = None;
    run(&scenario, 1, &mut |world, record| made = Some(make(&scenario, &names, world, record)));
    made.expect("one event came")
}

/// One process that opens a file over and over.
pub fn opens() -> String {
    let mut source = String::from("scenario opens { model kobicha }\n");
    let groups: Vec<String> = (0..12).map(|n| format!("group{n}")).collect();
    for group in &groups {
        let _ = writeln!(source, "group {group} {{}}");
    }
    for n in 0..7 {
        let _ = writeln!(source, "group stranger{n} {{}}");
    }
    let _ = writeln!(source, "user alice {{ groups {} }}", groups.join(", "));
    let entry = |n| match n {
        0 | 1 => format!("deny stranger{n} full"),
        _ => format!("allow stranger{n} read"),
    };
    let entries: Vec<String> = (0..7).map(entry).collect();
    let _ = writeln!(
        source,
        "file \"/file\" {{ dacl protected {{ {}; allow group11 read }} }}",
        entries.join("; ")
    );
    source.push_str("process editor as alice { loop { open file \"/file\" for read } }\n");
    source
}

/// What is run, of its text.
pub fn read(text: &str) -> (Scenario, Names) {
    let mut sources = Sources::default();
    let file = sources.add("bench.scn".into(), text.into());
    let mut files = |_: &str| Err("it is one file".to_owned());
    let read = dsl::read(&mut sources, file, &mut Reading { params: &[], files: &mut files });
    let scenario = read.scenario.unwrap_or_else(|| panic!("{:?}", read.diagnostics));
    let names = Names::of(&scenario);
    (scenario, names)
}

/// Runs so many events.
fn run(scenario: &Scenario, events: u64, sink: &mut dyn FnMut(&World, &Record)) {
    let mut config = RunConfig::of(scenario, scenario.models[0]);
    config.limits.events = events;
    config.limits.time = u64::MAX;
    let finished = engine::run(scenario, &config, sink).expect("the model admits it");
    assert_eq!((finished.totals.events, finished.totals.errors), (events, 0));
}
