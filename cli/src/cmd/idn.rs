//! `scn idn`: who a process or thread is, at an instant of a run (IMP-38 to IMP-40).

use clap::{Args, Subcommand, ValueEnum};
use schemars::JsonSchema;
use serde::Serialize;
use sim_core::engine;
use sim_core::ids::{ProcessId, ThreadId};
use sim_core::trace::facts::{self, IdentityLine, ThreadLine};
use sim_core::trace::identity::{self, ComparedLine, Sids};
use sim_core::world::{Shown, World};

use crate::io::{self, Exit};
use crate::load::{self, Loaded, RunOptions};

/// How each of them ends.
const EXITS: &str = "Exit codes: 0 fine; 2 bad usage, no such process or thread, or a file cannot be read; 3 something is wrong with the scenario; \
4 a limit was hit.";

/// Show who a process or thread is, at an instant of a run
#[derive(Args)]
#[command(after_help = EXITS)]
pub(crate) struct Idn {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Show the identity of a process, or the one in effect on a thread
    #[command(after_help = EXITS)]
    Show {
        /// The scenario; `-` reads standard input
        #[arg(value_name = "FILE")]
        file: String,
        /// A pid, or pid/tid; names serve as well: `fileserver/worker`
        #[arg(value_name = "PID[/TID]")]
        target: String,
        #[command(flatten)]
        when: When,
    },
    /// Hold two identities against each other
    #[command(after_help = EXITS)]
    Compare {
        /// The scenario; `-` reads standard input
        #[arg(value_name = "FILE")]
        file: String,
        /// The first one: a pid, or pid/tid; names serve as well
        #[arg(value_name = "PID[/TID]")]
        a: String,
        /// The second one
        #[arg(value_name = "PID[/TID]")]
        b: String,
        #[command(flatten)]
        when: When,
    },
    /// List the threads of a process and whom they act as
    #[command(after_help = EXITS)]
    Threads {
        /// The scenario; `-` reads standard input
        #[arg(value_name = "FILE")]
        file: String,
        /// A pid or the name of a process
        #[arg(value_name = "PID")]
        process: String,
        #[command(flatten)]
        when: When,
    },
}

#[derive(Args)]
struct When {
    /// Look after the events of this instant, such as `5ms`; without it after the last event
    #[arg(long, value_name = "TIME", value_parser = time)]
    at: Option<u64>,
    /// How it is written
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Shorten SIDs of domains to their last number
    #[arg(long)]
    short: bool,
    #[command(flatten)]
    options: RunOptions,
}

/// How identities are written.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// As the step `show` writes it in a trace
    Text,
    /// One JSON object; `scn schema identity` prints the schema
    Json,
}

/// What `scn idn … --format json` prints.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum IdnReport {
    /// `show`
    Identity(Box<IdentityLine>),
    /// `threads`
    Threads {
        /// In the order of their tids.
        threads: Vec<ThreadLine>,
    },
    /// `compare`
    Compared {
        /// The first identity.
        a: Box<IdentityLine>,
        /// The second one.
        b: Box<IdentityLine>,
        /// Both side by side.
        lines: Vec<ComparedLine>,
    },
}

fn time(text: &str) -> Result<u64, String> {
    load::duration(text).ok_or_else(|| "expected a duration such as `5ms`".to_owned())
}

impl Idn {
    pub(crate) fn execute(&self) -> Exit {
        let (file, when) = match &self.what {
            What::Show { file, when, .. }
            | What::Compare { file, when, .. }
            | What::Threads { file, when, .. } => (file, when),
        };
        let mut loaded = match load::load(file, &when.options.play) {
            Ok(loaded) => loaded,
            Err(exit) => return exit,
        };
        let mut config = when.options.config(&loaded.scenario);
        config.until = when.at;
        let world = match loaded.world(&config.model) {
            Ok(world) => world,
            Err(why) => return io::failure(&why, Exit::Text),
        };
        let finished = engine::run_in(world, &loaded.scenario, &config, &mut |_, _| {});
        let shown = self.report(&finished.world, &loaded, when);
        match shown {
            Ok(shown) => {
                io::print(&shown);
                if finished.limited() { Exit::Limit } else { Exit::Fine }
            }
            Err(error) => io::failure(&error, Exit::Usage),
        }
    }

    /// What is printed of the world at that instant.
    fn report(&self, world: &World, loaded: &Loaded, when: &When) -> Result<String, String> {
        let names = &loaded.names;
        let sids = if when.short { Sids::Short } else { Sids::Full };
        let (text, report) = match &self.what {
            What::Show { target, .. } => {
                let shown = shown(world, target)?;
                let line = facts::identity(names, &shown);
                (identity::show(&shown, names, sids), IdnReport::Identity(Box::new(line)))
            }
            What::Threads { process, .. } => {
                let rows = world.show_process_threads(find_process(world, process)?);
                let threads = facts::threads(names, &rows);
                (identity::show_threads(&rows, names, sids), IdnReport::Threads { threads })
            }
            What::Compare { a, b, .. } => {
                let (first, second) = (shown(world, a)?, shown(world, b)?);
                let lines = identity::compare(&first, &second, names, sids);
                let text = identity::compared_words(&lines);
                let [a, b] = [first, second].map(|shown| Box::new(facts::identity(names, &shown)));
                (text, IdnReport::Compared { a, b, lines })
            }
        };
        Ok(match when.format {
            Format::Text => text,
            Format::Json => {
                let json = serde_json::to_string(&report).unwrap_or_default();
                format!("{}\n", sim_core::text::escape_json(&json))
            }
        })
    }
}

/// The identity of a process, or the one in effect on a thread.
fn shown(world: &World, target: &str) -> Result<Shown, String> {
    let (process, thread) = target.split_once('/').map_or((target, None), |(pid, tid)| (pid, Some(tid)));
    let process = find_process(world, process)?;
    Ok(match thread {
        None => world.show_process(process),
        Some(thread) => world.show_thread(find_thread(world, process, thread)?),
    })
}

fn find_process(world: &World, wanted: &str) -> Result<ProcessId, String> {
    // A number is a pid before it is a name.
    let processes = world.processes();
    let by_pid = processes.iter().position(|process| process.pid.to_string() == wanted);
    let found = by_pid.or_else(|| processes.iter().position(|process| process.name.as_ref() == wanted));
    found.map(|n| ProcessId(n as u32)).ok_or_else(|| {
        let list: Vec<String> =
            world.processes().iter().map(|process| format!("{} ({})", process.pid, process.name)).collect();
        let wanted = sim_core::text::escape(wanted);
        format!(
            "there is no process `{wanted}`; the processes are {}",
            sim_core::text::escape(&list.join(", "))
        )
    })
}

fn find_thread(world: &World, process: ProcessId, wanted: &str) -> Result<ThreadId, String> {
    let own = || world.threads().iter().enumerate().filter(|(_, thread)| thread.process == process);
    let by_tid = own().find(|(_, thread)| thread.tid.to_string() == wanted);
    let found = by_tid.or_else(|| own().find(|(_, thread)| thread.name.as_ref() == wanted));
    found.map(|(n, _)| ThreadId(n as u32)).ok_or_else(|| {
        let list: Vec<String> =
            own().map(|(_, thread)| format!("{} ({})", thread.tid, thread.name)).collect();
        let wanted = sim_core::text::escape(wanted);
        format!("there is no thread `{wanted}`; the threads are {}", sim_core::text::escape(&list.join(", ")))
    })
}
