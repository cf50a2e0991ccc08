//! Who a SID is, in each of the three passes: matching, ownership, and what `Member_of` sees.
//!
//! Rules SID-8, DACL-1, OWN-1, VG-1 to VG-3, RST-2, RST-4, CNF-2 to CNF-4, COND-20 to COND-22.

use sim_core::sid::{OWNER_RIGHTS, PRINCIPAL_SELF, Sid};
use sim_core::token::{GroupAttributes, SidAndAttributes, Token};

use super::Rules;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Allow,
    Deny,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pass {
    Normal,
    Restricted,
    Confined,
}

/// What a pass knows about the caller.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Who<'a> {
    pub(crate) rules: Rules,
    pub(crate) token: &'a Token,
    pub(crate) pass: Pass,
    pub(crate) owner: Option<Sid>,
    pub(crate) self_sid: Option<Sid>,
}

fn is_virtual(sid: Sid) -> bool {
    sid == OWNER_RIGHTS || sid == PRINCIPAL_SELF
}

/// SID-8, for one entry.
fn counts(enabled: bool, attributes: GroupAttributes, side: Side) -> bool {
    let deny_only = attributes.contains(GroupAttributes::USE_FOR_DENY_ONLY);
    match side {
        Side::Allow => enabled && !deny_only,
        Side::Deny => enabled || deny_only,
    }
}

/// Presence in a list whose attributes do not matter.
fn listed(list: &[SidAndAttributes], sid: Sid) -> bool {
    !is_virtual(sid) && list.iter().any(|entry| entry.sid == sid)
}

impl Who<'_> {
    /// The groups of the token with their polarity: the first entry of a SID decides.
    fn in_groups(&self, sid: Sid, side: Side) -> bool {
        if is_virtual(sid) {
            return false;
        }
        let groups = &self.token.facts().groups;
        let Some(n) = groups.iter().position(|entry| entry.sid == sid) else { return false };
        counts(self.token.enabled >> n & 1 != 0, groups[n].attributes, side)
    }

    /// Groups of the device, likewise; their state is that of the attributes. SID-8 does not name this list among those
    /// where the two virtual SIDs count for nothing.
    fn in_device_list(list: &[SidAndAttributes], sid: Sid, side: Side) -> bool {
        list.iter().find(|entry| entry.sid == sid).is_some_and(|entry| {
            counts(entry.attributes.contains(GroupAttributes::ENABLED), entry.attributes, side)
        })
    }

    /// User, then groups (DACL-1).
    fn user_or_groups(&self, sid: Sid, side: Side) -> bool {
        if sid == self.token.facts().user {
            return side == Side::Deny || !self.token.facts().user_deny_only;
        }
        self.in_groups(sid, side)
    }

    fn in_confinement(&self, sid: Sid) -> bool {
        self.token.facts().confinement.as_ref().is_some_and(|confinement| {
            confinement.sid == sid && !is_virtual(sid) || listed(&confinement.capabilities, sid)
        })
    }

    /// The SIDs that the pass goes by, the two virtual ones aside.
    fn plain(&self, sid: Sid, side: Side) -> bool {
        match self.pass {
            Pass::Normal => self.user_or_groups(sid, side),
            Pass::Restricted => listed(&self.token.facts().restricted_sids, sid),
            Pass::Confined => self.in_confinement(sid),
        }
    }

    /// OWN-1, RST-4, CNF-4. Plain equality: who is named as owner is so even where the SID is one of the two that
    /// never match by themselves (SID-8 and VG-3 could be read otherwise; nobody writes such a token).
    pub(crate) fn is_owner(&self) -> bool {
        let Some(owner) = self.owner else { return false };
        let facts = self.token.facts();
        let here = |list: &[SidAndAttributes]| list.iter().any(|entry| entry.sid == owner);
        match self.pass {
            Pass::Normal if self.rules.nt && owner == facts.user => !facts.user_deny_only,
            Pass::Normal if self.rules.nt => {
                let entry = facts.groups.iter().position(|entry| entry.sid == owner);
                entry.is_some_and(|n| {
                    counts(self.token.enabled >> n & 1 != 0, facts.groups[n].attributes, Side::Allow)
                })
            }
            Pass::Normal => owner == facts.user || here(&facts.groups),
            Pass::Restricted => here(&facts.restricted_sids),
            Pass::Confined => self.in_confinement(owner),
        }
    }

    /// VG-2, RST-4, CNF-4
    fn is_self(&self, side: Side) -> bool {
        self.self_sid.is_some_and(|sid| self.plain(sid, side))
    }

    fn virtually(&self, sid: Sid, side: Side) -> bool {
        sid == OWNER_RIGHTS && self.is_owner() || sid == PRINCIPAL_SELF && self.is_self(side)
    }

    /// Whether an entry for this SID is about the caller.
    pub(crate) fn matches(&self, sid: Sid, side: Side) -> bool {
        self.plain(sid, side) || self.virtually(sid, side)
    }

    /// `Member_of` (COND-20 to COND-22, OP-9, W-CND-14).
    pub(crate) fn member(&self, sid: Sid, side: Side) -> bool {
        if self.rules.nt {
            return match self.pass {
                Pass::Normal | Pass::Confined => self.user_or_groups(sid, side),
                Pass::Restricted => listed(&self.token.facts().restricted_sids, sid),
            };
        }
        let plain = match self.pass {
            Pass::Normal | Pass::Confined => self.in_groups(sid, side),
            Pass::Restricted => listed(&self.token.facts().restricted_sids, sid),
        };
        plain || self.virtually(sid, side)
    }

    /// `Device_Member_of` (COND-20, OP-8).
    pub(crate) fn device_member(&self, sid: Sid, side: Side) -> bool {
        let facts = self.token.facts();
        let list = if self.pass == Pass::Restricted && !facts.restricted_device_groups.is_empty() {
            &facts.restricted_device_groups
        } else {
            &facts.device_groups
        };
        if is_virtual(sid) && self.pass != Pass::Normal {
            return !self.rules.nt && self.virtually(sid, side);
        }
        Who::in_device_list(list, sid, side)
    }
}
