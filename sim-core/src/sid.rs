//! Security identifiers: their binary and text forms, the table of well-known ones, and the interner that turns them
//! into small numbers.
//!
//! Authority: KACS v0.20 identifiers, MS-DTYP 2.4.2. Rules SID-1 to SID-12. Knows nothing of tokens or descriptors.

use std::cmp::Ordering;
use std::fmt;

use indexmap::IndexSet;
use rustc_hash::FxBuildHasher;
use sha1::Digest;

/// The most sub-authorities that a SID holds (SID-1).
pub const MAX_SUB_AUTHORITIES: usize = 15;

/// A security identifier, revision 1.
///
/// Equality is that of the binary forms (SID-5), the order is that of the bytes (SID-6).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Sid {
    authority: u64,
    count: u8,
    subs: [u32; MAX_SUB_AUTHORITIES],
}

impl Sid {
    /// A SID from its authority (48 bits) and sub-authorities; only for constants of this crate.
    ///
    /// # Panics
    /// With more than 15 sub-authorities: at compile time, as it is only used in constants.
    #[must_use]
    pub(crate) const fn constant(authority: u64, parts: &[u32]) -> Sid {
        assert!(parts.len() <= MAX_SUB_AUTHORITIES);
        let mut subs = [0; MAX_SUB_AUTHORITIES];
        let mut n = 0;
        while n < parts.len() {
            subs[n] = parts[n];
            n += 1;
        }
        Sid { authority, count: parts.len() as u8, subs }
    }

    /// A SID from its authority and sub-authorities; `None` over 48 bits or 15 sub-authorities (SID-1).
    #[must_use]
    pub fn new(authority: u64, parts: &[u32]) -> Option<Sid> {
        let mut subs = [0; MAX_SUB_AUTHORITIES];
        subs.get_mut(..parts.len())?.copy_from_slice(parts);
        (authority < 1 << 48).then_some(Sid { authority, count: u8::try_from(parts.len()).ok()?, subs })
    }

    /// The 48-bit authority.
    #[must_use]
    pub fn authority(&self) -> u64 {
        self.authority
    }

    /// The sub-authorities.
    #[must_use]
    pub fn sub_authorities(&self) -> &[u32] {
        &self.subs[..usize::from(self.count).min(MAX_SUB_AUTHORITIES)]
    }

    /// The last sub-authority (SID-5), if there is any.
    #[must_use]
    pub fn rid(&self) -> Option<u32> {
        self.sub_authorities().last().copied()
    }

    /// This SID with one more sub-authority; `None` when it is full.
    #[must_use]
    pub fn child(&self, rid: u32) -> Option<Sid> {
        let mut subs = self.subs;
        *subs.get_mut(usize::from(self.count))? = rid;
        Some(Sid { authority: self.authority, count: self.count + 1, subs })
    }

    /// The SID without its last sub-authority: the domain of an account.
    #[must_use]
    pub fn parent(&self) -> Option<Sid> {
        let (_, rest) = self.sub_authorities().split_last()?;
        Sid::new(self.authority, rest)
    }

    /// Length of the binary form in bytes (SID-1).
    #[must_use]
    pub fn encoded_len(&self) -> usize {
        8 + 4 * usize::from(self.count)
    }

