//! Operations on tokens in hand: opening, copying, restricting and installing them as primary; what guards a token.
//!
//! Authority: TOK-8 to TOK-12, TOK-27 to TOK-31, PRC-6, IMP-29. What changes a token is in `adjust`, what makes one of a
//! principal in `logon`.

use std::sync::Arc;

use super::World;
use super::check::Ask;
use super::handle::{HandleTarget, Opening};
use super::op::{Copy, ErrorName, Failure, Restriction, Success, TokenOf};
use super::record::{CheckPurpose, Fact, NoRecord, ObjectName, PrivilegeGate, Recorder, Remark};
use crate::access::{Descriptor, Intents};
use crate::ids::{ProcessId, Slot, ThreadId, TokenId};
use crate::model::{AnonymousPeerToken, AssignOwnRestricted, LevelAboveSource, LookedAtToPrimary};
use crate::privilege::{Privilege, PrivilegeSet, PrivilegeState};
use crate::rights::{AccessMask, ObjectType};
use crate::sd::{Ace, AceType, Acl, LabelPolicy, SecurityDescriptor};
use crate::sid::{ADMINISTRATORS, OWNER_RIGHTS, SYSTEM, Sid};
use crate::token::{
    ElevationType, GroupAttributes, Identity, ImpersonationLevel, IntegrityLevel, SidAndAttributes, Token,
    TokenType,
};

