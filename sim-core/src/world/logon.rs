//! Logging on: the authority that makes tokens of principals, logon sessions with what keeps them alive, and linked pairs.
//!
//! Authority: the scenario defaults of section 10.9, TOK-7, TOK-25, TOK-38 to TOK-40, PRC-18, PRC-19, SES-1 to SES-6.

use std::sync::Arc;

use super::declare::{DEFAULT_GROUP, LogonType, PrincipalDecl, PrivilegeDecl, TokenShape};
use super::op::{ErrorName, Failure, NewToken, Success};
use super::record::{EndedSession, Fact, Recorder};
use super::{Session, World};
use crate::ids::{SessionId, Slot, ThreadId, TokenId};
use crate::model::FixedSessions;
use crate::privilege::{Privilege, PrivilegeSet, PrivilegeState, Privileges};
use crate::rights::{AccessMask, ObjectType};
use crate::sd::{Ace, AceType, Acl};
use crate::sid::{self, SYSTEM, Sid};
use crate::token::{
    ElevationType, GroupAttributes, Identity, IdentityFacts, ImpersonationLevel, IntegrityLevel, MAX_GROUPS,
    MandatoryPolicy, SidAndAttributes, Token, TokenType,
};

/// The sessions that are always there: whose, and with which number (SES-3). SYSTEM's and the Anonymous identity's come first.
const FIXED_SESSIONS: &[(Sid, u64)] = &[(SYSTEM, 0), (sid::ANONYMOUS, 998)];
const NT_FIXED_SESSIONS: &[(Sid, u64)] =
    &[(SYSTEM, 999), (sid::ANONYMOUS, 998), (sid::LOCAL_SERVICE, 997), (sid::NETWORK_SERVICE, 996)];
/// What authenticates everybody here (SES-1, SES-3).
const PACKAGE: &str = "Negotiate";
/// The number of the first of the others.
const FIRST_SESSION: u64 = 1001;

/// What a handle that only shows can do (TOK-40).
const TOKEN_QUERY: AccessMask = AccessMask(0x8);
const TOKEN_DUPLICATE: AccessMask = AccessMask(0x2);

/// Privileges that the filtered half of a pair keeps: what harms nobody (TOK-39).
const HARMLESS: [Privilege; 6] = [
    Privilege::CHANGE_NOTIFY,
    Privilege::CREATE_SYMBOLIC_LINK,
    Privilege::SHUTDOWN,
    Privilege::UNDOCK,
    Privilege::INCREASE_WORKING_SET,
    Privilege::TIME_ZONE,
];

/// Groups that the filtered half of a pair has for deny entries only: the administrative ones of the machine, and those of a
/// domain by their last number (TOK-39).
const ADMINISTRATIVE: [u32; 7] = [544, 547, 548, 549, 550, 551, 556];
const ADMINISTRATIVE_IN_DOMAIN: [u32; 5] = [512, 516, 518, 519, 520];

/// Both halves of an elevation pair (TOK-38). They are kept for whoever asks, and keep no session alive (SES-5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Pair {
    /// The elevated half.
    pub full: TokenId,
    /// The filtered half.
    pub limited: TokenId,
    /// Which pair of its session it is: one that was linked later has taken the place of those before.
    number: u32,
}

/// Who logs on, and how.
pub(super) struct Logon<'a> {
    /// The account.
    pub account: Sid,
    /// The service's own SID (PRC-19).
    pub service: Option<Sid>,
    /// The kind that the step asks for, in place of the declared one.
    pub kind: Option<LogonType>,
    /// What the process adds to its account's shape.
    pub shape: Option<&'a TokenShape>,
    /// The session from which it comes, for a derived one (TOK-1, DIV-7).
    pub origin: Option<SessionId>,
}

impl Logon<'_> {
    /// A principal as it is declared.
    pub(super) fn of(account: Sid) -> Logon<'static> {
        Logon { account, service: None, kind: None, shape: None, origin: None }
    }
}

impl World {
    /// The sessions that are always there (SES-3).
    pub(super) fn add_fixed_sessions(&mut self) {
        for (user, number) in self.fixed_sessions() {
            let kind = if *user == sid::ANONYMOUS { LogonType::Network } else { LogonType::Service };
            let label = self.account_name(*user);
            self.push_session(*number, kind, *user, &label);
        }
    }

