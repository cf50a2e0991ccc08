//! Tokens: who a thread is. The fixed part is shared and compiled once, the adjustable part is held by value.
//!
//! Authority: KACS v0.20 tokens, MS-DTYP 2.5.2. Rules TOK-1 to TOK-4, SID-7 to SID-9. Operations that make a token from
//! another are in `derive`, the gates of impersonation in `impersonate`. Knows nothing of processes or time.

mod anonymous;
pub mod impersonate;
mod index;

pub use anonymous::anonymous_token;
pub use index::SidIndex;

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use bitflags::bitflags;

use crate::fingerprint::Remembered;
use crate::ids::{SessionId, TokenId};
use crate::privilege::Privileges;
use crate::sd::attributes::Attributes;
use crate::sd::condition::Claim;
use crate::sd::{Acl, SecurityDescriptor};
use crate::sid::{Sid, SidId, SidTable};

/// The most group entries of a token, the logon SID included (SID-9): what a 64-bit mask of states can hold.
pub const MAX_GROUPS: usize = 64;

bitflags! {
    /// The attribute word of a group entry (SID-7, TOK-3).
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
    pub struct GroupAttributes: u32 {
        /// Cannot be disabled.
        const MANDATORY = 0x1;
        /// What a reset restores.
        const ENABLED_BY_DEFAULT = 0x2;
        /// Counts for allow and deny entries.
        const ENABLED = 0x4;
        /// May be chosen as owner of objects.
        const OWNER = 0x8;
        /// Counts for deny entries only, for good.
        const USE_FOR_DENY_ONLY = 0x10;
        /// Carried only.
        const INTEGRITY = 0x20;
        /// Carried only.
        const INTEGRITY_ENABLED = 0x40;
        /// Carried only.
        const RESOURCE = 0x2000_0000;
        /// The logon SID.
        const LOGON_ID = 0xC000_0000;
        const _ = !0;
    }
}

/// A group entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SidAndAttributes {
    /// The group.
    pub sid: Sid,
    /// Its attributes; ENABLED here is the state at creation, [`Token::enabled`] the state now.
    pub attributes: GroupAttributes,
}

/// Integrity levels that a token can have (TOK-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum IntegrityLevel {
    /// 0
    Untrusted,
    /// 4096
    Low,
    /// 8192
    #[default]
    Medium,
    /// 12288
    High,
    /// 16384
    System,
}

impl IntegrityLevel {
    /// Every level with its number and its word, lowest first.
    pub const ALL: [(IntegrityLevel, u32, &'static str); 5] = [
        (IntegrityLevel::Untrusted, 0, "untrusted"),
        (IntegrityLevel::Low, 4096, "low"),
        (IntegrityLevel::Medium, 8192, "medium"),
        (IntegrityLevel::High, 12288, "high"),
        (IntegrityLevel::System, 16384, "system"),
    ];

    /// The number: the last sub-authority of the label SID.
    #[must_use]
    pub fn rid(self) -> u32 {
        IntegrityLevel::ALL[self as usize].1
    }

    /// The word of the language.
    #[must_use]
    pub fn name(self) -> &'static str {
        IntegrityLevel::ALL[self as usize].2
    }
}

/// How far a client lets a service act as it (IMP-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ImpersonationLevel {
    /// The service learns nothing.
    Anonymous,
    /// The service may look, not act.
    Identification,
    /// The service may act here.
    Impersonation,
    /// The service may act here and on other hosts.
    Delegation,
}

impl ImpersonationLevel {
    /// Every level with its word, lowest first.
    pub const ALL: [(ImpersonationLevel, &'static str); 4] = [
        (ImpersonationLevel::Anonymous, "anonymous"),
        (ImpersonationLevel::Identification, "identification"),
        (ImpersonationLevel::Impersonation, "impersonation"),
        (ImpersonationLevel::Delegation, "delegation"),
    ];

    /// The word of the language.
    #[must_use]
    pub fn name(self) -> &'static str {
        ImpersonationLevel::ALL[self as usize].1
    }

    /// Whether a thread at this level acts as the client.
    #[must_use]
    pub fn acts(self) -> bool {
        self >= ImpersonationLevel::Impersonation
    }
}

/// Primary tokens belong to processes, impersonation tokens to threads (TOK-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TokenType {
    /// Of a process; the level does not apply.
    Primary,
    /// Of a thread, at a level.
    Impersonation(ImpersonationLevel),
}

impl TokenType {
    /// The level, if it applies.
    #[must_use]
    pub fn level(self) -> Option<ImpersonationLevel> {
        match self {
            TokenType::Primary => None,
            TokenType::Impersonation(level) => Some(level),
        }
    }
}

bitflags! {
    /// What integrity means for the token's bearer (TOK-1).
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
    pub struct MandatoryPolicy: u32 {
        /// Integrity is enforced at all (MIC-3).
        const NO_WRITE_UP = 1;
        /// A new process falls to the level of its program (PRC-5).
        const NEW_PROCESS_MIN = 2;
    }
}

