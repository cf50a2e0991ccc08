//! One file for each command: its arguments, and what it does with them.

pub(crate) mod check;
pub(crate) mod compare;
pub(crate) mod completions;
pub(crate) mod decide;
pub(crate) mod explain;
pub(crate) mod fmt;
pub(crate) mod idn;
pub(crate) mod man;
pub(crate) mod run;
pub(crate) mod schema;
pub(crate) mod sd;
pub(crate) mod test;
pub(crate) mod whatif;
