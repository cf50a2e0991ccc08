//! What the entries of a DACL leave to those behind them. Only plain entries for the same principal or for Everyone are sure
//! to match whoever a later entry matches, so nothing is found here that some token could still reach. Whether Anonymous is
//! one of Everyone depends on the model (TOK-37).
//!
//! Authority: DACL-3 (what is settled first stays), ACE-4 for the flags.

use super::{AceEffect, AceFlags, Acl};
use crate::rights::{AccessMask, GenericMapping};
use crate::sid::{ANONYMOUS, CREATOR_GROUP, CREATOR_OWNER, EVERYONE, OWNER_RIGHTS, Sid};

/// What is wrong with the place of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hidden {
    /// It denies these rights, which were granted to the same principal in front of it.
    DenialTooLate(AccessMask),
    /// The entries in front of it settle all that it is about.
    Nothing,
}

/// What is settled for a principal behind some entries.
struct Settled {
    sid: Sid,
    /// How the entries that settled it pass to what is below: they settle nothing there for entries that pass further.
    passes: AceFlags,
    granted: AccessMask,
    denied: AccessMask,
}

const PASSING: AceFlags =
    AceFlags::OBJECT_INHERIT.union(AceFlags::CONTAINER_INHERIT).union(AceFlags::NO_PROPAGATE);

/// The entries of a DACL that come too late, by their index.
#[must_use]
pub fn hidden_entries(dacl: &Acl, mapping: &GenericMapping) -> Vec<(usize, Hidden)> {
    let mut found = Vec::new();
    let mut settled: Vec<Settled> = Vec::new();
    for (index, ace) in dacl.aces.iter().enumerate() {
        let counts = !ace.flags.contains(AceFlags::INHERIT_ONLY) && ace.kind.is_access_control();
        let Some(row) = ace.kind.row().filter(|_| counts) else { continue };
        let mask = mapping.map(ace.mask);
        let passes = ace.flags & PASSING;
        let travels = passes.intersects(AceFlags::OBJECT_INHERIT | AceFlags::CONTAINER_INHERIT);
        let before = settled.iter().filter(|entry| {
            (entry.sid == ace.sid || entry.sid == EVERYONE && !matches!(ace.sid, OWNER_RIGHTS | ANONYMOUS))
                && (!travels || entry.passes == passes)
        });
        let (granted, denied) = before.fold((AccessMask::NONE, AccessMask::NONE), |all, entry| {
            (all.0 | entry.granted, all.1 | entry.denied)
        });
        let denies = row.effect == AceEffect::Deny;
        let late = mask & granted;
        if denies && !late.is_empty() {
            found.push((index, Hidden::DenialTooLate(late)));
        } else if !mask.is_empty()
            && (mask & !(granted | denied)).is_empty()
            && !matches!(ace.sid, CREATOR_OWNER | CREATOR_GROUP)
        {
            found.push((index, Hidden::Nothing));
        }
        // Conditions and parts of objects settle nothing for sure.
        if ace.condition().is_some() || ace.guids().object_type.is_some() {
            continue;
        }
        let (new_granted, new_denied) =
            if denies { (AccessMask::NONE, mask & !granted) } else { (mask & !denied, AccessMask::NONE) };
        match settled.iter_mut().find(|entry| entry.sid == ace.sid && entry.passes == passes) {
            Some(entry) => {
                entry.granted |= new_granted;
                entry.denied |= new_denied;
            }
            None => settled.push(Settled { sid: ace.sid, passes, granted: new_granted, denied: new_denied }),
        }
    }
    found
}