    fn fixed_sessions(&self) -> &'static [(Sid, u64)] {
        match self.model.fixed_sessions {
            FixedSessions::Two => FIXED_SESSIONS,
            FixedSessions::Nt => NT_FIXED_SESSIONS,
        }
    }

    /// The session of an account that has one from the beginning.
    fn fixed_session(&self, account: Sid) -> Option<SessionId> {
        let position = self.fixed_sessions().iter().position(|(user, _)| *user == account);
        position.map(|position| SessionId(position as u32))
    }

    fn push_session(&mut self, number: u64, kind: LogonType, user: Sid, label: &str) -> SessionId {
        let id = SessionId(self.sessions.len() as u32);
        let label = Arc::from(label);
        let directory = self.directory.revision;
        let since = self.now;
        let (tokens, pair, package) = (0, None, PACKAGE);
        self.sessions.push(Session { number, kind, user, package, label, since, tokens, pair, directory });
        id
    }

    /// A session of a principal, counted for each principal so that a new one renumbers no others (SES-6).
    pub(super) fn new_session(&mut self, kind: LogonType, user: Sid) -> SessionId {
        let name = self.account_name(user);
        let count = self.logons.entry(Arc::from(name.as_str())).or_insert(0);
        *count += 1;
        let label = format!("{name}#{count}");
        // The others follow the fixed ones in order of logon.
        let number = FIRST_SESSION + (self.sessions.len() - self.fixed_sessions().len()) as u64;
        self.push_session(number, kind, user, &label)
    }

    fn principal(&self, account: Sid) -> Option<&PrincipalDecl> {
        self.directory.principal(account).map(AsRef::as_ref)
    }

    fn account_name(&self, account: Sid) -> String {
        match self.principal(account) {
            Some(principal) => principal.name.to_string(),
            None => {
                sid::WellKnown::of(account).map_or_else(|| account.to_string(), |row| row.name.to_owned())
            }
        }
    }

    /// The token of a logon, in a session of its own; of a principal with a pair, the half that is declared, with the other
    /// one on the session (TOK-7, TOK-38).
    ///
    /// # Errors
    /// Why no token can be like that.
    pub(super) fn mint(&mut self, logon: &Logon<'_>) -> Result<TokenId, String> {
        let account = self.directory.principal(logon.account).cloned();
        let kind = AccountKind::new(logon.account, logon.service.is_some());
        let shapes: Vec<&TokenShape> =
            account.iter().map(|account| &account.shape).chain(logon.shape).collect();
        let declared = shapes.iter().rev().find_map(|shape| shape.logon);
        let how = logon.kind.or(declared).unwrap_or(kind.logon());
        let fixed = self.fixed_session(logon.account);
        let session = fixed.unwrap_or_else(|| self.new_session(how, logon.account));
        let elevation = shapes.iter().rev().find_map(|shape| shape.elevation).unwrap_or_default();
        let facts = self.facts_of(logon, kind, &shapes, (how, session, elevation))?;
        let privileges = privileges_of(&shapes, logon.account);
        let dacl = shapes.iter().rev().find_map(|shape| shape.default_dacl.clone());
        let dacl = Arc::new(Acl::new(dacl.unwrap_or_else(|| default_dacl(logon.account))));
        let expires = shapes.iter().rev().find_map(|shape| shape.expires);
        let expires = expires.map(|after| self.now.saturating_add(after));
        let mut make = |facts: IdentityFacts, privileges, elevation| {
            let primary_group = kind.primary_group(&facts);
            let identity = Identity::new(facts, Arc::make_mut(&mut self.sids));
            let mut token = Token::new(TokenId(0), TokenType::Primary, identity, privileges);
            token.primary_group_index = primary_group;
            token.default_dacl = Some(dacl.clone());
            token.expires = expires;
            token.elevation = elevation;
            token
        };
        if elevation == ElevationType::Default {
            let token = make(facts, privileges, elevation);
            return Ok(self.add_token(token));
        }
        let given = Given::of(&shapes);
        let full = make(given.full(facts.clone(), elevation), privileges, ElevationType::Full);
        let limited = make(given.limited(facts, elevation), filtered(privileges), ElevationType::Limited);
        let (full, limited) = (self.add_token(full), self.add_token(limited));
        let pair = self.pair(full, limited);
        let (own, other) = match elevation {
            ElevationType::Full => (pair.full, pair.limited),
            ElevationType::Limited | ElevationType::Default => (pair.limited, pair.full),
        };
        self.tokens.keep(own);
        self.tokens.keep(other);
        if let Some(session) = self.sessions.get_mut(session.index()) {
            session.pair = Some(pair);
        }
        self.drop_token(other);
        Ok(own)
    }

    fn facts_of(
        &self,
        logon: &Logon<'_>,
        kind: AccountKind,
        shapes: &[&TokenShape],
        (how, session, elevation): (LogonType, SessionId, ElevationType),
    ) -> Result<IdentityFacts, String> {
        let mut facts = IdentityFacts::of(logon.account, session);
        facts.origin = logon.origin;
        facts.integrity =
            shapes.iter().rev().find_map(|shape| shape.integrity).unwrap_or(kind.integrity(logon.account));
        facts.mandatory_policy =
            shapes.iter().rev().find_map(|shape| shape.mandatory_policy).unwrap_or(kind.policy());
        facts.audit_policy = shapes.iter().rev().find_map(|shape| shape.audit_policy).unwrap_or_default();
        facts.groups = kind.groups(how);
        if elevation != ElevationType::Default
            && !facts.groups.iter().any(|group| group.sid == sid::ADMINISTRATORS)
        {
            facts.groups.push(administrators());
        }
        if let Some(service) = logon.service {
            let attributes = DEFAULT_GROUP | GroupAttributes::OWNER;
            facts.groups.push(SidAndAttributes { sid: service, attributes });
        }
        for shape in shapes {
            take_shape(&mut facts, shape);
        }
        facts.groups.push(self.logon_group(session));
        if facts.groups.len() > MAX_GROUPS {
            return Err(format!(
                "its token would have {} groups; a token holds at most {MAX_GROUPS}, the logon SID included",
                facts.groups.len()
            ));
        }
        Ok(facts)
    }

    /// The logon SID of a session, as it stands last in its tokens (TOK-7).
    pub(super) fn logon_group(&self, session: SessionId) -> SidAndAttributes {
        let number = self.sessions.get(session.index()).map_or(0, |session| session.number);
        SidAndAttributes { sid: Sid::of_logon(number), attributes: DEFAULT_GROUP | GroupAttributes::LOGON_ID }
    }

    /// Takes a token in, with one reference to it that keeps its session alive (SES-5).
    pub(super) fn add_token(&mut self, token: Token) -> TokenId {
        let session = token.facts().session;
        if let Some(session) = self.sessions.get_mut(session.index()) {
            session.tokens += 1;
        }
        self.tokens.insert(token)
    }

    /// One reference less; the session of a token that nobody refers to any more may end with it (SES-4).
    pub(super) fn drop_token(&mut self, id: TokenId) {
        let Some(session) = self.tokens.get(id).map(|token| token.facts().session) else { return };
        if self.tokens.release(id) {
            self.leave_session(session);
        }
    }

    /// The holder of a reference has ended: what it was stays to be looked at, and keeps no session alive.
    pub(super) fn retire_token(&mut self, id: TokenId) {
        self.tokens.keep(id);
        self.drop_token(id);
    }

    fn leave_session(&mut self, id: SessionId) {
        let is_fixed = id.index() < self.fixed_sessions().len(); // these never end (SES-3)
        let Some(session) = self.sessions.get_mut(id.index()) else { return };
        session.tokens = session.tokens.saturating_sub(1);
        if session.tokens > 0 || is_fixed {
            return;
        }
        if let Some(pair) = session.pair.take() {
            self.tokens.forget(pair.full);
            self.tokens.forget(pair.limited);
        }
        self.ended_sessions.push(id);
    }

    /// What an operation ended besides what it did: sessions, told once each (SES-4).
    pub(super) fn tell_ended_sessions<R: Recorder>(&mut self, recorder: &mut R) {
        if self.ended_sessions.is_empty() {
            return;
        }
        for session in self.take_ended_sessions() {
            recorder.fact(|_| Fact::SessionEnded(session));
        }
    }

    /// The sessions that have ended and were not told yet (SES-4).
    pub fn take_ended_sessions(&mut self) -> Vec<EndedSession> {
        let ended = std::mem::take(&mut self.ended_sessions);
        let sessions = ended.into_iter().filter_map(|id| self.sessions.get(id.index()));
        sessions
            .map(|session| EndedSession {
                label: session.label.clone(),
                number: session.number,
                user: session.user,
                kind: session.kind,
                package: session.package,
                since: session.since,
            })
            .collect()
    }

    /// `t = logon USER (network)`: the authority makes the session and the token; the caller needs SeTcbPrivilege (SES-4).
    pub(super) fn logon<R: Recorder>(
        &mut self,
        thread: ThreadId,
        bind: Option<Slot>,
        (account, kind): (Sid, LogonType),
        recorder: &mut R,
    ) -> Result<Success, Failure> {
        self.require(thread, Privilege::TCB, recorder)?;
        let id = self.log_on(thread, account, Some(kind))?;
        Ok(self.own_new_token(thread, bind, id, ObjectType::Token.mapping().all))
    }

    /// `t = create_token USER { … }` (TOK-7): a token of what is listed, by whoever holds SeCreateTokenPrivilege.
    pub(super) fn create_token<R: Recorder>(
        &mut self,
        thread: ThreadId,
        bind: Option<Slot>,
        asked: &NewToken,
        recorder: &mut R,
    ) -> Result<Success, Failure> {
        let of = match asked.session {
            Some(slot) => self.token(self.token_in(thread, slot, TOKEN_QUERY, recorder)?),
            None => self.primary_token(thread),
        };
        let session = of.facts().session;
        self.require(thread, Privilege::CREATE_TOKEN, recorder)?;
        let shape = &asked.shape;
        let mut facts = IdentityFacts::of(asked.user, session);
        facts.integrity = shape.integrity.unwrap_or(facts.integrity);
        facts.mandatory_policy = shape.mandatory_policy.unwrap_or(facts.mandatory_policy);
        facts.audit_policy = shape.audit_policy.unwrap_or_default();
        take_shape(&mut facts, shape);
        facts.groups.push(self.logon_group(session));
        if facts.groups.len() > MAX_GROUPS {
            return Err(ErrorName::InvalidParameter.into());
        }
        let identity = Identity::new(facts, Arc::make_mut(&mut self.sids));
        let privileges = listed_privileges(&[shape], PrivilegeSet::NONE);
        let dacl = shape.default_dacl.clone().unwrap_or_else(|| default_dacl(asked.user));
        let made = Token {
            creator: self.primary_token(thread).facts().user,
            default_dacl: Some(Arc::new(Acl::new(dacl))),
            expires: shape.expires.map(|after| self.now.saturating_add(after)),
            ..Token::new(TokenId(0), TokenType::Primary, identity, privileges)
        };
        let made = match asked.level {
            Some(level) => self.copy_of(&made, level),
            None => made,
        };
        let id = self.add_token(made);
        Ok(self.own_new_token(thread, bind, id, ObjectType::Token.mapping().all))
    }

    /// The token of a logon that a thread asked for: derived from its process's session, and made by its process (TOK-28).
    pub(super) fn log_on(
        &mut self,
        thread: ThreadId,
        account: Sid,
        kind: Option<LogonType>,
    ) -> Result<TokenId, Failure> {
        if self.directory.was_removed(account) {
            return Err(ErrorName::NotFound.into());
        }
        let own = self.primary_token(thread).facts();
        let (creator, origin) = (own.user, own.session);
        let logon = Logon { kind, origin: Some(origin), ..Logon::of(account) };
        let id = self.mint(&logon).map_err(|_| Failure::from(ErrorName::InvalidParameter))?;
        if let Some(token) = self.tokens.get_mut(id) {
            token.creator = creator;
        }
        Ok(id)
    }

    /// Makes two tokens the halves of the next pair of their session.
    fn pair(&mut self, full: TokenId, limited: TokenId) -> Pair {
        let session = self.session(self.token(full).facts().session);
        let number = session.and_then(|session| session.pair).map_or(0, |pair| pair.number + 1);
        for (id, elevation) in [(full, ElevationType::Full), (limited, ElevationType::Limited)] {
            if let Some(token) = self.tokens.get_mut(id) {
                token.elevation = elevation;
                token.pair = number;
            }
        }
        Pair { full, limited, number }
    }

    /// `t2 = linked t` (TOK-40): the partner itself for a holder of SeTcbPrivilege, else a copy that can only be looked at.
    pub(super) fn linked<R: Recorder>(
        &mut self,
        thread: ThreadId,
        bind: Option<Slot>,
        slot: Slot,
        recorder: &mut R,
    ) -> Result<Success, Failure> {
        let token = self.token(self.token_in(thread, slot, TOKEN_QUERY, recorder)?);
        let pair = self.session(token.facts().session).and_then(|session| session.pair);
        // One that another took the place of has no partner any more.
        let pair = pair.filter(|pair| pair.number == token.pair);
        let partner = match (pair, token.elevation) {
            (Some(pair), ElevationType::Limited) => pair.full,
            (Some(pair), ElevationType::Full) => pair.limited,
            (_, ElevationType::Default) | (None, _) => return Err(ErrorName::NotFound.into()),
        };
        if self.privilege_gate(thread, Privilege::TCB, recorder) == PrivilegeState::Held {
            self.share_token(partner);
            return Ok(self.own_new_token(thread, bind, partner, ObjectType::Token.mapping().all));
        }
        let kind = TokenType::Impersonation(ImpersonationLevel::Identification);
        let creator = self.primary_token(thread).facts().user;
        let copy = Token { kind, creator, descriptor: None, ..self.token(partner).clone() };
        let id = self.add_token(copy);
        Ok(self.own_new_token(thread, bind, id, TOKEN_QUERY))
    }

    /// One more reference to a token; the first one counts for its session again.
    pub(super) fn share_token(&mut self, id: TokenId) {
        if self.tokens.retain(id)
            && let Some(session) = self.tokens.get(id).map(|token| token.facts().session)
            && let Some(session) = self.sessions.get_mut(session.index())
        {
            session.tokens += 1;
        }
    }

    /// `link FULL to LIMITED` (TOK-38): puts a pair on the session of both.
    pub(super) fn link<R: Recorder>(
        &mut self,
        thread: ThreadId,
        full: Slot,
        limited: Slot,
        recorder: &mut R,
    ) -> Result<Success, Failure> {
        let full = self.token_in(thread, full, TOKEN_DUPLICATE, recorder)?;
        let limited = self.token_in(thread, limited, TOKEN_DUPLICATE, recorder)?;
        self.require(thread, Privilege::TCB, recorder)?;
        let (one, other) = (self.token(full), self.token(limited));
        let fits = full != limited
            && one.kind == TokenType::Primary
            && other.kind == TokenType::Primary
            && one.facts().user == other.facts().user
            && one.facts().session == other.facts().session
            && one.elevation != ElevationType::Limited
            && other.elevation != ElevationType::Full;
        if !fits {
            return Err(ErrorName::InvalidParameter.into());
        }
        let session = one.facts().session;
        self.tokens.keep(full);
        self.tokens.keep(limited);
        let new = Some(self.pair(full, limited));
        let old = self.sessions.get_mut(session.index()).and_then(|s| std::mem::replace(&mut s.pair, new));
        if let Some(pair) = old {
            self.tokens.forget(pair.full);
            self.tokens.forget(pair.limited);
        }
        Ok(Success::Ok)
    }
}

