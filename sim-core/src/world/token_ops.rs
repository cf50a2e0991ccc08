//! Operations on tokens: opening, copying, restricting, and adjusting privileges and groups.
//!
//! Authority: TOK-8 to TOK-16, TOK-22, TOK-27, TOK-28, TOK-30.

use std::sync::Arc;

use super::World;
use super::check::Ask;
use super::handle::{HandleTarget, outside_mask};
use super::op::{ErrorName, Failure, PrivilegeAction, Restriction, Success, TokenOf};
use super::record::{CheckPurpose, ObjectName, Recorder};
use crate::access::{Descriptor, Intents};
use crate::ids::{ProcessId, Slot, ThreadId, TokenId};
use crate::model::EnableAbsentPrivilege;
use crate::privilege::{Privilege, PrivilegeSet, PrivilegeState};
use crate::rights::{AccessMask, ObjectType};
use crate::sd::{Ace, AceType, Acl, SecurityDescriptor};
use crate::sid::{OWNER_RIGHTS, SYSTEM, Sid};
use crate::token::{
    GroupAttributes, Identity, ImpersonationLevel, MAX_GROUPS, SidAndAttributes, Token, TokenType,
};

const TOKEN_DUPLICATE: AccessMask = AccessMask(0x2);
const PROCESS_QUERY_INFORMATION: AccessMask = AccessMask(0x400);
/// What a subject may do with its own token: QUERY and the three ADJUST rights (TOK-28).
const OWN_TOKEN: AccessMask = AccessMask(0xE8);

impl World {
    /// `check SePriv`
    pub(super) fn check_privilege<R: Recorder>(
        &mut self,
        thread: ThreadId,
        privilege: Privilege,
        recorder: &mut R,
    ) -> Result<Success, Failure> {
        match self.privilege_gate(thread, privilege, recorder) {
            PrivilegeState::Held => Ok(Success::Ok),
            PrivilegeState::Disabled | PrivilegeState::Absent => Err(ErrorName::PrivilegeNotHeld.into()),
        }
    }

    /// TOK-14, TOK-15, TOK-20, on the token in effect: a subject may adjust its own token (TOK-28).
    pub(super) fn adjust_privilege(
        &mut self,
        thread: ThreadId,
        privilege: Privilege,
        action: PrivilegeAction,
    ) -> Result<Success, Failure> {
        let absent = self.model.enable_absent_privilege;
        let id = self.effective_id(thread);
        let token = self.tokens.get_mut(id).ok_or(ErrorName::NoToken)?;
        let privileges = &mut token.privileges;
        match action {
            PrivilegeAction::Enable if !privileges.present.contains(privilege) => {
                return match absent {
                    EnableAbsentPrivilege::Fail => Err(ErrorName::InvalidParameter.into()),
                    EnableAbsentPrivilege::Partial => Ok(Success::Ok),
                };
            }
            PrivilegeAction::Enable => privileges.enabled.insert(privilege),
            PrivilegeAction::Disable => privileges.enabled.remove(privilege),
            PrivilegeAction::Remove => {
                privileges.present.remove(privilege);
                privileges.enabled.remove(privilege);
                privileges.enabled_by_default.remove(privilege);
            }
        }
        token.modified += 1;
        Ok(Success::Ok)
    }

    /// TOK-16, TOK-20
    pub(super) fn adjust_group(
        &mut self,
        thread: ThreadId,
        group: Sid,
        enable: bool,
    ) -> Result<Success, Failure> {
        let id = self.effective_id(thread);
        let token = self.tokens.get_mut(id).ok_or(ErrorName::NoToken)?;
        let index = token.facts().groups.iter().position(|entry| entry.sid == group);
        let index = index.ok_or(ErrorName::InvalidParameter)?;
        let attributes = token.facts().groups[index].attributes;
        let refused = attributes.contains(GroupAttributes::LOGON_ID)
            || enable && attributes.contains(GroupAttributes::USE_FOR_DENY_ONLY)
            || !enable && attributes.contains(GroupAttributes::MANDATORY);
        if refused {
            return Err(ErrorName::InvalidParameter.into());
        }
        if enable {
            token.enabled |= 1 << index;
        } else {
            token.enabled &= !(1 << index);
        }
        token.modified += 1;
        Ok(Success::Ok)
    }

