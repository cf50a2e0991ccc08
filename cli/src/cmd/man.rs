//! `scn man`: the help of each command as a manual page.

use clap::Args;
use sim_core::text::escape;

use crate::io::{self, Exit};

/// Print a manual page
///
/// `scn man | man -l -` shows that of scn, `scn man run | man -l -` that of a command.
#[derive(Args)]
pub(crate) struct Man {
    /// The command, such as `run`, or `sd explain`; without one, all of scn
    #[arg(value_name = "COMMAND")]
    command: Vec<String>,
}

impl Man {
    pub(crate) fn execute(&self, mut whole: clap::Command) -> Exit {
        whole.build();
        let mut page = whole;
        for name in &self.command {
            let Some(inner) = page.find_subcommand(name) else {
                let shown = escape(name);
                return io::failure(
                    &format!("there is no command `{shown}` to print a page of"),
                    Exit::Usage,
                );
            };
            page = inner.clone();
        }
        let mut roff = Vec::new();
        match clap_mangen::Man::new(page).render(&mut roff) {
            Ok(()) => {
                io::print(&String::from_utf8_lossy(&roff));
                Exit::Fine
            }
            Err(error) => io::failure(&format!("the page cannot be made: {error}"), Exit::Bug),
        }
    }
}