    /// Appends the binary form (SID-1).
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.push(1);
        out.push(self.count);
        out.extend_from_slice(&self.authority.to_be_bytes()[2..]);
        for sub in self.sub_authorities() {
            out.extend_from_slice(&sub.to_le_bytes());
        }
    }

    /// Reads a binary SID from the front of `bytes`; what follows it is not looked at (SID-2).
    #[must_use]
    pub fn decode_prefix(bytes: &[u8]) -> Option<Sid> {
        let [1, count, auth @ ..] = bytes.first_chunk::<8>()? else { return None };
        let authority = auth.iter().fold(0, |value, byte| value << 8 | u64::from(*byte));
        let mut subs = [0; MAX_SUB_AUTHORITIES];
        let slots = subs.get_mut(..usize::from(*count))?;
        let parts = bytes.get(8..8 + 4 * slots.len())?;
        for (slot, part) in slots.iter_mut().zip(parts.as_chunks::<4>().0) {
            *slot = u32::from_le_bytes(*part);
        }
        Some(Sid { authority, count: *count, subs })
    }

    /// Reads a binary SID that fills `bytes` (SID-2).
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Sid> {
        Sid::decode_prefix(bytes).filter(|sid| sid.encoded_len() == bytes.len())
    }

    /// Reads the text form `S-1-…` (SID-4).
    #[must_use]
    pub fn parse(text: &str) -> Option<Sid> {
        let mut parts = text.split('-');
        if !matches!(parts.next()?, "S" | "s") || parts.next()? != "1" {
            return None;
        }
        let authority = match parts.next()? {
            hex if is_hex(hex) => u64::from_str_radix(&hex[2..], 16).ok()?,
            decimal => u64::from(number(decimal)?),
        };
        let mut subs = [0; MAX_SUB_AUTHORITIES];
        let mut count = 0;
        for part in parts {
            *subs.get_mut(count)? =
                if is_hex(part) { u32::from_str_radix(&part[2..], 16).ok()? } else { number(part)? };
            count += 1;
        }
        Sid::new(authority, &subs[..count])
    }

    /// The SID of a service: SHA-1 over the upper-cased UTF-16LE name (SID-11, PRC-19).
    #[must_use]
    pub fn of_service(name: &str) -> Sid {
        let utf16: Vec<u8> = name.to_ascii_uppercase().encode_utf16().flat_map(u16::to_le_bytes).collect();
        Sid::hashed(5, 80, &sha1::Sha1::digest(utf16))
    }

    /// The SID of a package: SHA-256 over the UTF-8 name (SID-12).
    #[must_use]
    pub fn of_package(name: &str) -> Sid {
        Sid::hashed(15, 2, &sha2::Sha256::digest(name.as_bytes()))
    }

    /// The SID of a capability: SHA-256 over the UTF-8 name (SID-12).
    #[must_use]
    pub fn of_capability(name: &str) -> Sid {
        Sid::hashed(15, 3, &sha2::Sha256::digest(name.as_bytes()))
    }

    /// The logon SID of a session: high and low half of its id (SES-1).
    #[must_use]
    pub fn of_logon(session: u64) -> Sid {
        Sid::constant(5, &[5, (session >> 32) as u32, session as u32])
    }

    fn hashed(authority: u64, first: u32, digest: &[u8]) -> Sid {
        let mut subs = [0; MAX_SUB_AUTHORITIES];
        subs[0] = first;
        let mut count = 1;
        for (slot, part) in subs.iter_mut().skip(1).zip(digest.as_chunks::<4>().0) {
            *slot = u32::from_le_bytes(*part);
            count += 1;
        }
        Sid { authority, count, subs }
    }
}

fn is_hex(text: &str) -> bool {
    text.get(..2).is_some_and(|prefix| prefix.eq_ignore_ascii_case("0x"))
        && text.len() > 2
        && text.bytes().skip(2).all(|byte| byte.is_ascii_hexdigit())
}

/// A plain decimal number: `str::parse` would take a sign.
fn number(text: &str) -> Option<u32> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

impl Ord for Sid {
    fn cmp(&self, other: &Sid) -> Ordering {
        // As the bytes compare (SID-6): count, big-endian authority, little-endian sub-authorities.
        let key = |sid: &Sid| (sid.count, sid.authority);
        key(self).cmp(&key(other)).then_with(|| {
            let swapped = |sid: &Sid| sid.subs.map(u32::swap_bytes);
            swapped(self).cmp(&swapped(other))
        })
    }
}

impl PartialOrd for Sid {
    fn partial_cmp(&self, other: &Sid) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The canonical text form (SID-3).
impl fmt::Display for Sid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.authority >> 32 == 0 {
            write!(f, "S-1-{}", self.authority)?;
        } else {
            write!(f, "S-1-0x{:012x}", self.authority)?;
        }
        self.sub_authorities().iter().try_for_each(|sub| write!(f, "-{sub}"))
    }
}

impl fmt::Debug for Sid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A well-known principal: a row of [`WELL_KNOWN`].
#[derive(Clone, Copy, Debug)]
pub struct WellKnown {
    /// The name that scenarios and traces use.
    pub name: &'static str,
    /// The SID.
    pub sid: Sid,
    /// The two-letter SDDL alias (MS-DTYP 2.5.1.1), or empty.
    pub alias: &'static str,
}

