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
    }
    /// When the gates look at SeImpersonatePrivilege (IMP-12, W-IMP-1).
    PrivilegeConsulted {
        /// When nothing else lets the service pass.
        WhenNeeded,
        /// First of all.
        First,
    }
    /// A token that was made from the service's own session (IMP-9, DIV-7).
    OwnSession {
        /// Is like any other.
        NoRule,
        /// Counts as the service's own.
        CountsAsOwn,
    }
    /// Clients at a level that is too low to act (IMP-8, IMP-17, DIV-4, W-IMP-1).
    LowLevelClients {
        /// Meet the gates, and need the privilege where clients that act need it.
        Gated,
        /// Need no privilege and meet no gate.
        Ungated,
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
    /// Who arrives at another host when a thread at Impersonation connects there (IMP-36, DIV-10).
    ImpersonationAcrossHosts {
        /// The service, by its own identity on the network.
        Service,
        /// The Anonymous identity.
        Anonymous,
    }
    /// Whether a service may pass on clients at Delegation where nothing is declared (IMP-36).
    DelegationDefault {
        /// It may.
        Allowed,
        /// It must be declared.
        WhenDeclared,
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
    /// A descriptor that is given with a new key (KEY-13).
    CreatedKeys {
        /// There is no place for one.
        TakeNoDescriptor,
        /// It is taken as for files.
        TakeDescriptor,
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
    /// Copies of a token that could only be looked at, as a primary one (TOK-8, TOK-10, W-IMP-7).
    LookedAtToPrimary {
        /// Allowed, and remarked.
        Allowed,
        /// `BAD_IMPERSONATION_LEVEL`.
        Refuse,
    }
    /// The error of a copy that shall have a higher level than its source (TOK-8).
    LevelAboveSource {
        /// `INVALID_PARAMETER`.
        InvalidParameter,
        /// `BAD_IMPERSONATION_LEVEL`.
        BadImpersonationLevel,
    }
    /// Integrity and mandatory policy of a token in use (TOK-19, DIV-18).
    LivePolicy {
        /// Never change.
        Fixed,
        /// Integrity may be lowered, SeRelabelPrivilege raises it, SeTcbPrivilege changes the policy.
        Adjustable,
    }
    /// `assign` of a restricted copy of the process's own token (PRC-6).
    AssignOwnRestricted {
        /// Takes the privilege like any other.
        NeedsPrivilege,
        /// Takes none.
        Free,
    }
    /// The sessions that are always there (SES-3).
    FixedSessions {
        /// SYSTEM's, with number 0, and the Anonymous identity's.
        Two,
        /// SYSTEM's, with number 999, the Anonymous identity's, and those of LocalService and NetworkService.
        Nt,
    }
    /// Named pipes as what connections run over (IMP-37, W-IMP-2).
    NamedPipes {
        /// There are none.
        None,
        /// The client is captured, and can be impersonated once something was read of it.
        OnceHeard,
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
    /// A request for nothing (RES-3, W-ACC-1, DIV-19).
    EmptyRequests {
        /// Is allowed.
        Allowed,
        /// Is refused.
        Denied,
    }
    /// What a check reports as granted, and what MAXIMUM_ALLOWED with nothing granted means (RES-1, RES-3, W-ACC-2, W-ACC-3,
    /// DIV-43).
    ReportedMask {
        /// Everything that was granted; nothing is an answer too.
        Raw,
        /// What the opener keeps: nothing on denial; getting nothing is denial.
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

macro_rules! model {
    ($($field:ident: $kind:ty, $rule:literal, $difference:literal, $title:literal;)*) => {
        /// The rules of play.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub struct Model {
            /// The name that scenarios, goldens and traces use.
            pub name: &'static str,
            $(#[doc = $rule] pub $field: $kind,)*
        }

        impl Switch {
            /// Every switch, in the order of the fields.
            pub const ALL: &[Switch] = &[$(Switch {
                rule: $difference,
                title: $title,
                agree: |one, other| one.$field == other.$field,
                set: |model, other| model.$field = other.$field,
            },)*];
        }
    };
}

/// One field of [`Model`], so that models can be compared and crossed field by field.
#[derive(Clone, Copy, Debug)]
pub struct Switch {
    /// What makes the difference: a `DIV-n`, or where there is none the number of the rule.
    pub rule: &'static str,
    /// What it is about.
    pub title: &'static str,
    agree: fn(&Model, &Model) -> bool,
    set: fn(&mut Model, &Model),
}

impl Switch {
    /// The switches that two models set differently.
    #[must_use]
    pub fn between(one: &Model, other: &Model) -> Vec<&'static Switch> {
        Switch::ALL.iter().filter(|switch| !(switch.agree)(one, other)).collect()
    }
}

// The field, its type, the rule that it stands for, what makes models differ in it, and what it is about.
model! {
    missing_impersonate_privilege: MissingImpersonatePrivilege, "IMP-9", "DIV-1", "impersonating without the privilege";
    privilege_consulted: PrivilegeConsulted, "IMP-12", "W-IMP-1", "when the privilege is looked at";
    own_session: OwnSession, "IMP-9", "DIV-7", "tokens from the service's own session";
    anonymous_clients: LowLevelClients, "IMP-17", "DIV-4", "gates before the Anonymous level";
    identification_clients: LowLevelClients, "IMP-8", "W-IMP-1", "gates before the Identification level";
    restricted_escape: RestrictedEscape, "IMP-10", "DIV-6", "a restricted service and its own user";
    integrity_ceiling: IntegrityCeiling, "IMP-11", "DIV-5", "clients of higher integrity";
    identification_gate: IdentificationGate, "IMP-15", "DIV-2", "access at Identification";
    anonymous_gate: AnonymousGate, "IMP-15", "DIV-4", "access at Anonymous";
    capture_at_identification: CaptureAtIdentification, "IMP-6", "DIV-3", "connecting at Identification";
    capture_above_level: CaptureAboveLevel, "IMP-6", "DIV-9", "passing on more than one has";
    impersonation_across_hosts: ImpersonationAcrossHosts, "IMP-36", "DIV-10", "clients at Impersonation and other hosts";
    delegation_default: DelegationDefault, "IMP-36", "IMP-36", "passing clients on where nothing is declared";
    impersonate_anonymous: ImpersonateAnonymous, "IMP-18", "DIV-4", "the level of `impersonate anonymous`";
    anonymous_groups: AnonymousGroups, "TOK-37", "DIV-8", "Everyone and the Anonymous identity";
    anonymous_peer_token: AnonymousPeerToken, "IMP-21", "IMP-21", "peer tokens of Anonymous connections";
    primary_token_in_hand: PrimaryTokenInHand, "IMP-22", "IMP-22", "impersonating by a primary token";
    created_handle: CreatedHandle, "FILE-19", "DIV-11", "the handle of a creation";
    created_keys: CreatedKeys, "KEY-13", "KEY-13", "a descriptor with a new key";
    metadata_opens: MetadataOpens, "FILE-9", "FILE-9", "opens that ask for no data right";
    anonymous_traverse: AnonymousTraverse, "FILE-12", "FILE-12", "directories on the way of the Anonymous identity";
    enable_absent_privilege: EnableAbsentPrivilege, "TOK-14", "DIV-12", "enabling an absent privilege";
    looked_at_to_primary: LookedAtToPrimary, "TOK-8", "W-IMP-7", "primary copies of tokens that could only be looked at";
    level_above_source: LevelAboveSource, "TOK-8", "TOK-8", "copies above the level of their source";
    live_policy: LivePolicy, "TOK-19", "DIV-18", "integrity and policy of tokens in use";
    assign_own_restricted: AssignOwnRestricted, "PRC-6", "PRC-6", "assigning a restricted copy of one's own token";
    fixed_sessions: FixedSessions, "SES-3", "SES-3", "the sessions that are always there";
    named_pipes: NamedPipes, "IMP-37", "IMP-37", "named pipes";
    creator_placeholders: CreatorPlaceholders, "INH-9", "INH-9", "CREATOR OWNER on new containers";
    key_execute: KeyExecute, "KEY-6", "DIV-20", "GENERIC_EXECUTE on keys";
    label_bits: LabelBits, "SDDL-5", "DIV-44", "numbers of label bits";
    zero_dacl_offset: ZeroDaclOffset, "SD-7", "DIV-48", "a DACL at offset 0";
    slack: Slack, "ACL-2", "W-SDL-1", "bytes left over in lists and entries";
    claim_layout: ClaimLayout, "ACE-5", "DIV-50", "bytes of claims";
    descriptor_layout: DescriptorLayout, "SD-2", "W-SDL-1", "order of a written descriptor";
    acl_revision: AclRevision, "ACL-3", "W-OBJ-4", "revision of written lists";
    integrity_categories: IntegrityCategories, "MIC-5", "DIV-39", "rights that categories share, under a label";
    unknown_labels: UnknownLabels, "MIC-2", "DIV-49", "odd labels";
    ownership: Ownership, "OWN-1", "DIV-40", "who is the owner";
    ace_generic_bits: AceGenericBits, "MAP-2", "DIV-41", "generic bits in entries";
    system_security: SystemSecurity, "PRIV-2", "DIV-42", "ACCESS_SYSTEM_SECURITY without the privilege";
    maximum_privileges: MaximumPrivileges, "W-ACC-2", "DIV-43", "privileges in MAXIMUM_ALLOWED";
    empty_requests: EmptyRequests, "RES-3", "DIV-19", "asking for nothing";
    reported_mask: ReportedMask, "RES-1", "DIV-43", "masks on denial";
    intent_rights: IntentRights, "PRIV-3", "DIV-51", "rights of backup and restore";
    alarms: Alarms, "AUD-5", "DIV-22", "alarm entries";
    central_policies: CentralPolicies, "CAP-2", "CAP-2", "how much of the central policies counts";
    tree_depth: TreeDepth, "VAL-3", "W-OBJ-1", "depth of object trees";
    list_comparison: ListComparison, "COND-12", "DIV-45", "sets in conditions";
    membership_view: MembershipView, "COND-20", "DIV-46", "membership and the user";
    bare_attribute: BareAttribute, "COND-18", "DIV-47", "bare attributes";
    exists_scope: ExistsScope, "COND-15", "DIV-47", "existence of user and device attributes";
    boolean_claims: BooleanClaims, "COND-4", "W-CND-7", "what boolean claims compare with";
    repeated_values: RepeatedValues, "W-CND-9", "W-CND-9", "a value twice in one claim";
    case_folding: CaseFolding, "COND-11", "DIV-52", "case of text values";
    ace_masks: AceMasks, "MASK-2", "DIV-48", "reserved bits in stored entries";
    sddl_text: SddlText, "SDDL-1", "W-SDL-2", "spellings of descriptors as text";
}

/// The default model: the founding documents, and KACS v0.20 where they are silent.
pub const KOBICHA: Model = Model {
    name: "kobicha",
    missing_impersonate_privilege: MissingImpersonatePrivilege::Fail,
    privilege_consulted: PrivilegeConsulted::WhenNeeded,
    own_session: OwnSession::NoRule,
    anonymous_clients: LowLevelClients::Gated,
    identification_clients: LowLevelClients::Gated,
    restricted_escape: RestrictedEscape::Refuse,
    integrity_ceiling: IntegrityCeiling::Always,
    identification_gate: IdentificationGate::EvaluateAsAnonymous,
    anonymous_gate: AnonymousGate::Evaluate,
    capture_at_identification: CaptureAtIdentification::Service,
    capture_above_level: CaptureAboveLevel::Cap,
    impersonation_across_hosts: ImpersonationAcrossHosts::Service,
    delegation_default: DelegationDefault::Allowed,
    impersonate_anonymous: ImpersonateAnonymous::AtAnonymous,
    anonymous_groups: AnonymousGroups::Everyone,
    anonymous_peer_token: AnonymousPeerToken::Opens,
    primary_token_in_hand: PrimaryTokenInHand::Refuse,
    created_handle: CreatedHandle::CheckedAgainstNewDescriptor,
    created_keys: CreatedKeys::TakeNoDescriptor,
    metadata_opens: MetadataOpens::Refuse,
    anonymous_traverse: AnonymousTraverse::ByDescriptor,
    enable_absent_privilege: EnableAbsentPrivilege::Fail,
    looked_at_to_primary: LookedAtToPrimary::Allowed,
    level_above_source: LevelAboveSource::InvalidParameter,
    live_policy: LivePolicy::Fixed,
    assign_own_restricted: AssignOwnRestricted::NeedsPrivilege,
    fixed_sessions: FixedSessions::Two,
    named_pipes: NamedPipes::None,
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
    empty_requests: EmptyRequests::Allowed,
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
    anonymous_clients: LowLevelClients::Ungated,
    identification_gate: IdentificationGate::AccessDenied,
    capture_at_identification: CaptureAtIdentification::Client,
    integrity_categories: IntegrityCategories::Subtract,
    ..KOBICHA
};

/// NT.
pub const WINDOWS: Model = Model {
    name: "windows",
    missing_impersonate_privilege: MissingImpersonatePrivilege::CapUnlessSameUser,
    privilege_consulted: PrivilegeConsulted::First,
    own_session: OwnSession::CountsAsOwn,
    anonymous_clients: LowLevelClients::Ungated,
    identification_clients: LowLevelClients::Ungated,
    restricted_escape: RestrictedEscape::NoRule,
    integrity_ceiling: IntegrityCeiling::WaivedByPrivilege,
    identification_gate: IdentificationGate::BadImpersonationLevel,
    anonymous_gate: AnonymousGate::BadImpersonationLevel,
    capture_at_identification: CaptureAtIdentification::Refuse,
    capture_above_level: CaptureAboveLevel::Refuse,
    impersonation_across_hosts: ImpersonationAcrossHosts::Anonymous,
    delegation_default: DelegationDefault::WhenDeclared,
    impersonate_anonymous: ImpersonateAnonymous::AtImpersonation,
    anonymous_groups: AnonymousGroups::Nothing,
    anonymous_peer_token: AnonymousPeerToken::CantOpen,
    primary_token_in_hand: PrimaryTokenInHand::AsImpersonation,
    created_handle: CreatedHandle::AsRequested,
    created_keys: CreatedKeys::TakeDescriptor,
    metadata_opens: MetadataOpens::Accept,
    anonymous_traverse: AnonymousTraverse::Passes,
    enable_absent_privilege: EnableAbsentPrivilege::Partial,
    looked_at_to_primary: LookedAtToPrimary::Refuse,
    level_above_source: LevelAboveSource::BadImpersonationLevel,
    live_policy: LivePolicy::Adjustable,
    assign_own_restricted: AssignOwnRestricted::Free,
    fixed_sessions: FixedSessions::Nt,
    named_pipes: NamedPipes::OnceHeard,
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
    empty_requests: EmptyRequests::Denied,
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

    /// This model with one switch set as in another.
    #[must_use]
    pub fn with(mut self, switch: &Switch, other: &Model) -> Model {
        (switch.set)(&mut self, other);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::{MODELS, Switch};

    /// A model is its name and its switches: setting each one that differs makes one model of the other.
    #[test]
    fn the_switches_are_all_that_tells_models_apart() {
        for one in MODELS {
            for other in MODELS {
                let switches = Switch::between(one, other);
                assert_eq!(switches.is_empty(), one.name == other.name);
                let mut crossed = *one;
                for switch in switches {
                    assert_ne!(crossed.with(switch, other), crossed, "{} is set differently", switch.title);
                    crossed = crossed.with(switch, other);
                }
                assert_eq!(super::Model { name: other.name, ..crossed }, *other);
            }
        }
    }
}
