//! Other hosts: who arrives there when a thread of one machine connects to a service on another.
//!
//! Authority: IMP-36, PRC-18, DIV-10, OPEN-18. All hosts see the same files and keys; what differs is identity.

use super::check::{Ask, refused_by_gate};
use super::declare::{DEFAULT_GROUP, LogonType};
use super::logon::{Logon, default_dacl};
use super::op::Failure;
use super::record::Recorder;
use super::{Installed, Origin, World};
use crate::access::{Descriptor, GateRefusal};
use crate::ids::{ProcessId, SessionId, ThreadId};
use crate::model::{CaptureAtIdentification, DelegationDefault, ImpersonationAcrossHosts};
use crate::privilege::{Privilege, PrivilegeSet, Privileges};
use crate::sd::Acl;
use crate::sid::{self, Sid};
use crate::token::{
    GroupAttributes, Identity, IdentityFacts, ImpersonationLevel, IntegrityLevel, MandatoryPolicy,
    SidAndAttributes, Token, TokenType,
};
use std::sync::Arc;

impl World {
    /// Whether two processes run on different hosts.
    pub(super) fn across_hosts(&self, one: ProcessId, other: ProcessId) -> bool {
        self.process(one).host != self.process(other).host
    }

    /// Who arrives at another host when a thread connects at a level (IMP-36). The token is a new one, of a network logon there.
    pub(super) fn remote_identity(
        &mut self,
        thread: ThreadId,
        level: ImpersonationLevel,
    ) -> Result<Token, Failure> {
        let installed = self.thread(thread).installed.and_then(|_| self.effective_token(thread).level());
        if installed.is_some_and(|own| !own.acts())
            && self.model.capture_at_identification == CaptureAtIdentification::Refuse
        {
            return Err(refused_by_gate(GateRefusal::BadImpersonationLevel));
        }
        if level == ImpersonationLevel::Anonymous {
            return Ok(self.copy_of(&self.anonymous, level));
        }
        match installed {
            Some(ImpersonationLevel::Anonymous) => {
                Ok(self.copy_of(&self.anonymous, ImpersonationLevel::Anonymous))
            }
            Some(ImpersonationLevel::Delegation) if self.may_delegate(thread) => {
                let client = self.effective_token(thread).clone();
                Ok(self.network_token(&client, level))
            }
            Some(ImpersonationLevel::Impersonation | ImpersonationLevel::Delegation)
                if self.model.impersonation_across_hosts == ImpersonationAcrossHosts::Anonymous =>
            {
                Ok(self.copy_of(&self.anonymous, ImpersonationLevel::Anonymous))
            }
            None | Some(_) => Ok(self.network_identity(thread, level)),
        }
    }

    /// Whether a service may pass a client on to another host: what is declared, else what the model says.
    fn may_delegate(&self, thread: ThreadId) -> bool {
        let declared = self.process(self.thread(thread).process).delegation;
        declared.unwrap_or(self.model.delegation_default == DelegationDefault::Allowed)
    }

    /// A process's own identity on the network: the built-in accounts appear as their machine or as nobody, a named account as
    /// itself (PRC-18). A machine that is not declared has no account that could vouch for it.
    fn network_identity(&mut self, thread: ThreadId, level: ImpersonationLevel) -> Token {
        let process = self.thread(thread).process;
        let own = self.primary_token(thread).clone();
        let user = own.facts().user;
        let nobody = [sid::LOCAL_SERVICE, sid::ANONYMOUS].contains(&user);
        if ![sid::SYSTEM, sid::NETWORK_SERVICE].contains(&user) && !nobody {
            return self.network_token(&own, level);
        }
        let machine = self.process(process).host.filter(|_| !nobody);
        let made = machine.and_then(|machine| {
            let logon = Logon { kind: Some(LogonType::Network), ..Logon::of(machine) };
            self.mint(&logon).ok()
        });
        let Some(id) = made else { return self.copy_of(&self.anonymous, ImpersonationLevel::Anonymous) };
        let token = Token { kind: TokenType::Impersonation(level), ..self.token(id).clone() };
        // Whoever takes the copy in refers to the session from then on.
        self.tokens.release(id);
        if let Some(session) = self.sessions.get_mut(token.facts().session.index()) {
            session.tokens = 0;
        }
        token
    }

