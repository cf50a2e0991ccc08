//! Changing tokens: privileges, groups and defaults, each in one request that is done as a whole or not at all.
//!
//! Authority: TOK-6, TOK-14 to TOK-20, TOK-31, DIV-12, DIV-18.

use std::sync::Arc;

use super::World;
use super::op::{Adjustment, ErrorName, Failure, PrivilegeAction, Success};
use super::record::{Fact, Recorder, Remark};
use crate::ids::{Slot, ThreadId, TokenId};
use crate::model::{EnableAbsentPrivilege, LivePolicy};
use crate::privilege::{Privilege, PrivilegeState};
use crate::rights::AccessMask;
use crate::sd::Acl;
use crate::sid::Sid;
use crate::token::{GroupAttributes, Identity, IdentityFacts, IntegrityLevel, Token};

const TOKEN_ADJUST_PRIVILEGES: AccessMask = AccessMask(0x20);
const TOKEN_ADJUST_GROUPS: AccessMask = AccessMask(0x40);
const TOKEN_ADJUST_DEFAULT: AccessMask = AccessMask(0x80);
const TOKEN_ADJUST_SESSIONID: AccessMask = AccessMask(0x100);

impl Adjustment {
    /// The right on the token that it takes (TOK-27).
    fn right(&self) -> AccessMask {
        match self {
            Adjustment::Privileges(..) | Adjustment::ResetPrivileges => TOKEN_ADJUST_PRIVILEGES,
            Adjustment::Groups(..) | Adjustment::ResetGroups => TOKEN_ADJUST_GROUPS,
            Adjustment::DefaultDacl(_)
            | Adjustment::DefaultOwner(_)
            | Adjustment::DefaultGroup(_)
            | Adjustment::Integrity(_)
            | Adjustment::MandatoryPolicy(_) => TOKEN_ADJUST_DEFAULT,
            Adjustment::SessionId(_) => TOKEN_ADJUST_SESSIONID,
        }
    }
}

impl World {
    /// Changes the token in effect, or the one in hand. A handle needs the right in its mask (TOK-30); the own token is asked
    /// by its descriptor (TOK-28).
    pub(super) fn adjust<R: Recorder>(
        &mut self,
        thread: ThreadId,
        slot: Option<Slot>,
        adjustment: &Adjustment,
        recorder: &mut R,
    ) -> Result<Success, Failure> {
        if matches!(adjustment, Adjustment::Integrity(_) | Adjustment::MandatoryPolicy(_))
            && self.model.live_policy == LivePolicy::Fixed
        {
            return Err(ErrorName::NotSupported.into());
        }
        let id = match slot {
            Some(slot) => self.token_in(thread, slot, adjustment.right(), recorder)?,
            None => self.may_tune(thread, adjustment.right(), recorder)?,
        };
        match adjustment {
            Adjustment::Privileges(privileges, action) => {
                return self.adjust_privileges(id, privileges, *action, recorder);
            }
            Adjustment::Integrity(level) => {
                if *level > self.token(id).facts().integrity {
                    self.require(thread, Privilege::RELABEL, recorder)?;
                }
                self.change_facts(id, |facts| facts.integrity = *level);
            }
            Adjustment::MandatoryPolicy(policy) => {
                self.require(thread, Privilege::TCB, recorder)?;
                self.change_facts(id, |facts| facts.mandatory_policy = *policy);
            }
            // The process is asked, whoever the thread acts as (TOK-6, TOK-18).
            Adjustment::SessionId(_) => self.require_of_process(thread, Privilege::TCB, recorder)?,
            Adjustment::ResetPrivileges
            | Adjustment::Groups(..)
            | Adjustment::ResetGroups
            | Adjustment::DefaultDacl(_)
            | Adjustment::DefaultOwner(_)
            | Adjustment::DefaultGroup(_) => {}
        }
        let token = self.tokens.get_mut(id).ok_or(ErrorName::NoToken)?;
        let previous = match adjustment {
            Adjustment::ResetPrivileges => Some(token.privileges.enabled.0),
            Adjustment::Groups(..) | Adjustment::ResetGroups => Some(token.enabled),
            _ => None,
        };
        match adjustment {
            Adjustment::ResetPrivileges => {
                let privileges = &mut token.privileges;
                privileges.enabled = privileges.enabled_by_default.and(privileges.present);
            }
            Adjustment::Groups(groups, enable) => token.enabled = adjusted_groups(token, groups, *enable)?,
            Adjustment::ResetGroups => token.enabled = default_groups(token),
            Adjustment::DefaultDacl(aces) => {
                token.default_dacl = aces.as_ref().map(|aces| Arc::new(Acl::new(aces.clone())));
            }
            Adjustment::DefaultOwner(sid) => {
                token.owner_index = index_of(token, *sid, GroupAttributes::OWNER)?;
            }
            Adjustment::DefaultGroup(sid) => {
                token.primary_group_index = index_of(token, *sid, GroupAttributes::empty())?;
            }
            Adjustment::SessionId(number) => token.interactive_session = *number,
            Adjustment::Privileges(..) | Adjustment::Integrity(_) | Adjustment::MandatoryPolicy(_) => {}
        }
        token.modified += 1; // TOK-20
        if let Some(previous) = previous {
            recorder.fact(|_| Fact::Previous(previous));
        }
        Ok(Success::Ok)
    }