    /// TOK-30: one's own token by its own descriptor; another's by the process's descriptor and trust first.
    pub(super) fn open_token<R: Recorder>(
        &mut self,
        thread: ThreadId,
        bind: Option<Slot>,
        of: TokenOf,
        desired: AccessMask,
        recorder: &mut R,
    ) -> Result<Success, Failure> {
        let (target, process) = match of {
            TokenOf::Own => (self.effective_id(thread), None),
            TokenOf::Process(process) => (self.process(process).primary, Some(process)),
            TokenOf::Thread(other) => (self.effective_id(other), Some(self.thread(other).process)),
        };
        if let Some(process) = process.filter(|process| *process != self.thread(thread).process) {
            self.reach_process(thread, process, PROCESS_QUERY_INFORMATION, recorder)?;
        }
        // Looking at oneself is always possible, at Identification too (IMP-40, OPEN-10).
        let query = AccessMask(0x8);
        let granted = if of == TokenOf::Own && desired == query {
            query
        } else {
            let descriptor = self.token_descriptor(target);
            let ask = Ask {
                purpose: CheckPurpose::Target,
                desired,
                intents: Intents::empty(),
                object: &|_| ObjectName { class: ObjectType::Token, path: String::new() },
            };
            self.decide(thread, &descriptor, &ask, recorder)?.handle_mask()
        };
        self.tokens.retain(target);
        self.open_handle(thread, bind, HandleTarget::Token(target, None), granted, AccessMask::NONE);
        Ok(Success::Granted(granted))
    }

    /// Access to another process: its descriptor, which SeDebugPrivilege replaces, and its trust, which nothing does
    /// (PRC-10).
    fn reach_process<R: Recorder>(
        &mut self,
        thread: ThreadId,
        process: ProcessId,
        desired: AccessMask,
        recorder: &mut R,
    ) -> Result<(), Failure> {
        if self.privilege_gate(thread, Privilege::DEBUG, recorder) != PrivilegeState::Held {
            let descriptor = self.process(process).descriptor.clone();
            let ask = Ask {
                purpose: CheckPurpose::Target,
                desired,
                intents: Intents::empty(),
                object: &|world| ObjectName {
                    class: ObjectType::Process,
                    path: world.process(process).name.to_string(),
                },
            };
            self.decide(thread, &descriptor, &ask, recorder)?;
        }
        let own = self.process(self.thread(thread).process).trust;
        if own.dominates(self.process(process).trust) {
            Ok(())
        } else {
            Err(Failure { error: ErrorName::AccessDenied, denied: Some(super::op::DeniedBy::Trust) })
        }
    }

    /// The default descriptor of a token whose creator was its own user (TOK-28, TOK-29).
    fn token_descriptor(&mut self, id: TokenId) -> Arc<Descriptor> {
        let user = self.token(id).facts().user;
        let all = ObjectType::Token.mapping().all;
        let mut aces =
            vec![Ace::basic(AceType::ALLOW, user, OWN_TOKEN), Ace::basic(AceType::ALLOW, SYSTEM, all)];
        if user == SYSTEM {
            aces = vec![
                Ace::basic(AceType::ALLOW, SYSTEM, all),
                Ace::basic(AceType::ALLOW, crate::sid::ADMINISTRATORS, all),
            ];
        } else {
            aces.push(Ace::basic(AceType::ALLOW, OWNER_RIGHTS, AccessMask::READ_CONTROL));
        }
        let source = SecurityDescriptor {
            owner: Some(user),
            group: Some(user),
            dacl: Some(Acl::new(aces)),
            ..SecurityDescriptor::default()
        };
        let mapping = self.model.mapping(ObjectType::Token);
        Arc::new(Descriptor::compile(source, mapping, &self.model, Arc::make_mut(&mut self.sids)))
    }

