//! What a check answers: the decision, its errors, and what it asks to be audited. Plain data.
//!
//! Rules RES-1 to RES-5, PUA-6, AUD-8, CAP-9, FRC-3.

use crate::privilege::{Privilege, PrivilegeSet};
use crate::rights::AccessMask;
use crate::sd::Ace;
use crate::sid::Sid;

/// Whom a check evaluated (GATE-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Subject {
    /// The token that was given.
    #[default]
    Effective,
    /// The Anonymous identity in its place.
    Anonymous,
}

/// The verdict and, on denial, its name (W-LVL-3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Status {
    /// Every requested right was granted.
    Allowed,
    /// `ACCESS_DENIED`
    #[default]
    AccessDenied,
    /// `PRIVILEGE_NOT_HELD` (W-ACC-4)
    PrivilegeNotHeld,
}

impl Status {
    /// The name that traces print.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Status::Allowed => "ALLOWED",
            Status::AccessDenied => "ACCESS_DENIED",
            Status::PrivilegeNotHeld => "PRIVILEGE_NOT_HELD",
        }
    }
}

/// The answer for one node of an object tree (RES-2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NodeResult {
    /// The granted mask.
    pub granted: AccessMask,
    /// Whether it holds every requested right.
    pub allowed: bool,
}

/// The answer of a check. It changes nothing by itself (ACC-5): the caller marks `used` on the token and writes the
/// events, in the order `privilege_use`, `events`, `diagnostics` (FRC-3).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub struct Decision {
    /// The final mask; of the root, with a tree (RES-1).
    pub granted: AccessMask,
    /// The request with its generic bits mapped, without MAXIMUM_ALLOWED (MAP-6).
    pub mapped: AccessMask,
    /// Whether the request had MAXIMUM_ALLOWED.
    pub maximum: bool,
    /// The verdict.
    pub allowed: bool,
    /// The verdict by name.
    pub status: Status,
    /// One answer per node, in list mode.
    pub nodes: Vec<NodeResult>,
    /// What the handle's operations are watched for (AUD-5, AUD-6).
    pub alarm_mask: AccessMask,
    /// Staged policies would have decided otherwise (CAP-8).
    pub staging_mismatch: bool,
    /// Audited uses of privileges (PUA-4).
    pub privilege_use: Vec<PrivilegeUse>,
    /// Audited accesses.
    pub events: Vec<AuditEvent>,
    /// What central policies have to report (CAP-9).
    pub diagnostics: Vec<PolicyDiagnostic>,
    /// Privileges to be marked as used (PUA-4), whatever is audited.
    pub used: PrivilegeSet,
    /// Whom the check evaluated.
    pub subject: Subject,
}

impl Decision {
    /// What an opener keeps (RES-4).
    #[must_use]
    pub fn handle_mask(&self) -> AccessMask {
        match (self.allowed, self.maximum) {
            (false, _) => AccessMask::NONE,
            (true, false) => self.mapped,
            (true, true) => self.granted,
        }
    }

    /// How many policy SACLs were skipped because they are broken (CAP-9).
    #[must_use]
    pub fn policy_sacl_errors(&self) -> usize {
        self.diagnostics
            .iter()
            .filter(|diagnostic| matches!(diagnostic, PolicyDiagnostic::SaclError { .. }))
            .count()
    }
}

/// A use of a privilege that is audited (PUA-6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PrivilegeUse {
    /// The privilege.
    pub privilege: Privilege,
    /// The requested rights that it granted.
    pub requested: AccessMask,
    /// Those of them that later stages left.
    pub surviving: AccessMask,
    /// Whether any is left.
    pub success: bool,
}

/// An access that is audited (AUD-8).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AuditEvent {
    /// Why it is audited.
    pub trigger: AuditTrigger,
    /// The requested rights, mapped.
    pub requested: AccessMask,
    /// The granted mask.
    pub granted: AccessMask,
    /// Whether every requested right was granted.
    pub success: bool,
}