macro_rules! well_known {
    ($($constant:ident $name:literal $alias:literal $authority:literal $($sub:literal)*;)*) => {
        $(#[doc = concat!("`", $name, "`")] pub const $constant: Sid = Sid::constant($authority, &[$($sub),*]);)*
        /// The one table of well-known principals: names, SDDL aliases and SIDs (file "identifiers", section 1.2).
        pub const WELL_KNOWN: &[WellKnown] = &[
            $(WellKnown { name: $name, sid: $constant, alias: $alias },)*
        ];
    };
}

well_known! {
    NOBODY "Nobody" "" 0 0;
    EVERYONE "Everyone" "WD" 1 0;
    LOCAL "Local" "" 2 0;
    CONSOLE_LOGON "ConsoleLogon" "" 2 1;
    CREATOR_OWNER "CreatorOwner" "CO" 3 0;
    CREATOR_GROUP "CreatorGroup" "CG" 3 1;
    OWNER_RIGHTS "OwnerRights" "OW" 3 4;
    DIALUP "Dialup" "" 5 1;
    NETWORK "Network" "NU" 5 2;
    BATCH "Batch" "" 5 3;
    INTERACTIVE "Interactive" "IU" 5 4;
    SERVICE "Service" "SU" 5 6;
    ANONYMOUS "Anonymous" "AN" 5 7;
    ENTERPRISE_DOMAIN_CONTROLLERS "EnterpriseDomainControllers" "ED" 5 9;
    PRINCIPAL_SELF "PrincipalSelf" "PS" 5 10;
    AUTHENTICATED_USERS "AuthenticatedUsers" "AU" 5 11;
    RESTRICTED_CODE "RestrictedCode" "RC" 5 12;
    SYSTEM "SYSTEM" "SY" 5 18;
    LOCAL_SERVICE "LocalService" "LS" 5 19;
    NETWORK_SERVICE "NetworkService" "NS" 5 20;
    WRITE_RESTRICTED_CODE "WriteRestrictedCode" "WR" 5 33;
    ADMINISTRATORS "Administrators" "BA" 5 32 544;
    USERS "Users" "BU" 5 32 545;
    GUESTS "Guests" "BG" 5 32 546;
    POWER_USERS "PowerUsers" "PU" 5 32 547;
    ACCOUNT_OPERATORS "AccountOperators" "AO" 5 32 548;
    SERVER_OPERATORS "ServerOperators" "SO" 5 32 549;
    PRINT_OPERATORS "PrintOperators" "PO" 5 32 550;
    BACKUP_OPERATORS "BackupOperators" "BO" 5 32 551;
    REPLICATOR "Replicator" "RE" 5 32 552;
    PRE_WINDOWS_2000 "PreWindows2000CompatibleAccess" "RU" 5 32 554;
    REMOTE_DESKTOP_USERS "RemoteDesktopUsers" "RD" 5 32 555;
    NETWORK_CONFIGURATION_OPERATORS "NetworkConfigurationOperators" "NO" 5 32 556;
    PERFORMANCE_MONITOR_USERS "PerformanceMonitorUsers" "MU" 5 32 558;
    PERFORMANCE_LOG_USERS "PerformanceLogUsers" "LU" 5 32 559;
    IIS_USERS "IisUsers" "IS" 5 32 568;
    CRYPTOGRAPHIC_OPERATORS "CryptographicOperators" "CY" 5 32 569;
    EVENT_LOG_READERS "EventLogReaders" "ER" 5 32 573;
    CERTIFICATE_SERVICE_DCOM_ACCESS "CertificateServiceDcomAccess" "CD" 5 32 574;
    REMOTE_ACCESS_SERVERS "RemoteAccessServers" "RA" 5 32 575;
    REMOTE_ENDPOINT_SERVERS "RemoteEndpointServers" "ES" 5 32 576;
    REMOTE_MANAGEMENT_SERVERS "RemoteManagementServers" "MS" 5 32 577;
    HYPER_V_ADMINISTRATORS "HyperVAdministrators" "HA" 5 32 578;
    ACCESS_CONTROL_ASSISTANCE_OPERATORS "AccessControlAssistanceOperators" "AA" 5 32 579;
    REMOTE_MANAGEMENT_USERS "RemoteManagementUsers" "RM" 5 32 580;
    USER_MODE_DRIVERS "UserModeDrivers" "UD" 5 84 0 0 0 0 0;
    ALL_APPLICATION_PACKAGES "AllApplicationPackages" "AC" 15 2 1;
    ALL_RESTRICTED_APPLICATION_PACKAGES "AllRestrictedApplicationPackages" "" 15 2 2;
    CAPABILITY_INTERNET_CLIENT "internetClient" "" 15 3 1;
    CAPABILITY_INTERNET_CLIENT_SERVER "internetClientServer" "" 15 3 2;
    CAPABILITY_PRIVATE_NETWORK "privateNetworkClientServer" "" 15 3 3;
    CAPABILITY_ENTERPRISE_AUTHENTICATION "enterpriseAuthentication" "" 15 3 8;
    CAPABILITY_SHARED_USER_CERTIFICATES "sharedUserCertificates" "" 15 3 9;
    CAPABILITY_REMOVABLE_STORAGE "removableStorage" "" 15 3 10;
    LABEL_UNTRUSTED "UntrustedLabel" "" 16 0;
    LABEL_LOW "LowLabel" "LW" 16 4096;
    LABEL_MEDIUM "MediumLabel" "ME" 16 8192;
    LABEL_MEDIUM_PLUS "MediumPlusLabel" "MP" 16 8448;
    LABEL_HIGH "HighLabel" "HI" 16 12288;
    LABEL_SYSTEM "SystemLabel" "SI" 16 16384;
    AUTHENTICATION_ASSERTED "AuthenticationAuthorityAssertedIdentity" "AS" 18 1;
    SERVICE_ASSERTED "ServiceAssertedIdentity" "SS" 18 2;
}

/// SDDL aliases of principals that need a domain: alias and RID (SDDL-10).
pub const DOMAIN_ALIASES: &[(&str, u32)] = &[
    ("RO", 498),
    ("LA", 500),
    ("LG", 501),
    ("DA", 512),
    ("DU", 513),
    ("DG", 514),
    ("DC", 515),
    ("DD", 516),
    ("CA", 517),
    ("SA", 518),
    ("EA", 519),
    ("PA", 520),
    ("CN", 522),
    ("AP", 525),
    ("KA", 526),
    ("EK", 527),
    ("RS", 553),
];

impl WellKnown {
    /// The row of a SID.
    #[must_use]
    pub fn of(sid: Sid) -> Option<&'static WellKnown> {
        WELL_KNOWN.iter().find(|row| row.sid == sid)
    }

    /// The row of a name, in any case.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static WellKnown> {
        WELL_KNOWN.iter().find(|row| row.name.eq_ignore_ascii_case(name))
    }
}