    /// The token that somebody has on another host: the same user, claims and limits, the groups that are not of the first host
    /// alone, Medium at most, and the privileges that everybody has there.
    fn network_token(&mut self, source: &Token, level: ImpersonationLevel) -> Token {
        let session = self.new_session(LogonType::Network, source.facts().user);
        let facts = IdentityFacts {
            session,
            origin: None,
            groups: self.network_groups(source.facts(), session),
            integrity: source.facts().integrity.min(IntegrityLevel::Medium),
            mandatory_policy: MandatoryPolicy::NO_WRITE_UP | MandatoryPolicy::NEW_PROCESS_MIN,
            ..source.facts().clone()
        };
        let user = facts.user;
        let identity = Identity::new(facts, Arc::make_mut(&mut self.sids));
        let everybody: PrivilegeSet =
            [Privilege::CHANGE_NOTIFY, Privilege::CREATE_SYMBOLIC_LINK].into_iter().collect();
        let kind = TokenType::Impersonation(level);
        Token {
            default_dacl: Some(Arc::new(Acl::new(default_dacl(user)))),
            ..Token::new(source.id, kind, identity, Privileges::new(everybody, everybody))
        }
    }

    fn network_groups(&self, facts: &IdentityFacts, session: SessionId) -> Vec<SidAndAttributes> {
        let plain = |sid| SidAndAttributes { sid, attributes: DEFAULT_GROUP };
        let mut groups: Vec<SidAndAttributes> =
            [sid::EVERYONE, sid::AUTHENTICATED_USERS, sid::NETWORK].map(plain).into();
        groups.extend(facts.groups.iter().filter(|group| travels(group)));
        groups.push(self.logon_group(session));
        groups
    }

    /// Asks an endpoint of another host whether it lets in who arrives there (IMP-4, IMP-36).
    pub(super) fn let_in_remote<R: Recorder>(
        &mut self,
        thread: ThreadId,
        remote: &Token,
        (descriptor, ask): (&Arc<Descriptor>, &Ask<'_>),
        recorder: &mut R,
    ) -> Result<(), Failure> {
        // The level is what the service may do later; at the door the other host knows whom it has authenticated.
        let kind = TokenType::Impersonation(ImpersonationLevel::Impersonation);
        let token = self.add_token(Token { kind, ..remote.clone() });
        let swap = |world: &mut World, to: Option<Installed>| {
            let state = world.threads.get_mut(thread.index());
            state.and_then(|state| std::mem::replace(&mut state.installed, to))
        };
        let origin = Origin::Token { from: None, opened_by: thread };
        let before = swap(self, Some(Installed { token, origin, cap: None }));
        let result = self.decide(thread, descriptor, ask, recorder);
        swap(self, before);
        match result {
            Ok(_) => {
                // The captured copy follows at once and keeps the session.
                if self.tokens.release(token)
                    && let Some(session) = self.sessions.get_mut(remote.facts().session.index())
                {
                    session.tokens = session.tokens.saturating_sub(1);
                }
                Ok(())
            }
            Err(refused) => {
                self.drop_token(token);
                Err(refused)
            }
        }
    }
}

/// Whether a group means something beyond the host: those of domains do, those of the machine, of a logon and of a service do
/// not.
fn travels(group: &SidAndAttributes) -> bool {
    let builtin: &[Sid] = &[sid::EVERYONE, sid::AUTHENTICATED_USERS];
    !group.attributes.contains(GroupAttributes::LOGON_ID)
        && !builtin.contains(&group.sid)
        && (group.sid.authority() != 5 || group.sid.sub_authorities().first() == Some(&21))
}
