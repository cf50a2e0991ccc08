//! What the scripts of a scenario look up while they run: names of the scenario, and which step each of their places is.

use std::collections::BTreeMap;

use rhai::Position;
use sim_core::ids::{EndpointId, ProcessId, StepId, ThreadId};
use sim_core::sid::{Sid, WellKnown};
use sim_core::trace::names::Names;

use super::inputs::missing;

/// A place in the joined text of all scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Site {
    pub line: usize,
    pub column: usize,
}

impl Site {
    pub(super) fn of(position: Position) -> Site {
        Site { line: position.line().unwrap_or(0), column: position.position().unwrap_or(0) }
    }
}

/// An endpoint of a service.
#[derive(Debug)]
pub(crate) struct EndpointEntry {
    pub name: String,
    pub process: ProcessId,
}

/// A process and its threads.
#[derive(Debug)]
pub(crate) struct ProcessRow {
    pub name: String,
    pub threads: Vec<(String, ThreadId)>,
}

/// Names of a scenario, as its scripts use them.
#[derive(Debug, Default)]
pub(crate) struct Tables {
    pub endpoints: Vec<EndpointEntry>,
    pub processes: Vec<ProcessRow>,
    pub principals: BTreeMap<String, Sid>,
    pub names: Names,
    /// The first domain, for the aliases of SDDL.
    pub domain: Option<Sid>,
    pub(super) sites: BTreeMap<Site, StepId>,
}

impl Tables {
    pub(super) fn step(&self, site: Site) -> Option<StepId> {
        self.sites.get(&site).copied()
    }

    pub(super) fn endpoint(&self, name: &str) -> Result<EndpointId, String> {
        let found = self.endpoints.iter().position(|endpoint| endpoint.name == name);
        found
            .map(|at| EndpointId(at as u32))
            .ok_or_else(|| missing("service", name, self.endpoints.iter().map(|e| e.name.as_str())))
    }

    /// The endpoint that a process accepts on: its first one, or the one of this name.
    pub(super) fn own_endpoint(&self, process: ProcessId, name: Option<&str>) -> Result<EndpointId, String> {
        let own = || self.endpoints.iter().enumerate().filter(|(_, endpoint)| endpoint.process == process);
        let found = match name {
            None => own().next(),
            Some(name) => {
                let owner = self.processes.get(process.index()).map_or("", |row| row.name.as_str());
                let full = format!("{owner}.{name}");
                own().find(|(_, endpoint)| endpoint.name == full || endpoint.name == name)
            }
        };
        found.map(|(at, _)| EndpointId(at as u32)).ok_or_else(|| match name {
            None => "only a service accepts: a plain process has no endpoint".to_owned(),
            Some(name) => missing("endpoint of this service", name, own().map(|(_, e)| e.name.as_str())),
        })
    }

    pub(super) fn process(&self, name: &str) -> Result<ProcessId, String> {
        let found = self.processes.iter().position(|row| row.name == name);
        found.map(|at| ProcessId(at as u32)).ok_or_else(|| {
            missing("process or service", name, self.processes.iter().map(|p| p.name.as_str()))
        })
    }

    /// A thread of a process by name, or of another as `process.thread`.
    pub(super) fn thread(&self, process: ProcessId, name: &str) -> Result<ThreadId, String> {
        let (process, name) = match name.split_once('.') {
            Some((other, thread)) => (self.process(other)?, thread),
            None => (process, name),
        };
        let threads = self.processes.get(process.index()).map_or(&[][..], |row| &row.threads);
        let found = threads.iter().find(|(known, _)| known == name);
        found
            .map(|(_, id)| *id)
            .ok_or_else(|| missing("thread", name, threads.iter().map(|(name, _)| name.as_str())))
    }

    pub(super) fn principal(&self, name: &str) -> Result<Sid, String> {
        let known = self.principals.get(name).copied();
        known
            .or_else(|| WellKnown::named(name).map(|row| row.sid))
            .or_else(|| Sid::parse(name))
            .ok_or_else(|| missing("principal", name, self.principals.keys().map(String::as_str)))
    }
}
