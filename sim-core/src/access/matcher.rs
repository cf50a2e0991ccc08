//! Whom the entries of a list match: the three views of one token that the walk is run with.
//!
//! Rules SID-8, DACL-1, VG-1 to VG-3, OWN-1, RST-2 to RST-4, CNF-2 to CNF-4, COND-20 to COND-22.

use crate::model::{MembershipView, Model, Ownership};
use crate::sid::SidId;
use crate::token::{GroupAttributes, Identity, SidAndAttributes, SidIndex, Token};

/// Which matching an entry is for (COND-3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// Allow entries: what is enabled and not deny-only counts.
    Allow,
    /// Everything else: what is enabled or deny-only counts.
    Deny,
}

/// The walk that a record belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Pass {
    /// User and groups.
    Normal,
    /// The restricting SIDs.
    Restricted,
    /// Package and capabilities.
    Confined,
}

/// By what an entry matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Via {
    /// The user SID.
    User,
    /// A group: its position.
    Group(u16),
    /// OWNER RIGHTS, as the caller owns the object.
    Owner,
    /// PRINCIPAL SELF, as the caller matches what it stands for.
    PrincipalSelf,
    /// A restricting SID: its position.
    Restricting(u16),
    /// The package.
    Package,
    /// A capability: its position.
    Capability(u16),
    /// A device group: its position.
    DeviceGroup(u16),
    /// A restricted device group: its position.
    RestrictedDeviceGroup(u16),
}

/// Why an entry did not match, where there is more to say than that the SID is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Miss {
    /// The SID is not in the view.
    Absent,
    /// An allow entry, and the user is deny-only.
    UserDenyOnly,
    /// An allow entry, and the group is deny-only: its position.
    DenyOnly(u16),
    /// The group is disabled: its position.
    Disabled(u16),
}

/// A view of a token: what the walk and the membership operators ask.
pub(crate) trait SidMatcher {
    /// The walk that uses it.
    const PASS: Pass;

    /// By what an entry of this SID matches.
    fn find(&self, sid: SidId, side: Side) -> Option<Via>;

    /// Why it does not.
    fn miss(&self, sid: SidId) -> Miss;

    /// Whether the owner's implicit rights count here, and the caller has them (OWN-2).
    fn owner(&self) -> bool;

    /// By what a SID is a member for `Member_of` (COND-20).
    fn member(&self, sid: SidId, side: Side) -> Option<Via>;

    /// By what it is one for `Device_Member_of` (COND-20).
    fn device_member(&self, sid: SidId, side: Side) -> Option<Via>;
}

/// What the views share.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    identity: &'a Identity,
    /// Groups that match for allow and for deny: bit n for group n (SID-8).
    allow: u64,
    deny: u64,
    owner: Option<SidId>,
    self_sid: Option<SidId>,
    model: &'a Model,
}

impl<'a> View<'a> {
    pub(crate) fn new(
        model: &'a Model,
        token: &'a Token,
        owner: Option<SidId>,
        self_sid: Option<SidId>,
    ) -> View<'a> {
        let identity = &*token.identity;
        View {
            identity,
            allow: token.enabled & !identity.deny_only,
            deny: token.enabled | identity.deny_only,
            owner,
            self_sid,
            model,
        }
    }

    #[inline]
    fn group(&self, sid: SidId, side: Side) -> Option<Via> {
        let position = self.identity.group_index.find(sid)?;
        let counting = match side {
            Side::Allow => self.allow,
            Side::Deny => self.deny,
        };
        (counting >> (position & 63) & 1 != 0).then_some(Via::Group(position as u16))
    }

    /// User, then groups (DACL-1).
    #[inline]
    fn principal(&self, sid: SidId, side: Side) -> Option<Via> {
        if sid == self.identity.user {
            let counts = side == Side::Deny || !self.identity.facts.user_deny_only;
            return counts.then_some(Via::User);
        }
        self.group(sid, side)
    }

    /// OWN-1, W-ACC-6
    fn owns(&self) -> bool {
        let Some(owner) = self.owner else { return false };
        match self.model.ownership {
            Ownership::AnyGroup => {
                owner == self.identity.user || self.identity.group_index.find(owner).is_some()
            }
            Ownership::AllowPolarity => self.principal(owner, Side::Allow).is_some(),
        }
    }

    fn device(&self, sid: SidId, side: Side) -> Option<Via> {
        let position = polar(&self.identity.device_groups, &self.identity.facts.device_groups, sid, side)?;
        Some(Via::DeviceGroup(position))
    }

    /// Whether the user and whether the virtual SIDs are members (COND-20, W-CND-14).
    fn membership(&self) -> (bool, bool) {
        match self.model.membership_view {
            MembershipView::GroupsAndVirtual => (false, true),
            MembershipView::GroupsAndUser => (true, false),
        }
    }

    /// Membership in the token's groups, once the virtual SIDs are settled.
    fn member(&self, sid: SidId, side: Side) -> Option<Via> {
        if self.membership().0 { self.principal(sid, side) } else { self.group(sid, side) }
    }

    fn virtual_members(&self) -> bool {
        self.membership().1
    }
}