bitflags! {
    /// What is audited whatever the objects say (TOK-36).
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
    pub struct AuditPolicy: u32 {
        /// Each allowed check.
        const OBJECT_ACCESS_SUCCESS = 1;
        /// Each denied check.
        const OBJECT_ACCESS_FAILURE = 2;
        /// Each privilege that helped.
        const PRIVILEGE_USE_SUCCESS = 4;
        /// Each privilege that helped in vain.
        const PRIVILEGE_USE_FAILURE = 8;
    }
}

/// Whether the token is one half of an elevation pair (TOK-38).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum ElevationType {
    /// Not linked.
    #[default]
    Default,
    /// The elevated half.
    Full,
    /// The filtered half.
    Limited,
}

/// A sandbox identity (TOK-34).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Confinement {
    /// The package.
    pub sid: Sid,
    /// Its capabilities; attributes are carried and ignored (CNF-3).
    pub capabilities: Vec<SidAndAttributes>,
    /// The confinement pass is skipped (CNF-1).
    pub exempt: bool,
}

/// What is fixed when a token is made and the same on every copy of it (TOK-1, TOK-2).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct IdentityFacts {
    /// The principal.
    pub user: Sid,
    /// The user SID counts for deny entries only.
    pub user_deny_only: bool,
    /// At most [`MAX_GROUPS`] entries; where a SID stands twice the first decides (SID-8).
    pub groups: Vec<SidAndAttributes>,
    /// The second list of a restricted token; empty means unrestricted (TOK-12).
    pub restricted_sids: Vec<SidAndAttributes>,
    /// The second pass limits writing only (RST-7).
    pub write_restricted: bool,
    /// The integrity level.
    pub integrity: IntegrityLevel,
    /// Whether integrity is enforced.
    pub mandatory_policy: MandatoryPolicy,
    /// The logon session.
    pub session: SessionId,
    /// The session from which this one was made with other credentials (DIV-7).
    pub origin: Option<SessionId>,
    /// Claims about the user.
    pub user_claims: Vec<Claim>,
    /// Claims about the device.
    pub device_claims: Vec<Claim>,
    /// Groups of the device.
    pub device_groups: Vec<SidAndAttributes>,
    /// The device's second list.
    pub restricted_device_groups: Vec<SidAndAttributes>,
    /// The sandbox.
    pub confinement: Option<Confinement>,
    /// Forced audit.
    pub audit_policy: AuditPolicy,
}

impl IdentityFacts {
    /// A plain identity: this user, nothing else, Medium, integrity enforced.
    #[must_use]
    pub fn of(user: Sid, session: SessionId) -> IdentityFacts {
        IdentityFacts {
            user,
            user_deny_only: false,
            groups: Vec::new(),
            restricted_sids: Vec::new(),
            write_restricted: false,
            integrity: IntegrityLevel::Medium,
            mandatory_policy: MandatoryPolicy::NO_WRITE_UP,
            session,
            origin: None,
            user_claims: Vec::new(),
            device_claims: Vec::new(),
            device_groups: Vec::new(),
            restricted_device_groups: Vec::new(),
            confinement: None,
            audit_policy: AuditPolicy::empty(),
        }
    }

    /// Whether the token is restricted in the sense of IMP-10 (TOK-12, OPEN-15, OPEN-16).
    #[must_use]
    pub fn is_restricted(&self) -> bool {
        !self.restricted_sids.is_empty()
    }
}

/// The facts with their SIDs interned, for fast membership tests. Equal facts are equal identities.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The facts.
    pub facts: IdentityFacts,
    fingerprint: Remembered,
    /// The user's number.
    pub user: SidId,
    /// The groups' numbers, in the order of the facts.
    pub groups: Vec<SidId>,
    /// Where each group stands.
    pub group_index: SidIndex,
    /// Which groups count for deny entries only: bit n for group n.
    pub deny_only: u64,
    /// Where each restricting SID stands.
    pub restricting: SidIndex,
    /// Where each device group stands.
    pub device_groups: SidIndex,
    /// Where each restricted device group stands.
    pub restricted_device_groups: SidIndex,
    /// The sandbox: 0 the package, n `capabilities[n - 1]`.
    pub confined: Option<SidIndex>,
    /// The claims about the user.
    pub user_attributes: Attributes,
    /// The claims about the device.
    pub device_attributes: Attributes,
}

