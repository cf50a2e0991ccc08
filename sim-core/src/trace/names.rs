//! What SIDs are called in traces: as the scenario declares them, else by their well-known name, else by their text.
//!
//! Rule TRC-4.

use std::borrow::Cow;

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;

use crate::engine::scenario::Scenario;
use crate::sid::{Sid, WellKnown};

/// The names that a scenario declares.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// Safe to print.
    declared: IndexMap<Sid, String, FxBuildHasher>,
}

impl Names {
    /// No declared name.
    #[must_use]
    pub fn new() -> Names {
        Names::default()
    }

    /// The names of a scenario.
    #[must_use]
    pub fn of(scenario: &Scenario) -> Names {
        let mut names = Names::new();
        scenario.names.iter().for_each(|(sid, name)| names.insert(*sid, name));
        names
    }

    /// Declares a name, in place of an earlier one.
    pub fn insert(&mut self, sid: Sid, name: &str) {
        self.declared.insert(sid, crate::text::name(name).into_owned());
    }

    /// What a SID is called, safe to print.
    #[must_use]
    pub fn name(&self, sid: Sid) -> Cow<'_, str> {
        match self.declared.get(&sid) {
            Some(name) => Cow::Borrowed(name),
            None => {
                WellKnown::of(sid).map_or_else(|| Cow::Owned(sid.to_string()), |row| Cow::Borrowed(row.name))
            }
        }
    }

    /// The same with the SID behind it, where the name is not the SID itself.
    #[must_use]
    pub fn full(&self, sid: Sid) -> String {
        let (name, number) = (self.name(sid), sid.to_string());
        if name == number { number } else { format!("{name} ({number})") }
    }
}
