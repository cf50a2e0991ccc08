//! Privileges: the one table of their names and bits, and the sets that a token holds.
//!
//! Authority: KACS v0.20 privileges. Rules TOK-21, TOK-22, TOK-24.

use std::fmt;

/// A privilege: its bit number (TOK-24).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Privilege(u8);

/// A row of [`PRIVILEGES`].
pub struct PrivilegeRow {
    /// The privilege.
    pub privilege: Privilege,
    /// The official constant name.
    pub name: &'static str,
    /// What it does here, for the manual.
    pub effect: &'static str,
}

macro_rules! privileges {
    ($($constant:ident $bit:literal $name:literal $effect:literal;)*) => {
        impl Privilege {
            $(#[doc = concat!("`", $name, "`: ", $effect)] pub const $constant: Privilege = Privilege($bit);)*
        }
        /// The one table of privileges, in bit order (TOK-24).
        pub const PRIVILEGES: &[PrivilegeRow] = &[
            $(PrivilegeRow { privilege: Privilege($bit), name: $name, effect: $effect },)*
        ];
    };
}

privileges! {
    CREATE_TOKEN 2 "SeCreateTokenPrivilege" "mint a token";
    ASSIGN_PRIMARY_TOKEN 3 "SeAssignPrimaryTokenPrivilege" "install a primary token";
    LOCK_MEMORY 4 "SeLockMemoryPrivilege" "gate without an operation here";
    INCREASE_QUOTA 5 "SeIncreaseQuotaPrivilege" "gate without an operation here";
    MACHINE_ACCOUNT 6 "SeMachineAccountPrivilege" "left to applications";
    TCB 7 "SeTcbPrivilege" "sessions, linked tokens, central policies, protected attributes";
    SECURITY 8 "SeSecurityPrivilege" "gives ACCESS_SYSTEM_SECURITY; a SACL in a new descriptor";
    TAKE_OWNERSHIP 9 "SeTakeOwnershipPrivilege" "gives WRITE_OWNER when it is asked for";
    LOAD_DRIVER 10 "SeLoadDriverPrivilege" "gate without an operation here";
    SYSTEM_PROFILE 11 "SeSystemProfilePrivilege" "reserved";
    SYSTEM_TIME 12 "SeSystemtimePrivilege" "change the clock";
    PROFILE_SINGLE_PROCESS 13 "SeProfileSingleProcessPrivilege" "gate without an operation here";
    INCREASE_BASE_PRIORITY 14 "SeIncreaseBasePriorityPrivilege" "raise the priority of others";
    CREATE_PAGEFILE 15 "SeCreatePagefilePrivilege" "reserved";
    CREATE_PERMANENT 16 "SeCreatePermanentPrivilege" "reserved";
    BACKUP 17 "SeBackupPrivilege" "with backup intent gives reading";
    RESTORE 18 "SeRestorePrivilege" "with restore intent gives writing, and any owner may be set";
    SHUTDOWN 19 "SeShutdownPrivilege" "shut down";
    DEBUG 20 "SeDebugPrivilege" "skips the descriptor of a process, never its trust";
    AUDIT 21 "SeAuditPrivilege" "write audit records";
    SYSTEM_ENVIRONMENT 22 "SeSystemEnvironmentPrivilege" "reserved";
    CHANGE_NOTIFY 23 "SeChangeNotifyPrivilege" "skips FILE_TRAVERSE on the way to a file";
    REMOTE_SHUTDOWN 24 "SeRemoteShutdownPrivilege" "shut down from afar";
    UNDOCK 25 "SeUndockPrivilege" "reserved";
    SYNC_AGENT 26 "SeSyncAgentPrivilege" "left to applications";
    ENABLE_DELEGATION 27 "SeEnableDelegationPrivilege" "left to applications";
    MANAGE_VOLUME 28 "SeManageVolumePrivilege" "reserved";
    IMPERSONATE 29 "SeImpersonatePrivilege" "take a client's identity";
    CREATE_GLOBAL 30 "SeCreateGlobalPrivilege" "reserved";
    TRUSTED_CRED_MAN_ACCESS 31 "SeTrustedCredManAccessPrivilege" "reserved";
    RELABEL 32 "SeRelabelPrivilege" "WRITE_OWNER past integrity; labels above one's own level";
    INCREASE_WORKING_SET 33 "SeIncreaseWorkingSetPrivilege" "reserved";
    TIME_ZONE 34 "SeTimeZonePrivilege" "reserved";
    CREATE_SYMBOLIC_LINK 35 "SeCreateSymbolicLinkPrivilege" "create symbolic links";
    CREATE_JOB 62 "SeCreateJobPrivilege" "no effect";
    BIND_PRIVILEGED_PORT 63 "SeBindPrivilegedPortPrivilege" "bind ports below 1024";
}

impl Privilege {
    /// The bit number.
    #[must_use]
    pub fn bit(self) -> u8 {
        self.0
    }

    /// The official name.
    #[must_use]
    pub fn name(self) -> &'static str {
        PRIVILEGES.iter().find(|row| row.privilege == self).map_or("SeUnknownPrivilege", |row| row.name)
    }

    /// The privilege of an official name.
    #[must_use]
    pub fn named(name: &str) -> Option<Privilege> {
        PRIVILEGES.iter().find(|row| row.name == name).map(|row| row.privilege)
    }
}

