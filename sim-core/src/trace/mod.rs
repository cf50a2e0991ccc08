//! Traces: records as text and as JSON Lines. The only place that puts facts into words.

pub mod explain;
pub mod facts;
mod golden;
pub mod identity;
pub mod json;
pub mod names;
pub mod origin;
pub mod report;
pub mod rights;
pub mod text;

pub use golden::golden_name;

/// The number of the format of traces as text; it stands in the first line of each, and changes when goldens do.
pub const FORMAT: u32 = 1;
