//! The three models as one table of named switches. Each difference between them is one field, read at one place;
//! nothing in the code asks which model is running.
//!
//! Authority: the rules DIV-n and W-n, cited at each switch.

use crate::rights::{AccessMask, GenericMapping, ObjectType};

macro_rules! switches {
    ($($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident,)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$variant_doc])* $variant,)* }
    )*};
}

switches! {
    /// `impersonate` without SeImpersonatePrivilege (IMP-9, DIV-1).
    MissingImpersonatePrivilege {
        /// Fails; nothing is installed.
        Fail,
        /// Succeeds at Identification, unless the client is the service's own user with the same restriction.
        CapUnlessSameUser,
        /// As above, and a token made from the service's own session counts as its own (DIV-7).
        CapUnlessSameUserOrOrigin,
    }
    /// Which client levels need no privilege and meet no gate (IMP-8, IMP-17, DIV-4).
    UngatedLevels {
        /// None.
        None,
        /// Anonymous.
        Anonymous,
        /// Anonymous and Identification.
        BelowImpersonation,
    }
    /// A restricted service and an unrestricted client of the same user (IMP-10, DIV-6).
    RestrictedEscape {
        /// `RESTRICTED_ESCAPE`.
        Refuse,
        /// No rule of its own.
        NoRule,
    }
    /// A client of higher integrity than the service (IMP-11, DIV-5).
    IntegrityCeiling {
        /// Caps to Identification.
        Always,
        /// The privilege waives it.
        WaivedByPrivilege,
    }
    /// What an access check does for a thread at Identification (GATE-1, IMP-15, DIV-2).
    IdentificationGate {
        /// Decides as the Anonymous identity.
        EvaluateAsAnonymous,
        /// `ACCESS_DENIED` before the descriptor is read.
        AccessDenied,
        /// `BAD_IMPERSONATION_LEVEL`.
        BadImpersonationLevel,
    }
    /// What an access check does for a thread at Anonymous (GATE-3, IMP-15, DIV-4).
    AnonymousGate {
        /// Decides: the token is the Anonymous identity already.
        Evaluate,
        /// `BAD_IMPERSONATION_LEVEL`.
        BadImpersonationLevel,
    }
    /// Whom a connection carries that is made at Identification (IMP-6, DIV-3).
    CaptureAtIdentification {
        /// The service itself.
        Service,
        /// The client, still at Identification.
        Client,
        /// The connection is refused with `BAD_IMPERSONATION_LEVEL`, at Anonymous too.
        Refuse,
    }
    /// A connection that asks for Delegation from a thread at Impersonation (IMP-6, DIV-9).
    CaptureAboveLevel {
        /// Carries the lower of both levels.
        Cap,
        /// `BAD_IMPERSONATION_LEVEL`.
        Refuse,
    }
    /// The level that `impersonate anonymous` gives (IMP-18).
    ImpersonateAnonymous {
        /// Anonymous.
        AtAnonymous,
        /// Impersonation, of the Anonymous identity.
        AtImpersonation,
    }
    /// Whether Everyone is a group of the Anonymous identity (TOK-37, DIV-8).
    AnonymousGroups {
        /// It is.
        Everyone,
        /// It is not.
        Nothing,
    }
    /// Peer tokens of Anonymous connections (IMP-21).
    AnonymousPeerToken {
        /// Can be opened and show the Anonymous identity.
        Opens,
        /// `CANT_OPEN_ANONYMOUS`.
        CantOpen,
    }
    /// `impersonate` with a primary token in hand (IMP-22).
    PrimaryTokenInHand {
        /// `BAD_TOKEN_TYPE`.
        Refuse,
        /// Taken as a copy at Impersonation, then gated.
        AsImpersonation,
    }
    /// The handle of a creating open (FILE-19, KEY-12, DIV-11, W-ACC-9).
    CreatedHandle {
        /// The new descriptor must grant the request, else the creation is undone.
        CheckedAgainstNewDescriptor,
        /// The creator gets what it asked for.
        AsRequested,
    }
    /// An open that asks for no data right, MAXIMUM_ALLOWED alone, or FILE_DELETE_CHILD (FILE-9).
    MetadataOpens {
        /// `INVALID_PARAMETER`, or `NOT_SUPPORTED` for FILE_DELETE_CHILD.
        Refuse,
        /// Fine.
        Accept,
    }
    /// Enabling a privilege that is not on the token (TOK-14, DIV-12).
    EnableAbsentPrivilege {
        /// The whole request fails.
        Fail,
        /// The rest is done and the call warns.
        Partial,
    }
    /// A still-inheritable CREATOR OWNER entry on a new container (INH-9).
    CreatorPlaceholders {
        /// Resolved in place: grandchildren inherit the first child's owner.
        Resolve,
        /// Split in two: an effective entry, and the original for those below.
        Split,
    }
    /// What GENERIC_EXECUTE means on keys (KEY-6, DIV-20).
    KeyExecute {
        /// Nothing.
        Nothing,
        /// Reading.
        Read,
    }
    /// Which bits of a label mask forbid reading and writing (SDDL-5, DIV-44).
    LabelBits {
        /// NR 1, NW 2, NX 4.
        ReadFirst,
        /// NW 1, NR 2, NX 4.
        WriteFirst,
    }
}

