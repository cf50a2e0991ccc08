//! The directory: principals as a logon would find them now, and the central policies as they are declared now. Tokens keep
//! what they were made with (TOK-2), so the directory remembers what it said before, to tell where the two disagree.
//!
//! Authority: TOK-2, SES-1, CAP-10.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::change::{Change, ChangeError};
use super::declare::{Declarations, PolicyDecl, PrincipalDecl, TokenShape};
use crate::sid::Sid;

/// Who there is, and which policies.
#[derive(Clone, Debug, Default)]
pub(super) struct Directory {
    principals: BTreeMap<Sid, Arc<PrincipalDecl>>,
    pub(super) policies: Vec<PolicyDecl>,
    /// How many changes it has seen.
    pub(super) revision: u32,
    /// What principals were before they changed, oldest first.
    past: BTreeMap<Sid, Vec<Past>>,
}

/// What a principal was up to a change.
#[derive(Clone, Debug)]
struct Past {
    /// The number of the change.
    revision: u32,
    /// When it came.
    at: u64,
    /// `None` if it was not there.
    principal: Option<Arc<PrincipalDecl>>,
}

/// How a principal differs from what it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Who.
    pub principal: Sid,
    /// When the first change came that made it so, or the one that removed it.
    pub at: u64,
    /// It is not there any more.
    pub removed: bool,
    /// It was not there before.
    pub added: bool,
    /// Groups that it is not in any more.
    pub left: Vec<Sid>,
    /// Groups that it is in now.
    pub joined: Vec<Sid>,
    /// What else differs, in words.
    pub other: Vec<&'static str>,
}

impl Directory {
    /// The directory of declarations.
    pub(super) fn of(declarations: &Declarations) -> Directory {
        Directory {
            principals: declarations.principals.iter().map(|p| (p.sid, p.clone())).collect(),
            policies: declarations.policies.clone(),
            ..Directory::default()
        }
    }

    /// A principal as it is now.
    pub(super) fn principal(&self, sid: Sid) -> Option<&Arc<PrincipalDecl>> {
        self.principals.get(&sid)
    }

    /// Whether nobody can log on as a principal any more.
    pub(super) fn was_removed(&self, sid: Sid) -> bool {
        self.past.contains_key(&sid) && !self.principals.contains_key(&sid)
    }

    /// Makes a change of principals or policies; what differs afterwards, for each principal that the change names.
    pub(super) fn apply(&mut self, change: &Change, now: u64) -> Result<Option<Difference>, ChangeError> {
        let mut scratch = Declarations {
            principals: self.concerned(change),
            policies: std::mem::take(&mut self.policies),
            ..Declarations::default()
        };
        let made = scratch.apply(change);
        self.policies = scratch.policies;
        made?;
        self.revision += 1;
        let named = match change {
            Change::Principal(change) => Some(change.sid),
            Change::AddPrincipal(principal) => Some(principal.sid),
            Change::RemovePrincipal(sid) => Some(*sid),
            _ => None,
        };
        let before = self.revision - 1;
        if let Some(gone) = named.filter(|sid| !scratch.principals.iter().any(|p| p.sid == *sid)) {
            self.remember(gone, now);
            self.principals.remove(&gone);
        }
        for principal in scratch.principals {
            if self.principals.get(&principal.sid) != Some(&principal) {
                self.remember(principal.sid, now);
                self.principals.insert(principal.sid, principal);
            }
        }
        Ok(named.and_then(|sid| self.difference(sid, before)))
    }

    /// The principals that a change can touch.
    fn concerned(&self, change: &Change) -> Vec<Arc<PrincipalDecl>> {
        let one = |sid: Sid| self.principals.get(&sid).cloned().into_iter().collect();
        match change {
            Change::Principal(change) => one(change.sid),
            Change::AddPrincipal(principal) => one(principal.sid),
            // Whoever is in it loses it.
            Change::RemovePrincipal(sid) => {
                let touched = |principal: &&Arc<PrincipalDecl>| {
                    principal.sid == *sid || principal.shape.groups.iter().any(|group| group.sid == *sid)
                };
                self.principals.values().filter(touched).cloned().collect()
            }
            _ => Vec::new(),
        }
    }

    fn remember(&mut self, sid: Sid, at: u64) {
        let principal = self.principals.get(&sid).cloned();
        self.past.entry(sid).or_default().push(Past { revision: self.revision, at, principal });
    }

    /// How a principal differs from what it was when the directory had seen this many changes.
    pub(super) fn difference(&self, sid: Sid, since: u32) -> Option<Difference> {
        let all = self.past.get(&sid)?;
        let past = all.iter().find(|past| past.revision > since)?;
        let now = self.principals.get(&sid);
        let shape = |principal: Option<&Arc<PrincipalDecl>>| {
            principal.map_or_else(TokenShape::default, |principal| principal.shape.clone())
        };
        let (before, after) = (shape(past.principal.as_ref()), shape(now));
        let lost = |from: &TokenShape, to: &TokenShape| -> Vec<Sid> {
            let given = from.groups.iter().map(|group| group.sid).filter(|sid| !is_in(to, *sid));
            let taken = to.removed_groups.iter().copied().filter(|sid| !from.removed_groups.contains(sid));
            let mut lost: Vec<Sid> = given.chain(taken).collect();
            lost.sort_unstable();
            lost.dedup();
            lost
        };
        let removed = past.principal.is_some() && now.is_none();
        // Whatever was changed before, to be gone is what counts.
        let told = if removed { all.last().unwrap_or(past) } else { past };
        let difference = Difference {
            principal: sid,
            at: told.at,
            removed,
            added: past.principal.is_none() && now.is_some(),
            left: lost(&before, &after),
            joined: lost(&after, &before),
            other: other_differences(&before, &after),
        };
        let nothing = !difference.removed
            && !difference.added
            && difference.left.is_empty()
            && difference.joined.is_empty()
            && difference.other.is_empty();
        if nothing { None } else { Some(difference) }
    }
}

fn is_in(shape: &TokenShape, group: Sid) -> bool {
    shape.groups.iter().any(|known| known.sid == group)
}

/// What of a shape differs beside the groups that are in it.
fn other_differences(before: &TokenShape, after: &TokenShape) -> Vec<&'static str> {
    let state_of = |shape: &TokenShape| {
        let mut groups = shape.groups.clone();
        groups.retain(|group| is_in(before, group.sid) && is_in(after, group.sid));
        groups.sort_unstable_by_key(|group| group.sid);
        groups
    };
    let rows = [
        ("the state of groups", state_of(before) != state_of(after)),
        ("privileges", before.privileges != after.privileges),
        ("integrity", before.integrity != after.integrity),
        ("mandatory policy", before.mandatory_policy != after.mandatory_policy),
        ("claims", before.claims != after.claims),
        ("device claims", before.device_claims != after.device_claims),
        ("device groups", before.device_groups != after.device_groups),
        ("restriction", before.restricted != after.restricted),
        ("sandbox", before.confined != after.confined),
        ("audit policy", before.audit_policy != after.audit_policy),
        ("default DACL", before.default_dacl != after.default_dacl),
        ("logon", before.logon != after.logon),
        ("elevation", before.elevation != after.elevation),
        ("expiry", before.expires != after.expires),
    ];
    rows.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name).collect()
}