const TOKEN_ASSIGN_PRIMARY: AccessMask = AccessMask(0x1);
const TOKEN_DUPLICATE: AccessMask = AccessMask(0x2);
const TOKEN_QUERY: AccessMask = AccessMask(0x8);
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
        self.require(thread, privilege, recorder).map(|()| Success::Ok)
    }

    /// A standalone gate of the thread's subject: passed, or `PRIVILEGE_NOT_HELD` (TOK-6).
    pub(super) fn require<R: Recorder>(
        &mut self,
        thread: ThreadId,
        privilege: Privilege,
        recorder: &mut R,
    ) -> Result<(), Failure> {
        match self.privilege_gate(thread, privilege, recorder) {
            PrivilegeState::Held => Ok(()),
            PrivilegeState::Disabled | PrivilegeState::Absent => Err(ErrorName::PrivilegeNotHeld.into()),
        }
    }

    /// A gate of the process's primary token, whoever the thread acts as (TOK-6).
    pub(super) fn require_of_process<R: Recorder>(
        &mut self,
        thread: ThreadId,
        privilege: Privilege,
        recorder: &mut R,
    ) -> Result<(), Failure> {
        let primary = self.process(self.thread(thread).process).primary;
        let state = self.token(primary).privileges.state(privilege);
        let asked = Some(self.token(primary).facts().user);
        recorder.fact(|_| Fact::Privilege(PrivilegeGate { privilege, state, primary: true, asked }));
        if state != PrivilegeState::Held {
            return Err(ErrorName::PrivilegeNotHeld.into());
        }
        if let Some(token) = self.tokens.get_mut(primary) {
            token.privileges.used.insert(privilege);
        }
        Ok(())
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
        if let Some(process) = process {
            self.reach_process(thread, process, PROCESS_QUERY_INFORMATION, recorder)?;
        }
        if of == TokenOf::Own
            && self.token(target).level() == Some(ImpersonationLevel::Anonymous)
            && self.model.anonymous_peer_token == AnonymousPeerToken::CantOpen
        {
            return Err(ErrorName::CantOpenAnonymous.into());
        }
        // Looking at oneself is always possible, at Identification too (IMP-40, OPEN-10).
        let granted = if of == TokenOf::Own && desired == TOKEN_QUERY {
            TOKEN_QUERY
        } else {
            self.decide_token(thread, target, desired, recorder)?
        };
        self.share_token(target);
        Ok(self.own_new_token(thread, bind, target, granted))
    }

    /// What a token's descriptor gives the thread's subject, or the refusal.
    fn decide_token<R: Recorder>(
        &mut self,
        thread: ThreadId,
        target: TokenId,
        desired: AccessMask,
        recorder: &mut R,
    ) -> Result<AccessMask, Failure> {
        let descriptor = self.token_descriptor(target);
        let ask = Ask {
            purpose: CheckPurpose::Target,
            desired,
            intents: Intents::empty(),
            object: &|_| ObjectName { class: ObjectType::Token, path: String::new() },
        };
        Ok(self.decide(thread, &descriptor, &ask, recorder)?.handle_mask())
    }

    /// Whether the thread may do something to the token that it has in effect. Quiet where the answer is yes, as it almost
    /// always is: a subject may tune its own token (TOK-28).
    pub(super) fn may_tune<R: Recorder>(
        &mut self,
        thread: ThreadId,
        right: AccessMask,
        recorder: &mut R,
    ) -> Result<TokenId, Failure> {
        let own = self.effective_id(thread);
        match self.decide_token(thread, own, right, &mut NoRecord) {
            Ok(_) => Ok(own),
            Err(_) => self.decide_token(thread, own, right, recorder).map(|_| own),
        }
    }

    /// A token's own descriptor: what was written, else the default one (TOK-28, TOK-29).
    pub(super) fn token_descriptor(&mut self, id: TokenId) -> Arc<Descriptor> {
        let token = self.token(id);
        let source = match &token.descriptor {
            Some(written) => written.as_ref().clone(),
            None => default_token_descriptor(token, &self.model),
        };
        let mapping = self.model.mapping(ObjectType::Token);
        Arc::new(Descriptor::compile(source, mapping, &self.model, Arc::make_mut(&mut self.sids)))
    }

    /// The token behind a handle that was opened for a right (TOK-30).
    pub(super) fn token_in<R: Recorder>(
        &self,
        thread: ThreadId,
        slot: Slot,
        right: AccessMask,
        recorder: &mut R,
    ) -> Result<TokenId, Failure> {
        let (_, handle) = self.handle_in(thread, slot)?;
        let HandleTarget::Token(token, _) = handle.target else {
            return Err(ErrorName::InvalidHandle.into());
        };
        self.test_mask(handle, &[right], recorder)?;
        Ok(token)
    }

    /// TOK-8 to TOK-10
    pub(super) fn duplicate<R: Recorder>(
        &mut self,
        thread: ThreadId,
        bind: Option<Slot>,
        slot: Slot,
        copy: &Copy,
        recorder: &mut R,
    ) -> Result<Success, Failure> {
        let source = self.token(self.token_in(thread, slot, TOKEN_DUPLICATE, recorder)?);
        let kind = copy.kind.unwrap_or(source.kind);
        let laundered = match (source.kind, kind) {
            (TokenType::Impersonation(own), TokenType::Primary) if !own.acts() => {
                if self.model.looked_at_to_primary == LookedAtToPrimary::Refuse {
                    return Err(ErrorName::BadImpersonationLevel.into());
                }
                own == ImpersonationLevel::Identification
            }
            (TokenType::Impersonation(own), TokenType::Impersonation(asked)) if asked > own => {
                return Err(match self.model.level_above_source {
                    LevelAboveSource::InvalidParameter => ErrorName::InvalidParameter,
                    LevelAboveSource::BadImpersonationLevel => ErrorName::BadImpersonationLevel,
                }
                .into());
            }
            _ => false,
        };
        let at_anonymous = kind == TokenType::Impersonation(ImpersonationLevel::Anonymous);
        let source = if at_anonymous { &self.anonymous } else { source };
        let copied = Token {
            kind,
            elevation: ElevationType::Default,
            descriptor: None,
            restricted_from: None,
            creator: self.primary_token(thread).facts().user,
            ..source.clone()
        };
        let id = self.add_token(copied);
        // The request is checked against the copy's own descriptor, by the subject that asks. One that names no right is for all
        // that it gives.
        let asked = copy.desired.unwrap_or_else(|| {
            let all = ObjectType::Token.mapping().all;
            let most = self.decide_token(thread, id, AccessMask::MAXIMUM_ALLOWED, &mut NoRecord);
            most.map_or(all, |most| most & all)
        });
        let granted = match self.decide_token(thread, id, asked, recorder) {
            Ok(granted) => granted,
            Err(refused) => {
                self.drop_token(id);
                return Err(refused);
            }
        };
        if laundered {
            recorder.fact(|_| Fact::Remark(Remark::LevelLaundered));
        }
        Ok(self.own_new_token(thread, bind, id, granted))
    }

    /// TOK-11: the result can do less, never more.
    pub(super) fn restrict<R: Recorder>(
        &mut self,
        thread: ThreadId,
        bind: Option<Slot>,
        slot: Slot,
        restriction: &Restriction,
        recorder: &mut R,
    ) -> Result<Success, Failure> {
        let source = self.token(self.token_in(thread, slot, TOKEN_DUPLICATE, recorder)?).clone();
        let mask = self.handle_in(thread, slot)?.1.granted;
        let mut facts = source.facts().clone();
        for (n, sid) in restriction.deny_only.iter().enumerate() {
            let group = facts.groups.iter_mut().find(|group| group.sid == *sid);
            let group = group.ok_or(ErrorName::InvalidParameter)?;
            if restriction.deny_only.iter().take(n).any(|earlier| earlier == sid) {
                return Err(ErrorName::InvalidParameter.into());
            }
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
            privileges.take_away(*privilege);
        }
        let identity = Identity::new(facts, Arc::make_mut(&mut self.sids));
        let copy = Token {
            identity,
            privileges,
            elevation: ElevationType::Default,
            descriptor: None,
            creator: self.primary_token(thread).facts().user,
            restricted_from: Some(source.identity.clone()),
            ..source
        };
        let id = self.add_token(copy);
        Ok(self.own_new_token(thread, bind, id, mask))
    }

    /// Opens a handle on a token to which the caller holds a reference that the handle takes over.
    pub(super) fn own_new_token(
        &mut self,
        thread: ThreadId,
        bind: Option<Slot>,
        id: TokenId,
        granted: AccessMask,
    ) -> Success {
        self.open_handle(thread, bind, Opening::plain(HandleTarget::Token(id, None), granted));
        Success::Granted(granted)
    }

    /// `assign t`: the process goes on with a copy of the token, installed identities stay (PRC-6, IMP-29, OPEN-14).
    pub(super) fn assign<R: Recorder>(
        &mut self,
        thread: ThreadId,
        slot: Slot,
        recorder: &mut R,
    ) -> Result<Success, Failure> {
        let token = self.assignable(thread, slot, recorder)?;
        let process = self.thread(thread).process;
        self.replace_primary(process, token);
        Ok(Success::Ok)
    }

    /// The token in hand as a primary one that the process may install, in the order of PRC-6: right, type, privilege.
    pub(super) fn assignable<R: Recorder>(
        &mut self,
        thread: ThreadId,
        slot: Slot,
        recorder: &mut R,
    ) -> Result<Token, Failure> {
        let id = self.token_in(thread, slot, TOKEN_ASSIGN_PRIMARY, recorder)?;
        if self.token(id).kind != TokenType::Primary {
            return Err(ErrorName::BadTokenType.into());
        }
        let own = self.primary_token(thread);
        let token = self.token(id);
        let free = self.model.assign_own_restricted == AssignOwnRestricted::Free
            && token.restricted_from.as_ref() == Some(&own.identity)
            && token.privileges.present.and(own.privileges.present) == token.privileges.present;
        if !free {
            self.require_of_process(thread, Privilege::ASSIGN_PRIMARY_TOKEN, recorder)?;
        }
        Ok(self.token(id).clone())
    }

    /// Another primary token for a process; its descriptor is made anew only if the user is another one (PRC-6).
    pub(super) fn replace_primary(&mut self, process: ProcessId, token: Token) {
        let old = self.process(process).primary;
        let before = self.token(old).facts().user;
        let (user, group) = (token.facts().user, token.primary_group());
        let new = self.add_token(token);
        if let Some(state) = self.processes.get_mut(process.index()) {
            state.primary = new;
        }
        self.drop_token(old);
        if before != user {
            self.guard_anew(process, user, group);
        }
    }
}

