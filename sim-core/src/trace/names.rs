//! What SIDs are called in traces: as the scenario declares them, else by their well-known name, else by their text.
//!
//! Rule TRC-4.

use std::collections::BTreeMap;

use crate::sid::{Sid, WellKnown};

/// The names that a scenario declares.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    declared: BTreeMap<Sid, String>,
}

impl Names {
    /// No declared name.
    #[must_use]
    pub fn new() -> Names {
        Names::default()
    }

    /// Declares a name, in place of an earlier one.
    pub fn insert(&mut self, sid: Sid, name: String) {
        self.declared.insert(sid, name);
    }

    /// What a SID is called, safe to print.
    #[must_use]
    pub fn name(&self, sid: Sid) -> String {
        match self.declared.get(&sid) {
            Some(name) => crate::text::name(name).into_owned(),
            None => WellKnown::of(sid).map_or_else(|| sid.to_string(), |row| row.name.to_owned()),
        }
    }

    /// The same with the SID behind it, where the name is not the SID itself.
    #[must_use]
    pub fn full(&self, sid: Sid) -> String {
        let (name, number) = (self.name(sid), sid.to_string());
        if name == number { number } else { format!("{name} ({number})") }
    }
}
