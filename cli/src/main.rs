//! The `scn` command.
fn main() {}