/// What the shapes say of the two properties that differ between the halves of a pair.
struct Given {
    integrity: Option<IntegrityLevel>,
    policy: Option<MandatoryPolicy>,
}

impl Given {
    fn of(shapes: &[&TokenShape]) -> Given {
        Given {
            integrity: shapes.iter().rev().find_map(|shape| shape.integrity),
            policy: shapes.iter().rev().find_map(|shape| shape.mandatory_policy),
        }
    }

    /// The elevated half: High, and it does not fall to the level of its programs. What is declared holds for the half that
    /// is declared.
    fn full(&self, facts: IdentityFacts, declared: ElevationType) -> IdentityFacts {
        let own = declared == ElevationType::Full;
        IdentityFacts {
            integrity: self.integrity.filter(|_| own).unwrap_or(IntegrityLevel::High),
            mandatory_policy: self.policy.filter(|_| own).unwrap_or(MandatoryPolicy::NO_WRITE_UP),
            ..facts
        }
    }

    /// The filtered half: Medium, administrative groups for deny entries only (TOK-39).
    fn limited(&self, mut facts: IdentityFacts, declared: ElevationType) -> IdentityFacts {
        for group in facts.groups.iter_mut().filter(|group| is_administrative(group.sid)) {
            group.attributes |= GroupAttributes::USE_FOR_DENY_ONLY;
        }
        let own = declared == ElevationType::Limited;
        IdentityFacts {
            integrity: self.integrity.filter(|_| own).unwrap_or(IntegrityLevel::Medium),
            mandatory_policy: self.policy.filter(|_| own).unwrap_or(AccountKind::User.policy()),
            ..facts
        }
    }
}

