//! What scripts cost: a call through the engine's port beside the script engine alone, a predicate, and whole steps.

use std::hint::black_box;

use sim_core::engine::rng::{Purpose, SimRng};
use sim_core::engine::scenario::{Limits, Scenario};
use sim_core::engine::script::{Answer, Event, Given, Scene, Suspended, Turn};
use sim_core::engine::{RunConfig, run};
use sim_core::ids::ProcessId;
use sim_core::world::op::{Call, Outcome, Success, Value};

use crate::Operation;

/// A function with five native calls and five names, called by the script engine as it comes, made once.
pub fn anchor() -> Operation {
    let mut engine = rhai::Engine::new();
    for name in ["one", "two", "three", "four", "five"] {
        engine.register_fn(name, |number: i64| black_box(number) + 1);
    }
    let source =
        "fn f(n) { let a = one(n); let b = two(a); let c = three(b); let d = four(c); let e = five(d); e }";
    let ast = engine.compile(source).expect("it is a script");
    Box::new(move |times| {
        for n in 0..times {
            let result: i64 =
                engine.call_fn(&mut rhai::Scope::new(), &ast, "f", (n as i64,)).expect("it runs");
            black_box(result);
        }
    })
}

/// The same through the port: a function with five operations whose results are known, up to its end.
pub fn hook() -> Operation {
    let scenario = read(
        "fn f(n) { let a = read(n); let b = read(n); let c = read(n); let d = read(n); let e = read(n); e }",
    );
    let scripts = scenario.scripts.clone().expect("it has scripts");
    let answer = || {
        std::sync::Arc::new(Answer {
            outcome: Outcome::Done(Success::Ok),
            handle: None,
            value: Value::Nothing,
            granted: None,
            at: 0,
        })
    };
    let call = Call { function: 0, arguments: [Value::Nothing].into() };
    let mut waiting = Suspended::new(call, 0, 0);
    waiting.given = (0..5).map(|_| Given::Result(answer())).collect();
    let scene = Scene { process: ProcessId(0), limits: Limits::default() };
    let mut random = SimRng::new(0, Purpose::Scripts);
    Box::new(move |times| {
        for _ in 0..times {
            let mut call = waiting.clone();
            let turn = scripts.resume(&mut call, &scene, &mut random);
            assert!(matches!(turn, Turn::Returns(_)));
            black_box(turn);
        }
    })
}

/// A predicate that looks at three fields of an event.
pub fn predicate() -> Operation {
    let scenario = read("");
    let scripts = scenario.scripts.clone().expect("it has a predicate");
    let mut kept = None;
    run(&scenario, &RunConfig::of(&scenario, scenario.models[0]), &mut |world, record| {
        kept = Some((world.clone(), record.clone()));
    })
    .expect("the model admits it");
    let (world, record) = kept.expect("one event came");
    Box::new(move |times| {
        for _ in 0..times {
            let event =
                Event { scenario: &scenario, world: &world, record: &record, check: None, verb: "note" };
            black_box(scripts.holds(0, &event).expect("it is a predicate"));
        }
    })
}

/// Steps of a script in a whole run: calls of five operations, each paid for with another run from the beginning.
pub fn steps() -> Operation {
    let scenario = read("fn f(n) { for k in 0..5 { wait(1000); } }\n");
    Box::new(move |times| {
        let mut config = RunConfig::of(&scenario, scenario.models[0]);
        config.limits.events = times;
        config.limits.time = u64::MAX;
        let finished = run(&scenario, &config, &mut |_, record| {
            black_box(record);
        })
        .expect("the model admits it");
        assert_eq!(finished.totals.events, times);
    })
}

fn read(functions: &str) -> Scenario {
    let steps = if functions.is_empty() { "note \"x\"" } else { "loop { call f 1 }" };
    let claim = match functions {
        "" => "never script { |e| e.granted && e.object == \"/srv/secret\" && e.subject == \"bob\" }",
        _ => "",
    };
    let text = format!(
        "scenario scripts {{ model kobicha }}\nuser alice {{ rid 1001 }}\nscript {{\n{functions}\n}}\n\
         process p as alice {{ {steps} }}\n{claim}\n"
    );
    let mut sources = dsl::source::Sources::default();
    let file = sources.add("bench.scn".into(), text);
    let (scenario, diagnostics) = dsl::read_scenario(&mut sources, file);
    scenario.unwrap_or_else(|| panic!("{diagnostics:?}"))
}