impl Identity {
    /// Compiles the facts.
    #[must_use]
    pub fn new(facts: IdentityFacts, sids: &mut SidTable) -> Arc<Identity> {
        let user = sids.intern(facts.user);
        let groups: Vec<SidId> =
            facts.groups.iter().take(MAX_GROUPS).map(|group| sids.intern(group.sid)).collect();
        let mut list = |entries: &[SidAndAttributes]| {
            let ids: Vec<SidId> = entries.iter().map(|entry| sids.intern(entry.sid)).collect();
            ids
        };
        let restricting = SidIndex::new(list(&facts.restricted_sids).into_iter());
        let device_groups = SidIndex::new(list(&facts.device_groups).into_iter());
        let restricted_device_groups = SidIndex::new(list(&facts.restricted_device_groups).into_iter());
        let capabilities = facts.confinement.as_ref().map(|confinement| list(&confinement.capabilities));
        let confined = facts.confinement.as_ref().zip(capabilities).map(|(confinement, mut ids)| {
            ids.insert(0, sids.intern(confinement.sid));
            SidIndex::new(ids.into_iter())
        });
        Arc::new(Identity {
            user,
            group_index: SidIndex::new(groups.iter().copied()),
            deny_only: states(&facts.groups, GroupAttributes::USE_FOR_DENY_ONLY),
            restricting,
            device_groups,
            restricted_device_groups,
            confined,
            user_attributes: Attributes::compile(&facts.user_claims, sids),
            device_attributes: Attributes::compile(&facts.device_claims, sids),
            groups,
            facts,
            fingerprint: Remembered::new(),
        })
    }
}

impl PartialEq for Identity {
    fn eq(&self, other: &Identity) -> bool {
        self.facts == other.facts
    }
}

impl Eq for Identity {}

impl Hash for Identity {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u128(self.fingerprint.of(&self.facts));
    }
}

/// Which entries carry an attribute: bit n for entry n.
fn states(groups: &[SidAndAttributes], attribute: GroupAttributes) -> u64 {
    groups
        .iter()
        .take(MAX_GROUPS)
        .enumerate()
        .filter(|(_, group)| group.attributes.contains(attribute))
        .fold(0, |mask, (n, _)| mask | 1 << n)
}

/// A token.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Token {
    /// Its own number.
    pub id: TokenId,
    /// Primary, or impersonation at a level.
    pub kind: TokenType,
    /// The fixed part.
    pub identity: Arc<Identity>,
    /// Which groups are enabled now: bit n for `identity.facts.groups[n]`.
    pub enabled: u64,
    /// The privileges.
    pub privileges: Privileges,
    /// Half of a pair, or not.
    pub elevation: ElevationType,
    /// Of which pair of its session it is a half (TOK-38).
    pub pair: u32,
    /// The owner of new objects: 0 the user, n `groups[n - 1]`.
    pub owner_index: u8,
    /// The group of new objects, counted likewise.
    pub primary_group_index: u8,
    /// The DACL of new objects that inherit none.
    pub default_dacl: Option<Arc<Acl>>,
    /// Which desktop its bearer sits at; it decides nothing (TOK-18).
    pub interactive_session: u32,
    /// When it expires, in virtual time: told, enforced nowhere (OPEN-17).
    pub expires: Option<u64>,
    /// Counts successful adjustments (TOK-20).
    pub modified: u32,
    /// The user of the process that made it, which its default descriptor names (TOK-28).
    pub creator: Sid,
    /// Its own descriptor, once somebody has written one in place of the default.
    pub descriptor: Option<Arc<SecurityDescriptor>>,
    /// The identity that it was restricted from, if that is how it was made (PRC-6).
    pub restricted_from: Option<Arc<Identity>>,
}

impl Token {
    /// A token of this identity: groups enabled as the facts say, owner and primary group the user.
    #[must_use]
    pub fn new(id: TokenId, kind: TokenType, identity: Arc<Identity>, privileges: Privileges) -> Token {
        let enabled = states(&identity.facts.groups, GroupAttributes::ENABLED);
        let creator = identity.facts.user;
        Token {
            id,
            kind,
            identity,
            enabled,
            privileges,
            elevation: ElevationType::Default,
            pair: 0,
            owner_index: 0,
            primary_group_index: 0,
            default_dacl: None,
            interactive_session: 0,
            expires: None,
            modified: 0,
            creator,
            descriptor: None,
            restricted_from: None,
        }
    }

    /// The fixed facts.
    #[must_use]
    pub fn facts(&self) -> &IdentityFacts {
        &self.identity.facts
    }

    /// The level, of an impersonation token.
    #[must_use]
    pub fn level(&self) -> Option<ImpersonationLevel> {
        self.kind.level()
    }

    /// The owner of objects that this token creates (INH-3).
    #[must_use]
    pub fn default_owner(&self) -> Sid {
        self.sid_at(self.owner_index)
    }

    /// The group of objects that this token creates (INH-3).
    #[must_use]
    pub fn primary_group(&self) -> Sid {
        self.sid_at(self.primary_group_index)
    }

    /// Whether a group is enabled now, and not for denials alone.
    #[must_use]
    pub fn has_enabled_group(&self, sid: Sid) -> bool {
        let enabled = self.enabled & !self.identity.deny_only;
        self.facts().groups.iter().enumerate().any(|(n, group)| group.sid == sid && enabled >> n & 1 == 1)
    }

    fn sid_at(&self, index: u8) -> Sid {
        let group = usize::from(index).checked_sub(1).and_then(|n| self.facts().groups.get(n));
        group.map_or(self.facts().user, |group| group.sid)
    }
}