fn administrators() -> SidAndAttributes {
    SidAndAttributes { sid: sid::ADMINISTRATORS, attributes: DEFAULT_GROUP | GroupAttributes::OWNER }
}

fn is_administrative(sid: Sid) -> bool {
    let Some(rid) = sid.rid() else { return false };
    match sid.sub_authorities() {
        [32, _] => ADMINISTRATIVE.contains(&rid),
        [21, ..] => ADMINISTRATIVE_IN_DOMAIN.contains(&rid),
        _ => false,
    }
}

fn filtered(privileges: Privileges) -> Privileges {
    let harmless: PrivilegeSet = HARMLESS.into_iter().collect();
    Privileges::new(privileges.present.and(harmless), privileges.enabled.and(harmless))
}

/// The rows of section 10.9.
#[derive(Clone, Copy, PartialEq, Eq)]
enum AccountKind {
    User,
    System,
    Service,
}

impl AccountKind {
    fn new(account: Sid, service: bool) -> AccountKind {
        match (account == SYSTEM, service) {
            (true, _) => AccountKind::System,
            (false, true) => AccountKind::Service,
            // A plain process under a built-in service account is one of the service kind all the same.
            (false, false) if [sid::LOCAL_SERVICE, sid::NETWORK_SERVICE].contains(&account) => {
                AccountKind::Service
            }
            (false, false) => AccountKind::User,
        }
    }