impl fmt::Debug for Privilege {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A set of privileges, one bit each.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct PrivilegeSet(pub u64);

impl PrivilegeSet {
    /// No privilege.
    pub const NONE: PrivilegeSet = PrivilegeSet(0);

    /// Every privilege of the table.
    #[must_use]
    pub fn all() -> PrivilegeSet {
        PRIVILEGES.iter().map(|row| row.privilege).collect()
    }

    /// Whether the privilege is in the set.
    #[must_use]
    pub const fn contains(self, privilege: Privilege) -> bool {
        self.0 >> privilege.0 & 1 != 0
    }

    /// Adds a privilege.
    pub fn insert(&mut self, privilege: Privilege) {
        self.0 |= 1 << privilege.0;
    }

    /// Takes a privilege out.
    pub fn remove(&mut self, privilege: Privilege) {
        self.0 &= !(1 << privilege.0);
    }

    /// What both sets hold.
    #[must_use]
    pub const fn and(self, other: PrivilegeSet) -> PrivilegeSet {
        PrivilegeSet(self.0 & other.0)
    }

    /// The members in bit order.
    pub fn iter(self) -> impl Iterator<Item = Privilege> {
        PRIVILEGES.iter().map(|row| row.privilege).filter(move |privilege| self.contains(*privilege))
    }
}

impl FromIterator<Privilege> for PrivilegeSet {
    fn from_iter<I: IntoIterator<Item = Privilege>>(privileges: I) -> PrivilegeSet {
        let mut set = PrivilegeSet::NONE;
        privileges.into_iter().for_each(|privilege| set.insert(privilege));
        set
    }
}

impl fmt::Debug for PrivilegeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

/// The four masks of a token (TOK-21).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Privileges {
    /// On the token at all.
    pub present: PrivilegeSet,
    /// Counting now; always part of `present`.
    pub enabled: PrivilegeSet,
    /// What a reset enables.
    pub enabled_by_default: PrivilegeSet,
    /// Marked by checks that they helped (TOK-22); never cleared on a token.
    pub used: PrivilegeSet,
}

/// How a token stands to one privilege (TOK-25).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PrivilegeState {
    /// Present and enabled.
    Held,
    /// Present, not enabled: does not count.
    Disabled,
    /// Not on the token.
    Absent,
}

impl PrivilegeState {
    /// The word of traces.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            PrivilegeState::Held => "held",
            PrivilegeState::Disabled => "disabled",
            PrivilegeState::Absent => "absent",
        }
    }
}

impl Privileges {
    /// Present and enabled are given; defaults as enabled, nothing used (TOK-7).
    #[must_use]
    pub fn new(present: PrivilegeSet, enabled: PrivilegeSet) -> Privileges {
        let enabled = enabled.and(present);
        Privileges { present, enabled, enabled_by_default: enabled, used: PrivilegeSet::NONE }
    }

    /// Takes one away for good; the mark of its use stays (TOK-15).
    pub fn take_away(&mut self, privilege: Privilege) {
        self.present.remove(privilege);
        self.enabled.remove(privilege);
        self.enabled_by_default.remove(privilege);
    }

    /// The state of one privilege.
    #[must_use]
    pub fn state(&self, privilege: Privilege) -> PrivilegeState {
        if self.enabled.contains(privilege) {
            PrivilegeState::Held
        } else if self.present.contains(privilege) {
            PrivilegeState::Disabled
        } else {
            PrivilegeState::Absent
        }
    }
}