/// Position of a SID in a list whose attributes decide (COND-21).
fn polar(index: &SidIndex, list: &[SidAndAttributes], sid: SidId, side: Side) -> Option<u16> {
    let position = index.find(sid)?;
    let attributes = list.get(position)?.attributes;
    let enabled = attributes.contains(GroupAttributes::ENABLED);
    let deny_only = attributes.contains(GroupAttributes::USE_FOR_DENY_ONLY);
    let counts = match side {
        Side::Allow => enabled && !deny_only,
        Side::Deny => enabled || deny_only,
    };
    counts.then_some(position as u16)
}

/// Whether a SID is one of the two that stand for somebody else (SID-8).
#[inline]
fn is_virtual(sid: SidId) -> bool {
    sid <= SidId::PRINCIPAL_SELF
}

/// User and groups.
pub(crate) struct Normal<'a> {
    view: View<'a>,
    owns: bool,
}

impl<'a> Normal<'a> {
    #[inline]
    pub(crate) fn new(view: View<'a>) -> Normal<'a> {
        Normal { owns: view.owns(), view }
    }

    #[inline(never)]
    fn find_virtual(&self, sid: SidId, side: Side) -> Option<Via> {
        if sid == self.view.identity.user {
            return self.view.principal(sid, side);
        }
        if sid == SidId::OWNER_RIGHTS {
            return self.owns.then_some(Via::Owner);
        }
        let stands_for = self.view.self_sid.filter(|sid| !is_virtual(*sid))?;
        self.view.principal(stands_for, side).map(|_| Via::PrincipalSelf)
    }
}

impl SidMatcher for Normal<'_> {
    const PASS: Pass = Pass::Normal;

    #[inline]
    fn find(&self, sid: SidId, side: Side) -> Option<Via> {
        if is_virtual(sid) { self.find_virtual(sid, side) } else { self.view.principal(sid, side) }
    }

    fn miss(&self, sid: SidId) -> Miss {
        let sid = match self.view.self_sid {
            Some(stands_for) if sid == SidId::PRINCIPAL_SELF => stands_for,
            _ if is_virtual(sid) => return Miss::Absent,
            _ => sid,
        };
        if sid == self.view.identity.user {
            return Miss::UserDenyOnly;
        }
        match self.view.identity.group_index.find(sid) {
            None => Miss::Absent,
            Some(n) if self.view.identity.deny_only >> (n & 63) & 1 != 0 => Miss::DenyOnly(n as u16),
            Some(n) => Miss::Disabled(n as u16),
        }
    }

    #[inline]
    fn owner(&self) -> bool {
        self.owns
    }

    fn member(&self, sid: SidId, side: Side) -> Option<Via> {
        if !is_virtual(sid) {
            self.view.member(sid, side)
        } else if !self.view.virtual_members() {
            None
        } else if sid == SidId::OWNER_RIGHTS {
            self.owns.then_some(Via::Owner)
        } else {
            let stands_for = self.view.self_sid.filter(|sid| !is_virtual(*sid))?;
            self.view.principal(stands_for, side).map(|_| Via::PrincipalSelf)
        }
    }

