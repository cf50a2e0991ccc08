//! What is asked about many tokens and descriptors at once, rather than by one thread at one instant.
//!
//! The ranks below know nothing of it.

mod align;
mod cause;
mod diff;
pub mod models;
pub mod report;
mod sight;
mod sweep;
pub mod what_if;

pub use cause::{Cause, Causes, causes};
pub use diff::{Diff, Difference, Kinds, Link, Matching};
pub use sight::{Course, Lexicon, Sight, Verdict as StepVerdict};
pub use sweep::{Asker, Guard, Sweep, Verdict};