    fn token_in(&self, thread: ThreadId, slot: Slot, right: AccessMask) -> Result<TokenId, Failure> {
        let (_, handle) = self.handle_in(thread, slot)?;
        let HandleTarget::Token(token, _) = handle.target else {
            return Err(ErrorName::InvalidHandle.into());
        };
        if handle.granted.contains(right) { Ok(token) } else { Err(outside_mask()) }
    }

    /// TOK-8, TOK-9
    pub(super) fn duplicate(
        &mut self,
        thread: ThreadId,
        bind: Option<Slot>,
        slot: Slot,
        level: Option<ImpersonationLevel>,
    ) -> Result<Success, Failure> {
        let source = self.token(self.token_in(thread, slot, TOKEN_DUPLICATE)?);
        if let (Some(own), Some(asked)) = (source.level(), level)
            && asked > own
        {
            return Err(ErrorName::InvalidParameter.into());
        }
        let kind = level.map_or(TokenType::Primary, TokenType::Impersonation);
        let source = if level == Some(ImpersonationLevel::Anonymous) { &self.anonymous } else { source };
        let copy = Token { kind, elevation: crate::token::ElevationType::Default, ..source.clone() };
        Ok(self.own_new_token(thread, bind, copy, ObjectType::Token.mapping().all))
    }

    /// TOK-11: the result can do less, never more.
    pub(super) fn restrict(
        &mut self,
        thread: ThreadId,
        bind: Option<Slot>,
        slot: Slot,
        restriction: &Restriction,
    ) -> Result<Success, Failure> {
        let (_, handle) = self.handle_in(thread, slot)?;
        let mask = handle.granted;
        let source = self.token(self.token_in(thread, slot, TOKEN_DUPLICATE)?).clone();
        let mut facts = source.facts().clone();
        for sid in &restriction.deny_only {
            let group = facts.groups.iter_mut().find(|group| group.sid == *sid);
            let group = group.ok_or(ErrorName::InvalidParameter)?;
            group.attributes |= GroupAttributes::USE_FOR_DENY_ONLY;
        }
        if facts.restricted_sids.is_empty() {
            facts.restricted_sids.clone_from(&restriction.sids);
        } else if !restriction.sids.is_empty() {
            let both = |entry: &SidAndAttributes| restriction.sids.iter().any(|other| other.sid == entry.sid);
            facts.restricted_sids.retain(both);
            if facts.restricted_sids.is_empty() {
                return Err(ErrorName::InvalidParameter.into());
            }
        }
        facts.write_restricted |= restriction.write_only;
        facts.user_deny_only |= facts.write_restricted; // VAL-5, DIV-37
        let mut privileges = source.privileges;
        privileges.used = PrivilegeSet::NONE;
        for privilege in &restriction.remove {
            privileges.present.remove(*privilege);
            privileges.enabled.remove(*privilege);
            privileges.enabled_by_default.remove(*privilege);
        }
        let identity = Identity::new(facts, Arc::make_mut(&mut self.sids));
        let copy = Token {
            identity,
            privileges,
            elevation: crate::token::ElevationType::Default,
            modified: 0,
            ..source
        };
        Ok(self.own_new_token(thread, bind, copy, mask))
    }

    fn own_new_token(
        &mut self,
        thread: ThreadId,
        bind: Option<Slot>,
        token: Token,
        granted: AccessMask,
    ) -> Success {
        debug_assert!(token.facts().groups.len() <= MAX_GROUPS);
        let id = self.tokens.insert(token);
        self.open_handle(thread, bind, HandleTarget::Token(id, None), granted, AccessMask::NONE);
        Success::Granted(granted)
    }
}