    fn logon(self) -> LogonType {
        match self {
            AccountKind::User => LogonType::Interactive,
            AccountKind::System | AccountKind::Service => LogonType::Service,
        }
    }

    /// System for the built-in service accounts, Medium for everybody else (DIV-35).
    fn integrity(self, account: Sid) -> IntegrityLevel {
        if [SYSTEM, sid::LOCAL_SERVICE, sid::NETWORK_SERVICE].contains(&account) {
            IntegrityLevel::System
        } else {
            IntegrityLevel::Medium
        }
    }

    /// Services do not fall to the level of their programs.
    fn policy(self) -> MandatoryPolicy {
        match self {
            AccountKind::User | AccountKind::System => {
                MandatoryPolicy::NO_WRITE_UP | MandatoryPolicy::NEW_PROCESS_MIN
            }
            AccountKind::Service => MandatoryPolicy::NO_WRITE_UP,
        }
    }

    fn groups(self, logon: LogonType) -> Vec<SidAndAttributes> {
        let plain = |sid| SidAndAttributes { sid, attributes: DEFAULT_GROUP };
        match self {
            AccountKind::System => vec![
                administrators(),
                plain(sid::EVERYONE),
                plain(sid::AUTHENTICATED_USERS),
                plain(sid::LOCAL),
            ],
            AccountKind::User if logon.group() != Some(sid::NETWORK) => {
                let groups = [sid::EVERYONE, sid::AUTHENTICATED_USERS, sid::USERS];
                groups.into_iter().chain(logon.group()).map(plain).collect()
            }
            AccountKind::User | AccountKind::Service => {
                let groups = [sid::EVERYONE, sid::AUTHENTICATED_USERS];
                groups.into_iter().chain(logon.group()).map(plain).collect()
            }
        }
    }