/// A SID as a small number, valid for the [`SidTable`] that gave it out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SidId(pub u32);

impl SidId {
    /// `OWNER RIGHTS`, S-1-3-4: first in every table, because the walk asks for it at each ACE.
    pub const OWNER_RIGHTS: SidId = SidId(0);
    /// `PRINCIPAL SELF`, S-1-5-10: second in every table.
    pub const PRINCIPAL_SELF: SidId = SidId(1);
    /// `SYSTEM`, third in every table: the recovery policy names it (CAP-5).
    pub const SYSTEM: SidId = SidId(2);
    /// `Administrators`, fourth in every table, likewise.
    pub const ADMINISTRATORS: SidId = SidId(3);
}

/// The interner: every SID that tokens and descriptors of one world name, in order of first use.
#[derive(Clone, Debug)]
pub struct SidTable {
    set: IndexSet<Sid, FxBuildHasher>,
}

impl SidTable {
    /// A table that holds the two virtual SIDs and those of the recovery policy only.
    #[must_use]
    pub fn new() -> SidTable {
        let mut set = IndexSet::default();
        for sid in [OWNER_RIGHTS, PRINCIPAL_SELF, SYSTEM, ADMINISTRATORS] {
            set.insert(sid);
        }
        SidTable { set }
    }

    /// The number of a SID, a new one if need be.
    pub fn intern(&mut self, sid: Sid) -> SidId {
        // A world cannot hold 2³² SIDs: each takes over 72 bytes.
        SidId(self.set.insert_full(sid).0 as u32)
    }

    /// The number of a SID that is known already.
    #[must_use]
    pub fn get(&self, sid: &Sid) -> Option<SidId> {
        self.set.get_index_of(sid).map(|index| SidId(index as u32))
    }

    /// The SID of a number; `Nobody` for a number of another table.
    #[must_use]
    pub fn sid(&self, id: SidId) -> Sid {
        self.set.get_index(id.0 as usize).copied().unwrap_or(NOBODY)
    }
}

impl Default for SidTable {
    fn default() -> SidTable {
        SidTable::new()
    }
}

impl PartialEq for SidTable {
    fn eq(&self, other: &SidTable) -> bool {
        // Numbers are positions, so the order belongs to the value.
        self.set.iter().eq(other.set.iter())
    }
}

impl Eq for SidTable {}
