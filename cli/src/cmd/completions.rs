//! `scn completions`: what a shell needs to complete the command line.

use clap::Args;
use clap_complete::Shell;

use crate::io::{self, Exit};

/// Print a script that completes the command line of a shell
///
/// For bash: `source <(scn completions bash)`. Other shells read the script from a folder of theirs.
#[derive(Args)]
pub(crate) struct Completions {
    /// For which shell
    #[arg(value_enum)]
    shell: Shell,
}

impl Completions {
    pub(crate) fn execute(&self, mut command: clap::Command) -> Exit {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut command, "scn", &mut script);
        io::print(&String::from_utf8_lossy(&script));
        Exit::Fine
    }
}
