//! The three models as one table of named switches. Each difference between them is one field, read at one place;
//! nothing in the code asks which model is running.
//!
//! Authority: the rules DIV-n and W-n, cited at each switch.

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
    /// Whether the Anonymous identity of `impersonate anonymous` walks past directories (FILE-12).
    AnonymousTraverse {
        /// Each directory on the way decides.
        ByDescriptor,
        /// It does, as if it held the privilege.
        Passes,
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
    /// DACL_PRESENT with offset 0 (SD-7, DIV-48).
    ZeroDaclOffset {
        /// Malformed.
        Malformed,
        /// A NULL DACL.
        NullDacl,
    }
    /// Bytes that are left in an ACL behind its entries, and in an entry behind its SID (ACL-2, ACE-1, W-SDL-1).
    Slack {
        /// Malformed.
        Malformed,
        /// Passed over, and not written again.
        Ignored,
    }
    /// How the values of text, SIDs and octets are pointed to in a claim (ACE-5, DIV-50).
    ClaimLayout {
        /// The offset points to an offset.
        TwoSteps,
        /// The offset points to the value.
        OneStep,
    }
    /// The order of the parts of a written descriptor (SD-2, W-SDL-1).
    DescriptorLayout {
        /// Owner, group, SACL, DACL.
        OwnersFirst,
        /// SACL, DACL, owner, group.
        ListsFirst,
    }
    /// What a written ACL has revision 4 for (ACL-3, W-OBJ-4).
    AclRevision {
        /// Object entries and conditional ones.
        ObjectsAndConditions,
        /// Object entries.
        Objects,
    }
    /// Which bits of a label mask forbid reading and writing (SDDL-5, DIV-44).
    LabelBits {
        /// NR 1, NW 2, NX 4.
        ReadFirst,
        /// NW 1, NR 2, NX 4.
        WriteFirst,
    }
    /// What integrity leaves a caller below the label (MIC-5, DIV-39).
    IntegrityCategories {
        /// The categories that the label does not close, with all their rights.
        Union,
        /// Reading and executing, less every right of a closed category.
        Subtract,
    }
    /// A label of none of the five levels (MIC-2, DIV-49).
    UnknownLabels {
        /// The descriptor is malformed.
        Malformed,
        /// Compared as a number.
        Numeric,
    }
    /// Who counts as owner in the normal pass (OWN-1, W-ACC-6, DIV-40).
    Ownership {
        /// The user or any group, whatever its state.
        AnyGroup,
        /// The user or a group that counts for allow entries.
        AllowPolarity,
    }
    /// Generic bits that were left in an entry (MAP-2, W-ACC-8, DIV-41).
    AceGenericBits {
        /// Stand for what the class says.
        Mapped,
        /// Stand for themselves: they grant nothing concrete.
        Inert,
    }
    /// ACCESS_SYSTEM_SECURITY asked for without SeSecurityPrivilege (PRIV-2, W-ACC-4, DIV-42).
    SystemSecurity {
        /// One more bit that is not granted.
        MissingBit,
        /// Ends the check with `PRIVILEGE_NOT_HELD`.
        PrivilegeNotHeld,
    }
    /// What SeSecurityPrivilege and SeTakeOwnershipPrivilege add to MAXIMUM_ALLOWED (W-ACC-2, DIV-43).
    MaximumPrivileges {
        /// Their bits.
        Added,
        /// Their bits, where the request names them.
        WhenNamed,
    }
    /// What a check reports as granted, and what an empty answer means (RES-1, RES-3, W-ACC-1 to W-ACC-3, DIV-19, DIV-43).
    ReportedMask {
        /// Everything that was granted; asking for nothing succeeds.
        Raw,
        /// What the opener keeps: nothing on denial; asking for nothing, or getting nothing, is denial.
        Kept,
    }
    /// What backup and restore intent give (PRIV-3, PRIV-4, W-ACC-5, DIV-51).
    IntentRights {
        /// The mapped read category; the mapped write category and four rights more.
        Generic,
        /// The lists of the NT file system.
        FileSystem,
    }
    /// Alarm entries (AUD-5, DIV-22).
    Alarms {
        /// Mark the operations of the handle for audit.
        ContinuousAudit,
        /// Do nothing.
        Ignored,
    }
    /// What of the central policies that a descriptor names counts (CAP-2, and what section 11 says of `windows`).
    CentralPolicies {
        /// All of them, with the SACLs of their rules.
        All,
        /// The first, and the DACLs of its rules.
        FirstDaclOnly,
    }
    /// How deep an object tree may be (VAL-3, W-OBJ-1).
    TreeDepth {
        /// Without limit.
        Unlimited,
        /// Level 4 at most.
        Four,
    }
    /// Equality of lists, and `Any_of` and `Contains` with a single literal or `{}` (COND-12, COND-14, DIV-45).
    ListComparison {
        /// Element by element; a scalar is a list of one.
        Ordered,
        /// In any order, each partner once; `Any_of` wants a list and `Contains {}` fails.
        Unordered,
    }
    /// What `Member_of` sees (COND-20, OP-9, W-CND-14, DIV-46).
    MembershipView {
        /// Groups and the two virtual SIDs.
        GroupsAndVirtual,
        /// Groups and the user.
        GroupsAndUser,
    }
    /// An attribute alone as the whole condition (COND-18, COND-29, W-CND-6, DIV-47).
    BareAttribute {
        /// UNKNOWN, and refused in text.
        Unknown,
        /// Its truth value.
        TruthValue,
    }
    /// `Exists` on user and device attributes (COND-15, W-CND-12, DIV-47).
    ExistsScope {
        /// True or false.
        Everywhere,
        /// UNKNOWN.
        LocalAndResource,
    }
    /// What a boolean claim compares with (COND-4, W-CND-7).
    BooleanClaims {
        /// With integers, as 0 or 1.
        Integers,
        /// With booleans only.
        Apart,
    }
    /// A claim that holds the same value twice (W-CND-9).
    RepeatedValues {
        /// Holds it twice.
        Kept,
        /// Is refused, and with it the request.
        Refused,
    }
    /// How strings and octets ignore case (COND-11, W-CND-2, DIV-52).
    CaseFolding {
        /// ASCII letters byte by byte, to lower case.
        AsciiBytes,
        /// Simple upper-casing of UTF-16 code units; octets exactly.
        CodeUnits,
    }
    /// How descriptors are read and written as text (SDDL-1 to SDDL-11, W-SDL-2 to W-SDL-7).
    SddlText {
        /// One spelling; numbers are hexadecimal or decimal; output names only what is sure.
        Exact,
        /// Any case, some blanks, octal numbers, no part at all; output as NT prints it.
        Nt,
    }
    /// Reserved bits and MAXIMUM_ALLOWED in the mask of an entry (MASK-2, W-SDL-7, DIV-48).
    AceMasks {
        /// The descriptor is malformed.
        Tested,
        /// Kept, without meaning.
        Kept,
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
    /// FILE-12
    pub anonymous_traverse: AnonymousTraverse,
    /// TOK-14
    pub enable_absent_privilege: EnableAbsentPrivilege,
    /// INH-9
    pub creator_placeholders: CreatorPlaceholders,
    /// KEY-6
    pub key_execute: KeyExecute,
    /// SDDL-5
    pub label_bits: LabelBits,
    /// SD-7
    pub zero_dacl_offset: ZeroDaclOffset,
    /// ACL-2
    pub slack: Slack,
    /// ACE-5
    pub claim_layout: ClaimLayout,
    /// SD-2
    pub descriptor_layout: DescriptorLayout,
    /// ACL-3
    pub acl_revision: AclRevision,
    /// MIC-5
    pub integrity_categories: IntegrityCategories,
    /// MIC-2
    pub unknown_labels: UnknownLabels,
    /// OWN-1
    pub ownership: Ownership,
    /// MAP-2
    pub ace_generic_bits: AceGenericBits,
    /// PRIV-2
    pub system_security: SystemSecurity,
    /// W-ACC-2
    pub maximum_privileges: MaximumPrivileges,
    /// RES-1
    pub reported_mask: ReportedMask,
    /// PRIV-3
    pub intent_rights: IntentRights,
    /// AUD-5
    pub alarms: Alarms,
    /// CAP-2
    pub central_policies: CentralPolicies,
    /// VAL-3
    pub tree_depth: TreeDepth,
    /// COND-12
    pub list_comparison: ListComparison,
    /// COND-20
    pub membership_view: MembershipView,
    /// COND-18
    pub bare_attribute: BareAttribute,
    /// COND-15
    pub exists_scope: ExistsScope,
    /// COND-4
    pub boolean_claims: BooleanClaims,
    /// W-CND-9
    pub repeated_values: RepeatedValues,
    /// COND-11
    pub case_folding: CaseFolding,
    /// MASK-2
    pub ace_masks: AceMasks,
    /// SDDL-1
    pub sddl_text: SddlText,
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
    anonymous_traverse: AnonymousTraverse::ByDescriptor,
    enable_absent_privilege: EnableAbsentPrivilege::Fail,
    creator_placeholders: CreatorPlaceholders::Resolve,
    key_execute: KeyExecute::Nothing,
    label_bits: LabelBits::ReadFirst,
    zero_dacl_offset: ZeroDaclOffset::Malformed,
    slack: Slack::Malformed,
    claim_layout: ClaimLayout::TwoSteps,
    descriptor_layout: DescriptorLayout::OwnersFirst,
    acl_revision: AclRevision::ObjectsAndConditions,
    integrity_categories: IntegrityCategories::Union,
    unknown_labels: UnknownLabels::Malformed,
    ownership: Ownership::AnyGroup,
    ace_generic_bits: AceGenericBits::Mapped,
    system_security: SystemSecurity::MissingBit,
    maximum_privileges: MaximumPrivileges::Added,
    reported_mask: ReportedMask::Raw,
    intent_rights: IntentRights::Generic,
    alarms: Alarms::ContinuousAudit,
    central_policies: CentralPolicies::All,
    tree_depth: TreeDepth::Unlimited,
    list_comparison: ListComparison::Ordered,
    membership_view: MembershipView::GroupsAndVirtual,
    bare_attribute: BareAttribute::Unknown,
    exists_scope: ExistsScope::Everywhere,
    boolean_claims: BooleanClaims::Integers,
    repeated_values: RepeatedValues::Kept,
    case_folding: CaseFolding::AsciiBytes,
    ace_masks: AceMasks::Tested,
    sddl_text: SddlText::Exact,
};

/// KACS v0.20 to the letter.
pub const KACS: Model = Model {
    name: "kacs",
    missing_impersonate_privilege: MissingImpersonatePrivilege::CapUnlessSameUser,
    ungated_levels: UngatedLevels::Anonymous,
    identification_gate: IdentificationGate::AccessDenied,
    capture_at_identification: CaptureAtIdentification::Client,
    integrity_categories: IntegrityCategories::Subtract,
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
    anonymous_traverse: AnonymousTraverse::Passes,
    enable_absent_privilege: EnableAbsentPrivilege::Partial,
    creator_placeholders: CreatorPlaceholders::Split,
    key_execute: KeyExecute::Read,
    label_bits: LabelBits::WriteFirst,
    zero_dacl_offset: ZeroDaclOffset::NullDacl,
    slack: Slack::Ignored,
    claim_layout: ClaimLayout::OneStep,
    descriptor_layout: DescriptorLayout::ListsFirst,
    acl_revision: AclRevision::Objects,
    integrity_categories: IntegrityCategories::Union,
    unknown_labels: UnknownLabels::Numeric,
    ownership: Ownership::AllowPolarity,
    ace_generic_bits: AceGenericBits::Inert,
    system_security: SystemSecurity::PrivilegeNotHeld,
    maximum_privileges: MaximumPrivileges::WhenNamed,
    reported_mask: ReportedMask::Kept,
    intent_rights: IntentRights::FileSystem,
    alarms: Alarms::Ignored,
    central_policies: CentralPolicies::FirstDaclOnly,
    tree_depth: TreeDepth::Four,
    list_comparison: ListComparison::Unordered,
    membership_view: MembershipView::GroupsAndUser,
    bare_attribute: BareAttribute::TruthValue,
    exists_scope: ExistsScope::LocalAndResource,
    boolean_claims: BooleanClaims::Apart,
    repeated_values: RepeatedValues::Refused,
    case_folding: CaseFolding::CodeUnits,
    ace_masks: AceMasks::Kept,
    sddl_text: SddlText::Nt,
};

/// The rules where nobody says by which to play.
pub const DEFAULT: &Model = &KOBICHA;

/// Every model, the default first.
pub const MODELS: [&Model; 3] = [&KOBICHA, &KACS, &WINDOWS];

impl Model {
    /// The model of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Model> {
        MODELS.into_iter().find(|model| model.name == name)
    }
}