    /// Users for a user, Administrators for SYSTEM, the account itself for a service; as an index of the token.
    fn primary_group(self, facts: &IdentityFacts) -> u8 {
        let wanted = match self {
            AccountKind::User => sid::USERS,
            AccountKind::System => sid::ADMINISTRATORS,
            AccountKind::Service => return 0,
        };
        let position = facts.groups.iter().position(|group| group.sid == wanted);
        position.and_then(|n| u8::try_from(n + 1).ok()).unwrap_or(0)
    }
}

/// What a shape adds to an identity: groups, claims, restriction, sandbox.
fn take_shape(facts: &mut IdentityFacts, shape: &TokenShape) {
    merge_groups(&mut facts.groups, shape);
    facts.user_claims.extend(shape.claims.iter().cloned());
    facts.device_claims.extend(shape.device_claims.iter().cloned());
    facts.device_groups.extend(shape.device_groups.iter().copied());
    if let Some(restricted) = &shape.restricted {
        facts.restricted_sids.clone_from(&restricted.sids);
        facts.write_restricted = restricted.write_only;
        facts.user_deny_only |= restricted.write_only; // VAL-5
    }
    if let Some(sandbox) = &shape.confined {
        facts.confinement = Some(sandbox.clone());
    }
}

/// Declared groups join the default ones; one that is there already takes the declared state.
fn merge_groups(groups: &mut Vec<SidAndAttributes>, shape: &TokenShape) {
    for group in &shape.groups {
        match groups.iter_mut().find(|entry| entry.sid == group.sid) {
            Some(entry) => entry.attributes = group.attributes,
            None => groups.push(*group),
        }
    }
    groups.retain(|group| !shape.removed_groups.contains(&group.sid));
}