/// What made an access audited (AUD-8).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum AuditTrigger {
    /// An entry of the object's SACL: its position.
    Sacl(u16),
    /// An entry of a policy's SACL.
    Policy {
        /// The policy.
        policy: Sid,
        /// The rule's position.
        rule: usize,
        /// The entry's position.
        index: u16,
        /// The entry.
        ace: Box<Ace>,
    },
    /// The audit policy of the token (FRC-1).
    Forced,
}

/// What central policies have to report (CAP-9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PolicyDiagnostic {
    /// A SACL of a rule could not be evaluated and was skipped.
    SaclError {
        /// The staged one, not the effective one.
        staged: bool,
        /// The policy.
        policy: Sid,
        /// The rule's position.
        rule: usize,
    },
    /// Staged rules would have decided otherwise.
    StagingMismatch {
        /// The granted mask.
        effective: AccessMask,
        /// What staging would have granted.
        staged: AccessMask,
        /// Whether any node of the tree differs.
        nodes_differ: bool,
    },
}

/// The gate's refusals (GATE-1, IMP-15).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GateRefusal {
    /// `ACCESS_DENIED`
    AccessDenied,
    /// `BAD_IMPERSONATION_LEVEL`
    BadImpersonationLevel,
}

/// Why there is no decision (RES-5). An error grants nothing and audits nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AccessError {
    /// The stored descriptor cannot be read (SD-7); found by whoever reads it.
    MalformedDescriptor,
    /// The object tree breaks a rule (VAL-3).
    InvalidObjectTree,
    /// Results per node are wanted, and there is no tree (RES-2).
    ListWithoutTree,
    /// A write-restricted token whose user may be allowed (VAL-5).
    InvalidToken,
    /// The thread's level is too low.
    Gate(GateRefusal),
    /// There is no descriptor (VAL-1).
    NoDescriptor,
    /// The descriptor has no owner (VAL-2).
    MissingOwner,
    /// The request has reserved bits (VAL-4).
    InvalidMask,
    /// The label's SID is none of the levels (MIC-2).
    InvalidLabelSid,
    /// The trust label's SID is none (PIP-2).
    InvalidTrustLabelSid,
}

impl AccessError {
    /// The class, by the words that conformance vectors use.
    #[must_use]
    pub fn class(self) -> &'static str {
        self.row().0
    }

    /// The symbolic name that traces print.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.row().1
    }

    /// The rule that was broken.
    #[must_use]
    pub fn rule(self) -> &'static str {
        self.row().2
    }

    fn row(self) -> (&'static str, &'static str, &'static str) {
        match self {
            AccessError::MalformedDescriptor => ("malformed_sd", "INVALID_SECURITY_DESCRIPTOR", "SD-7"),
            AccessError::InvalidObjectTree => ("invalid_object_tree", "INVALID_PARAMETER", "VAL-3"),
            AccessError::ListWithoutTree => ("invalid_object_tree", "INVALID_PARAMETER", "RES-2"),
            AccessError::InvalidToken => ("invalid_token", "INVALID_TOKEN", "VAL-5"),
            AccessError::Gate(GateRefusal::AccessDenied) => ("access_denied", "ACCESS_DENIED", "GATE-1"),
            AccessError::Gate(GateRefusal::BadImpersonationLevel) => {
                ("bad_impersonation_level", "BAD_IMPERSONATION_LEVEL", "GATE-1")
            }
            AccessError::NoDescriptor => ("missing_sd", "INVALID_PARAMETER", "VAL-1"),
            AccessError::MissingOwner => ("missing_owner", "INVALID_SECURITY_DESCRIPTOR", "VAL-2"),
            AccessError::InvalidMask => ("invalid_mask", "INVALID_PARAMETER", "VAL-4"),
            AccessError::InvalidLabelSid => ("invalid_label_sid", "INVALID_SECURITY_DESCRIPTOR", "MIC-2"),
            AccessError::InvalidTrustLabelSid => {
                ("invalid_trust_label_sid", "INVALID_SECURITY_DESCRIPTOR", "PIP-2")
            }
        }
    }
}

impl From<GateRefusal> for AccessError {
    fn from(refusal: GateRefusal) -> AccessError {
        AccessError::Gate(refusal)
    }
}
