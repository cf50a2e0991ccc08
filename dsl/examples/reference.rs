//! Prints the reference page: `cargo run -q -p dsl --example reference > docs/reference.md`.
#![allow(clippy::print_stdout, reason = "that is what it is for")]

fn main() {
    print!("{}", dsl::reference::page());
}