/// The default descriptor of a token (TOK-28, TOK-29). A token below Medium carries its own label, or its bearer could not
/// tune it.
fn default_token_descriptor(token: &Token, model: &crate::model::Model) -> SecurityDescriptor {
    let facts = token.facts();
    let (user, creator) = (facts.user, token.creator);
    let all = ObjectType::Token.mapping().all;
    let allow = |sid: Sid, mask| Ace::basic(AceType::ALLOW, sid, mask);
    let aces = if user == SYSTEM {
        vec![allow(SYSTEM, all), allow(ADMINISTRATORS, all)]
    } else if creator == user {
        vec![allow(user, OWN_TOKEN), allow(SYSTEM, all), allow(OWNER_RIGHTS, AccessMask::READ_CONTROL)]
    } else {
        vec![allow(user, OWN_TOKEN), allow(creator, all), allow(SYSTEM, all)]
    };
    let label = (facts.integrity < IntegrityLevel::Medium).then(|| {
        let sid = Sid::constant(16, &[facts.integrity.rid()]);
        let mask = LabelPolicy::NO_WRITE_UP.to_mask(model.label_bits);
        Acl::new(vec![Ace::basic(AceType::MANDATORY_LABEL, sid, mask)])
    });
    SecurityDescriptor {
        owner: Some(creator),
        group: Some(creator),
        dacl: Some(Acl::new(aces)),
        sacl: label,
        ..SecurityDescriptor::default()
    }
}