    /// TOK-14, TOK-15: all entries are looked at before the first is done.
    fn adjust_privileges<R: Recorder>(
        &mut self,
        id: TokenId,
        listed: &[Privilege],
        action: PrivilegeAction,
        recorder: &mut R,
    ) -> Result<Success, Failure> {
        let absent = self.model.enable_absent_privilege;
        let token = self.tokens.get_mut(id).ok_or(ErrorName::NoToken)?;
        let repeated =
            listed.iter().enumerate().any(|(n, one)| listed.iter().take(n).any(|other| other == one));
        if listed.is_empty() || repeated {
            return Err(ErrorName::InvalidParameter.into());
        }
        let missing = |privilege: &&Privilege| token.privileges.state(**privilege) == PrivilegeState::Absent;
        let lacks = action == PrivilegeAction::Enable && listed.iter().any(|privilege| missing(&privilege));
        if lacks && absent == EnableAbsentPrivilege::Fail {
            return Err(ErrorName::InvalidParameter.into());
        }
        let previous = token.privileges.enabled.0;
        for privilege in listed {
            let privileges = &mut token.privileges;
            match action {
                PrivilegeAction::Enable if privileges.present.contains(*privilege) => {
                    privileges.enabled.insert(*privilege);
                }
                PrivilegeAction::Enable => {}
                PrivilegeAction::Disable => privileges.enabled.remove(*privilege),
                PrivilegeAction::Remove => privileges.take_away(*privilege),
            }
        }
        token.modified += 1;
        recorder.fact(|_| Fact::Previous(previous));
        if lacks {
            recorder.fact(|_| Fact::Remark(Remark::NotAllAssigned));
        }
        Ok(Success::Ok)
    }

    /// A change to what is fixed for a token's life in the other models: it then has an identity of its own.
    fn change_facts(&mut self, id: TokenId, change: impl FnOnce(&mut IdentityFacts)) {
        let mut facts = self.token(id).facts().clone();
        change(&mut facts);
        let identity = Identity::new(facts, Arc::make_mut(&mut self.sids));
        if let Some(token) = self.tokens.get_mut(id) {
            token.identity = identity;
        }
    }

    /// A token fallen to a level: what a new program does to it (PRC-5).
    pub(super) fn lowered(&mut self, token: &Token, level: IntegrityLevel) -> Token {
        let facts = IdentityFacts { integrity: level, ..token.facts().clone() };
        let identity = Identity::new(facts, Arc::make_mut(&mut self.sids));
        Token {
            identity,
            elevation: crate::token::ElevationType::Default,
            restricted_from: None,
            ..token.clone()
        }
    }
}

/// TOK-16: the states after the request, or its refusal as a whole.
fn adjusted_groups(token: &Token, listed: &[Sid], enable: bool) -> Result<u64, Failure> {
    let mut enabled = token.enabled;
    let mut seen = 0u64;
    for sid in listed {
        let index = token.facts().groups.iter().position(|entry| entry.sid == *sid);
        let index = index.ok_or(ErrorName::InvalidParameter)?;
        let attributes = token.facts().groups.get(index).map(|group| group.attributes).unwrap_or_default();
        let refused = attributes.contains(GroupAttributes::LOGON_ID)
            || enable && attributes.contains(GroupAttributes::USE_FOR_DENY_ONLY)
            || !enable && attributes.contains(GroupAttributes::MANDATORY)
            || seen >> index & 1 != 0;
        if refused {
            return Err(ErrorName::InvalidParameter.into());
        }
        seen |= 1 << index;
        if enable { enabled |= 1 << index } else { enabled &= !(1 << index) }
    }
    if listed.is_empty() { Err(ErrorName::InvalidParameter.into()) } else { Ok(enabled) }
}

/// The states that a reset restores; what counts for deny entries only stays so (TOK-16).
fn default_groups(token: &Token) -> u64 {
    let groups = token.facts().groups.iter().enumerate();
    groups.fold(0, |mask, (n, group)| {
        let on = group.attributes.contains(GroupAttributes::ENABLED_BY_DEFAULT)
            && !group.attributes.contains(GroupAttributes::USE_FOR_DENY_ONLY);
        mask | u64::from(on) << n
    })
}

/// Where a SID stands in a token: 0 the user, n the n-th group if it has these attributes (TOK-1, TOK-17).
fn index_of(token: &Token, sid: Sid, wanted: GroupAttributes) -> Result<u8, Failure> {
    if token.facts().user == sid {
        return Ok(0);
    }
    let found =
        token.facts().groups.iter().position(|group| group.sid == sid && group.attributes.contains(wanted));
    found.and_then(|n| u8::try_from(n + 1).ok()).ok_or_else(|| Failure::from(ErrorName::InvalidParameter))
}
