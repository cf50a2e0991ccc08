//! Runs with many threads: what an event of the whole engine costs with as many pending, with a trace, with records and
//! for nobody; what a clone of a run costs; and what the end of a process costs among many.

use std::hint::black_box;
use std::sync::Arc;

use sim_core::engine::queue::EventQueue;
use sim_core::engine::scenario::{Instruction, Scenario, Step};
use sim_core::engine::{RunConfig, Simulation};
use sim_core::ids::ThreadId;
use sim_core::trace::names::Names;
use sim_core::trace::text::{self, Explain};
use sim_core::world::NoRecord;
use sim_core::world::declare::ThreadDecl;

use crate::{Operation, step};

/// Who watches a run.
#[derive(Clone, Copy)]
pub enum Watched {
    /// Each record becomes a line of text.
    Text,
    /// Records are made.
    Records,
    /// Nobody.
    Silent,
}

/// Threads that do nothing but wait, from one to two milliseconds: what the engine itself costs, with as many events pending.
pub fn waits(threads: u32, watched: Watched) -> Operation {
    steady(waiting(threads), watched)
}

/// The open of a file over and over, for nobody.
pub fn opens_silent() -> Operation {
    steady(step::read(&step::opens()).0, Watched::Silent)
}

/// What the silent engine cannot do without, by itself: the earliest event, its operation in the world, the next event.
pub fn bare(scenario: Scenario) -> Operation {
    let run = unlimited(shared(scenario.clone()));
    let mut world = run.world().clone();
    let mut queue = EventQueue::default();
    let steps: Vec<Step> = scenario.programs.iter().map(|program| first_step(&program.code)).collect();
    (0..steps.len()).for_each(|n| queue.push(0, ThreadId(n as u32)));
    Box::new(move |times| {
        for _ in 0..times {
            let (time, thread) = queue.pop().expect("as many as before");
            world.now = time;
            let step = &steps[thread.index()];
            black_box(world.apply(thread, step.bind, &step.operation, &mut NoRecord));
            queue.push(time + step.cost.unwrap_or(1_000), thread);
        }
    })
}

/// [`bare`] for threads that wait.
pub fn waits_bare(threads: u32) -> Operation {
    bare(waiting(threads))
}

/// [`bare`] for an open over and over.
pub fn opens_bare() -> Operation {
    bare(step::read(&step::opens()).0)
}

/// A clone of a run with so many threads after some steps, dropped again.
pub fn clone(threads: u32) -> Operation {
    let simulation = waiting_run(threads);
    Box::new(move |times| {
        for _ in 0..times {
            black_box(black_box(&simulation).clone());
        }
    })
}

/// A clone of a run of the opens, dropped again.
pub fn clone_small() -> Operation {
    let mut simulation = unlimited(shared(step::read(&step::opens()).0));
    go_on(&mut simulation, 10);
    Box::new(move |times| {
        for _ in 0..times {
            black_box(black_box(&simulation).clone());
        }
    })
}

/// So many processes that each connect to one service, open a file and end, while the service impersonates each: eight
/// events for each of them. A run that is over begins again from a clone.
pub fn crowd(processes: u32) -> Operation {
    let mut source = String::from(
        "scenario crowd { model kobicha; allow_warnings impersonation_unchecked }
user alice { rid 1001 }
file \"/data\" { dacl protected { allow Everyone read } }
service server {
  account LocalService
  privileges SeImpersonatePrivilege
  endpoint e { transport stream }
  thread main { loop { c = accept server.e; impersonate c; f = open file \"/data\" for read; close f; revert; close c } }
}
",
    );
    for n in 0..processes {
        source.push_str(&format!(
            "process c{n} as alice {{ d = connect server.e level impersonation; f = open file \"/data\" for read }}\n"
        ));
    }
    let start = unlimited(shared(step::read(&source).0));
    let mut simulation = start.clone();
    Box::new(move |times| {
        for _ in 0..times {
            if simulation.advance_silently().is_err() {
                simulation = start.clone();
            }
        }
    })
}

/// So many threads that wait, after a round, as a run: for whoever counts what they take.
pub fn waiting_run(threads: u32) -> Simulation<'static> {
    let mut simulation = unlimited(shared(waiting(threads)));
    go_on(&mut simulation, threads);
    simulation
}

/// A scenario in which so many threads wait. They are copies of one that is read, so that none is parsed under callgrind.
pub fn waiting(threads: u32) -> Scenario {
    let source = "scenario waits { model kobicha }\nuser alice { rid 1001 }\nprocess p as alice {\n  \
                  thread t0 { loop { wait 1ms } }\n}\n";
    let mut scenario = step::read(source).0;
    let program = scenario.programs.pop().expect("a thread");
    for n in 0..threads {
        let mut program = program.clone();
        for instruction in &mut program.code {
            if let Instruction::Step(step) = instruction {
                step.cost = Some(u64::from(1_000 + n * 7 % 1_000) * 1_000);
            }
        }
        scenario.programs.push(program);
    }
    let name = |n| ThreadDecl { name: Arc::from(format!("t{n}")), waits: false };
    scenario.declarations.processes[0].threads = (0..threads).map(name).collect();
    scenario
}

/// Steps of a run that is begun once and goes on, so that what is counted is its steady state.
fn steady(scenario: Scenario, watched: Watched) -> Operation {
    let scenario = shared(scenario);
    let names = Names::of(scenario);
    let mut simulation = unlimited(scenario);
    let mut out = String::new();
    Box::new(move |times| {
        for _ in 0..times {
            match watched {
                Watched::Silent => {
                    let _ = black_box(simulation.advance_silently().expect("it never ends"));
                }
                Watched::Records => {
                    // Looked at where it is, as whoever runs a scenario does: to move it would cost what the engine does not.
                    let advanced = simulation.advance();
                    assert!(black_box(&advanced).is_ok(), "it never ends");
                }
                Watched::Text => {
                    let record = simulation.advance().expect("it never ends");
                    out.clear();
                    let world = simulation.world();
                    text::write_record(&mut out, scenario, &names, world, &record, Explain::Nothing);
                    black_box(&out);
                }
            }
        }
    })
}

fn go_on(simulation: &mut Simulation<'_>, events: u32) {
    for _ in 0..events {
        simulation.advance_silently().expect("it never ends");
    }
}

/// A scenario for runs that borrow it as long as the program runs.
fn shared(scenario: Scenario) -> &'static Scenario {
    Box::leak(Box::new(scenario))
}

fn unlimited(scenario: &Scenario) -> Simulation<'_> {
    let mut config = RunConfig::of(scenario, scenario.models[0]);
    config.limits.events = u64::MAX;
    config.limits.time = u64::MAX;
    Simulation::new(scenario, config).expect("the model admits it")
}

fn first_step(code: &[Instruction]) -> Step {
    let step = code.iter().find_map(|instruction| match instruction {
        Instruction::Step(step) => Some(step.as_ref().clone()),
        _ => None,
    });
    step.expect("a step")
}