/// The rules of play.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Model {
    /// The name that scenarios, goldens and traces use.
    pub name: &'static str,
    /// IMP-9
    pub missing_impersonate_privilege: MissingImpersonatePrivilege,
    /// IMP-8
    pub ungated_levels: UngatedLevels,
    /// IMP-10
    pub restricted_escape: RestrictedEscape,
    /// IMP-11
    pub integrity_ceiling: IntegrityCeiling,
    /// IMP-15
    pub identification_gate: IdentificationGate,
    /// IMP-15
    pub anonymous_gate: AnonymousGate,
    /// IMP-6
    pub capture_at_identification: CaptureAtIdentification,
    /// IMP-6
    pub capture_above_level: CaptureAboveLevel,
    /// IMP-18
    pub impersonate_anonymous: ImpersonateAnonymous,
    /// TOK-37
    pub anonymous_groups: AnonymousGroups,
    /// IMP-21
    pub anonymous_peer_token: AnonymousPeerToken,
    /// IMP-22
    pub primary_token_in_hand: PrimaryTokenInHand,
    /// FILE-19
    pub created_handle: CreatedHandle,
    /// FILE-9
    pub metadata_opens: MetadataOpens,
    /// TOK-14
    pub enable_absent_privilege: EnableAbsentPrivilege,
    /// INH-9
    pub creator_placeholders: CreatorPlaceholders,
    /// KEY-6
    pub key_execute: KeyExecute,
    /// SDDL-5
    pub label_bits: LabelBits,
}

/// The default model: the founding documents, and KACS v0.20 where they are silent.
pub const KOBICHA: Model = Model {
    name: "kobicha",
    missing_impersonate_privilege: MissingImpersonatePrivilege::Fail,
    ungated_levels: UngatedLevels::None,
    restricted_escape: RestrictedEscape::Refuse,
    integrity_ceiling: IntegrityCeiling::Always,
    identification_gate: IdentificationGate::EvaluateAsAnonymous,
    anonymous_gate: AnonymousGate::Evaluate,
    capture_at_identification: CaptureAtIdentification::Service,
    capture_above_level: CaptureAboveLevel::Cap,
    impersonate_anonymous: ImpersonateAnonymous::AtAnonymous,
    anonymous_groups: AnonymousGroups::Everyone,
    anonymous_peer_token: AnonymousPeerToken::Opens,
    primary_token_in_hand: PrimaryTokenInHand::Refuse,
    created_handle: CreatedHandle::CheckedAgainstNewDescriptor,
    metadata_opens: MetadataOpens::Refuse,
    enable_absent_privilege: EnableAbsentPrivilege::Fail,
    creator_placeholders: CreatorPlaceholders::Resolve,
    key_execute: KeyExecute::Nothing,
    label_bits: LabelBits::ReadFirst,
};

/// KACS v0.20 to the letter.
pub const KACS: Model = Model {
    name: "kacs",
    missing_impersonate_privilege: MissingImpersonatePrivilege::CapUnlessSameUser,
    ungated_levels: UngatedLevels::Anonymous,
    identification_gate: IdentificationGate::AccessDenied,
    capture_at_identification: CaptureAtIdentification::Client,
    ..KOBICHA
};

/// NT.
pub const WINDOWS: Model = Model {
    name: "windows",
    missing_impersonate_privilege: MissingImpersonatePrivilege::CapUnlessSameUserOrOrigin,
    ungated_levels: UngatedLevels::BelowImpersonation,
    restricted_escape: RestrictedEscape::NoRule,
    integrity_ceiling: IntegrityCeiling::WaivedByPrivilege,
    identification_gate: IdentificationGate::BadImpersonationLevel,
    anonymous_gate: AnonymousGate::BadImpersonationLevel,
    capture_at_identification: CaptureAtIdentification::Refuse,
    capture_above_level: CaptureAboveLevel::Refuse,
    impersonate_anonymous: ImpersonateAnonymous::AtImpersonation,
    anonymous_groups: AnonymousGroups::Nothing,
    anonymous_peer_token: AnonymousPeerToken::CantOpen,
    primary_token_in_hand: PrimaryTokenInHand::AsImpersonation,
    created_handle: CreatedHandle::AsRequested,
    metadata_opens: MetadataOpens::Accept,
    enable_absent_privilege: EnableAbsentPrivilege::Partial,
    creator_placeholders: CreatorPlaceholders::Split,
    key_execute: KeyExecute::Read,
    label_bits: LabelBits::WriteFirst,
};

/// Every model, the default first.
pub const MODELS: [&Model; 3] = [&KOBICHA, &KACS, &WINDOWS];

impl Model {
    /// The model of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Model> {
        MODELS.into_iter().find(|model| model.name == name)
    }

    /// What the generic bits stand for in a class (MAP-3, KEY-6).
    #[must_use]
    pub fn mapping(&self, class: ObjectType) -> GenericMapping {
        let mapping = class.mapping();
        match (class, self.key_execute) {
            (ObjectType::Key, KeyExecute::Read) => {
                GenericMapping { execute: AccessMask(0x0002_0019), ..mapping }
            }
            _ => mapping,
        }
    }
}
