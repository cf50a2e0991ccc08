//! The `scn` command: arguments in, exit code out. What each command does is in `cmd`, how files and streams are
//! touched in `io`; everything else is in the libraries, which touch neither.

mod cmd;
mod doubts;
mod golden;
mod io;
mod load;

use std::process::ExitCode;
use std::sync::LazyLock;

use clap::{CommandFactory, Parser, Subcommand};

/// What `--version` tells: the version, the format of its traces, and the commit of a release.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let commit = match env!("SCN_COMMIT") {
        "" => String::new(),
        commit => format!(", commit {commit}"),
    };
    format!("{} (trace format {}{commit})", env!("CARGO_PKG_VERSION"), sim_core::trace::FORMAT)
});

/// A deterministic simulator of identity, impersonation and access decisions.
///
/// A `.scn` file says who exists, what exists and who does what; `scn` replays it in virtual time and tells, for every
/// access decision, what was decided, for whom, and why.
#[derive(Parser)]
#[command(name = "scn", version, long_version = VERSION.as_str(), max_term_width = 100, arg_required_else_help = true)]
#[command(
    after_help = "Exit codes: 0 fine; 1 the answer is no; 2 bad usage or an unreadable file; 3 a text that does \
not parse or resolve; 4 a limit was hit; 70 a bug of ours."
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// When to colour messages
    #[arg(long, value_name = "WHEN", global = true, value_enum, default_value_t = io::Colour::Auto)]
    color: io::Colour,
}

#[derive(Subcommand)]
enum Command {
    Run(cmd::run::Run),
    Check(cmd::check::Check),
    Fmt(cmd::fmt::Fmt),
    Test(cmd::test::Test),
    Whatif(cmd::whatif::Whatif),
    Compare(cmd::compare::Compare),
    Idn(cmd::idn::Idn),
    Decide(cmd::decide::Decide),
    Explain(cmd::explain::Explain),
    Sd(cmd::sd::Sd),
    Schema(cmd::schema::Schema),
    Completions(cmd::completions::Completions),
    Man(cmd::man::Man),
}

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return io::usage(&error, || Arguments::try_parse_from(io::safe_arguments()).err()),
    };
    io::set_colour(arguments.color);
    let code = match &arguments.command {
        Command::Run(run) => run.execute(),
        Command::Check(check) => check.execute(),
        Command::Fmt(fmt) => fmt.execute(),
        Command::Test(test) => test.execute(),
        Command::Whatif(whatif) => whatif.execute(),
        Command::Compare(compare) => compare.execute(),
        Command::Idn(idn) => idn.execute(),
        Command::Decide(decide) => decide.execute(),
        Command::Explain(explain) => explain.execute(),
        Command::Sd(sd) => sd.execute(),
        Command::Schema(schema) => schema.execute(),
        Command::Completions(completions) => completions.execute(Arguments::command()),
        Command::Man(man) => man.execute(Arguments::command()),
    };
    ExitCode::from(code as u8)
}