    fn device_member(&self, sid: SidId, side: Side) -> Option<Via> {
        self.view.device(sid, side)
    }
}

/// The restricting SIDs, by presence.
pub(crate) struct Restricted<'a> {
    view: View<'a>,
}

impl<'a> Restricted<'a> {
    pub(crate) fn new(view: View<'a>) -> Restricted<'a> {
        Restricted { view }
    }

    fn listed(&self, sid: SidId) -> Option<u16> {
        self.view.identity.restricting.find(sid).map(|position| position as u16)
    }

    /// RST-4
    fn find_virtual(&self, sid: SidId) -> Option<Via> {
        if sid == SidId::OWNER_RIGHTS {
            self.owner().then_some(Via::Owner)
        } else {
            let stands_for = self.view.self_sid.filter(|sid| !is_virtual(*sid))?;
            self.listed(stands_for).map(|_| Via::PrincipalSelf)
        }
    }
}

impl SidMatcher for Restricted<'_> {
    const PASS: Pass = Pass::Restricted;

    fn find(&self, sid: SidId, _: Side) -> Option<Via> {
        if is_virtual(sid) { self.find_virtual(sid) } else { self.listed(sid).map(Via::Restricting) }
    }

    fn miss(&self, _: SidId) -> Miss {
        Miss::Absent
    }

    fn owner(&self) -> bool {
        self.view.owner.is_some_and(|owner| self.listed(owner).is_some())
    }

    fn member(&self, sid: SidId, side: Side) -> Option<Via> {
        if is_virtual(sid) && !self.view.virtual_members() { None } else { self.find(sid, side) }
    }

    fn device_member(&self, sid: SidId, side: Side) -> Option<Via> {
        if is_virtual(sid) {
            return if self.view.virtual_members() { self.find_virtual(sid) } else { None };
        }
        let facts = &self.view.identity.facts;
        if facts.restricted_device_groups.is_empty() {
            return self.view.device(sid, side);
        }
        let index = &self.view.identity.restricted_device_groups;
        polar(index, &facts.restricted_device_groups, sid, side).map(Via::RestrictedDeviceGroup)
    }
}

/// Package and capabilities, by presence.
pub(crate) struct Confined<'a> {
    view: View<'a>,
    set: &'a SidIndex,
}

impl<'a> Confined<'a> {
    pub(crate) fn new(view: View<'a>, set: &'a SidIndex) -> Confined<'a> {
        Confined { view, set }
    }

    fn listed(&self, sid: SidId) -> Option<Via> {
        match self.set.find(sid)?.checked_sub(1) {
            None => Some(Via::Package),
            Some(position) => Some(Via::Capability(position as u16)),
        }
    }

    /// CNF-4
    fn find_virtual(&self, sid: SidId) -> Option<Via> {
        let (stands_for, via) = if sid == SidId::OWNER_RIGHTS {
            (self.view.owner, Via::Owner)
        } else {
            (self.view.self_sid, Via::PrincipalSelf)
        };
        stands_for.filter(|sid| !is_virtual(*sid)).and_then(|sid| self.listed(sid)).map(|_| via)
    }
}

impl SidMatcher for Confined<'_> {
    const PASS: Pass = Pass::Confined;

    fn find(&self, sid: SidId, _: Side) -> Option<Via> {
        if is_virtual(sid) { self.find_virtual(sid) } else { self.listed(sid) }
    }

    fn miss(&self, _: SidId) -> Miss {
        Miss::Absent
    }

    fn owner(&self) -> bool {
        false
    }

    fn member(&self, sid: SidId, side: Side) -> Option<Via> {
        if !is_virtual(sid) {
            self.view.member(sid, side)
        } else if self.view.virtual_members() {
            self.find_virtual(sid)
        } else {
            None
        }
    }

    fn device_member(&self, sid: SidId, side: Side) -> Option<Via> {
        if !is_virtual(sid) {
            self.view.device(sid, side)
        } else if self.view.virtual_members() {
            self.find_virtual(sid)
        } else {
            None
        }
    }
}