/// TOK-25, and all of them for SYSTEM (PRC-18).
fn privileges_of(shapes: &[&TokenShape], account: Sid) -> Privileges {
    let present = if account == SYSTEM {
        PrivilegeSet::all()
    } else {
        [Privilege::CHANGE_NOTIFY, Privilege::CREATE_SYMBOLIC_LINK].into_iter().collect()
    };
    listed_privileges(shapes, present)
}

/// Privileges that are there and enabled anyway, and what is declared.
fn listed_privileges(shapes: &[&TokenShape], mut present: PrivilegeSet) -> Privileges {
    let mut enabled = present;
    for (privilege, state) in shapes.iter().flat_map(|shape| &shape.privileges) {
        present.insert(*privilege);
        match state {
            PrivilegeDecl::Enabled => enabled.insert(*privilege),
            PrivilegeDecl::Disabled => enabled.remove(*privilege),
            PrivilegeDecl::Removed => {
                present.remove(*privilege);
                enabled.remove(*privilege);
            }
        }
    }
    Privileges::new(present, enabled)
}

/// Whether a token of the account has a group that nobody declared: its kind's, or that of a logon.
pub(super) fn group_by_default(account: Sid, service: Option<Sid>, group: Sid) -> bool {
    let kind = AccountKind::new(account, service.is_some());
    LogonType::ALL.iter().any(|(logon, ..)| kind.groups(*logon).iter().any(|known| known.sid == group))
}

/// Whether a token of the account has a privilege that nobody declared (TOK-25).
pub(super) fn privilege_by_default(account: Sid, privilege: Privilege) -> bool {
    privileges_of(&[], account).state(privilege) != PrivilegeState::Absent
}

/// GENERIC_ALL to the user and to SYSTEM; for SYSTEM to SYSTEM and Administrators (section 10.9).
pub(super) fn default_dacl(user: Sid) -> Vec<Ace> {
    let all = |sid| Ace::basic(AceType::ALLOW, sid, AccessMask::GENERIC_ALL);
    if user == SYSTEM { vec![all(SYSTEM), all(sid::ADMINISTRATORS)] } else { vec![all(user), all(SYSTEM)] }
}
