//! `scn completions`: what a shell needs to complete the command line.

use clap::Args;
use clap_complete::Shell;

use crate::io::{self, Exit};

/// Print a script that completes the command line of a shell
///
/// In bash: `source <(scn completions bash)`; zsh: `scn completions zsh > "${fpath[1]}/_scn"`; fish:
/// `scn completions fish > ~/.config/fish/completions/scn.fish`; PowerShell:
/// `scn completions powershell | Out-String | Invoke-Expression`; elvish: `eval (scn completions elvish | slurp)`.
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
