//! Doubts: what reads well and is probably not meant. Each has a code and a name by which it can be allowed. A warning that
//! is wrong is worse than none, so each of them is told only where nothing that the scenario says explains it.

mod acl;
mod flow;
mod inherited;
mod policy;
mod privileges;
mod spawned;
mod unused;

pub(crate) use acl::dacl;
pub(crate) use flow::{Thread, examine};
pub(crate) use inherited::inherited_dropped;
pub(crate) use policy::RuleEntries;
pub(crate) use privileges::{DisabledPrivilege, never_enabled};
pub(crate) use spawned::never_spawned;
pub(crate) use unused::unused;
