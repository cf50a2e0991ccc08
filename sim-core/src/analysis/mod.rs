//! What is asked about many tokens and descriptors at once, rather than by one thread at one instant.
//!
//! The ranks below know nothing of it.

mod sweep;

pub use sweep::{Asker, Guard, Sweep, Verdict};
