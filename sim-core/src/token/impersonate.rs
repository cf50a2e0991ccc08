//! The gates of impersonation: whom a connection captures, and at which level a service may take that identity.
//!
//! Authority: KACS v0.20 impersonation. Rules IMP-6, IMP-8 to IMP-13. Pure functions of tokens: no threads here.

use super::{ImpersonationLevel, Token};
use crate::model::{
    CaptureAboveLevel, CaptureAtIdentification, IntegrityCeiling, LowLevelClients,
    MissingImpersonatePrivilege, Model, OwnSession, PrivilegeConsulted, RestrictedEscape,
};
use crate::privilege::{Privilege, PrivilegeState};

/// How a client stands to the service that wants its identity (IMP-13).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Relation {
    /// U1: the same user, both restricted or neither.
    SameUser,
    /// U2: the same user; the service is restricted, the client is not.
    RestrictedService,
    /// U3: the same user; the client is restricted, the service is not.
    RestrictedClient,
    /// U4: another user.
    OtherUser,
}

impl Relation {
    /// The relation of two tokens.
    #[must_use]
    pub fn of(service: &Token, client: &Token) -> Relation {
        let (service, client) = (service.facts(), client.facts());
        match (service.user == client.user, service.is_restricted(), client.is_restricted()) {
            (false, _, _) => Relation::OtherUser,
            (true, true, false) => Relation::RestrictedService,
            (true, false, true) => Relation::RestrictedClient,
            (true, _, _) => Relation::SameUser,
        }
    }

    /// The name in the matrix of IMP-13.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Relation::SameUser => "U1",
            Relation::RestrictedService => "U2",
            Relation::RestrictedClient => "U3",
            Relation::OtherUser => "U4",
        }
    }
}

/// Why a gate refused (IMP-8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GateError {
    /// SeImpersonatePrivilege is not held by the process.
    PrivilegeNotHeld,
    /// A restricted service may not become its own user unrestricted.
    RestrictedEscape,
}

/// What lowered the level to Identification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cap {
    /// The identity gate (IMP-9).
    Identity,
    /// The integrity ceiling (IMP-11).
    Integrity,
}

/// Everything that the gates looked at and said: enough to recompute IMP-13 from a trace (IMP-41).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct GateRecord {
    /// The level of the captured token.
    pub client_level: ImpersonationLevel,
    /// How both stand to each other.
    pub relation: Relation,
    /// The service's SeImpersonatePrivilege, `None` where it was not consulted.
    pub privilege: Option<PrivilegeState>,
    /// Whether the client's integrity is above the service's.
    pub client_above: bool,
    /// What lowered the level, the first that did.
    pub cap: Option<Cap>,
    /// The level that results.
    pub result: Result<ImpersonationLevel, GateError>,
}

impl GateRecord {
    /// Whether SeImpersonatePrivilege is to be marked used: consulted and held (IMP-12).
    #[must_use]
    pub fn privilege_used(&self) -> bool {
        self.privilege == Some(PrivilegeState::Held)
    }
}

/// Decides whether the process with the primary token `service` may install `client` at `level`, and at which level it
/// ends (IMP-12). The gates always read the primary token of the process (TOK-6).
#[must_use]
pub fn gate(model: &Model, service: &Token, client: &Token, level: ImpersonationLevel) -> GateRecord {
    let relation = Relation::of(service, client);
    let state = service.privileges.state(Privilege::IMPERSONATE);
    let held = state == PrivilegeState::Held;
    let client_above = client.facts().integrity > service.facts().integrity;
    let mut record = GateRecord {
        client_level: level,
        relation,
        privilege: None,
        client_above,
        cap: None,
        result: Ok(level),
    };

    let clients = match level {
        ImpersonationLevel::Anonymous => model.anonymous_clients,
        ImpersonationLevel::Identification => model.identification_clients,
        ImpersonationLevel::Impersonation | ImpersonationLevel::Delegation => LowLevelClients::Gated,
    };
    if clients == LowLevelClients::Ungated {
        return record;
    }
    if model.missing_impersonate_privilege == MissingImpersonatePrivilege::Fail {
        record.privilege = Some(state);
        if !held {
            record.result = Err(GateError::PrivilegeNotHeld);
            return record;
        }
    }
    if level == ImpersonationLevel::Anonymous {
        return record; // IMP-17: neither restriction nor integrity matters.
    }
    if model.restricted_escape == RestrictedEscape::Refuse && relation == Relation::RestrictedService {
        record.result = Err(GateError::RestrictedEscape);
        return record;
    }

    let own = match model.missing_impersonate_privilege {
        MissingImpersonatePrivilege::Fail => true,
        MissingImpersonatePrivilege::CapUnlessSameUser => {
            relation == Relation::SameUser || of_own_session(model, service, client)
        }
    };
    if model.privilege_consulted == PrivilegeConsulted::First {
        record.privilege = Some(state);
    }
    if !own {
        record.privilege = Some(state);
    }
    if !own && !held {
        record.cap = Some(Cap::Identity);
    }
    let waived = model.integrity_ceiling == IntegrityCeiling::WaivedByPrivilege && held;
    if client_above && !waived && record.cap.is_none() {
        record.cap = Some(Cap::Integrity);
    }
    if record.cap.is_some() {
        record.result = Ok(level.min(ImpersonationLevel::Identification));
    }
    // A cap that changed nothing is none: an Identification client stays what it is.
    if record.result == Ok(level) {
        record.cap = None;
    }
    record
}

/// Whether a token counts as the service's own because it was made from its session (DIV-7).
fn of_own_session(model: &Model, service: &Token, client: &Token) -> bool {
    let (service, client) = (service.facts(), client.facts());
    model.own_session == OwnSession::CountsAsOwn
        && service.is_restricted() == client.is_restricted()
        && client.origin == Some(service.session)
}

/// Whose identity a connection captures (IMP-6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Captured {
    /// The Anonymous identity, at Anonymous.
    Anonymous,
    /// The connecting process's own.
    Primary(ImpersonationLevel),
    /// The one that the connecting thread acts as.
    Installed(ImpersonationLevel),
    /// The connection is refused with `BAD_IMPERSONATION_LEVEL`.
    Refused,
}

/// Whose identity is captured when a thread connects with `level`, `installed` being the level of its impersonation
/// token, if it has one (IMP-5, IMP-6).
#[must_use]
pub fn capture(model: &Model, installed: Option<ImpersonationLevel>, level: ImpersonationLevel) -> Captured {
    let Some(own) = installed else {
        return match level {
            ImpersonationLevel::Anonymous => Captured::Anonymous,
            named => Captured::Primary(named),
        };
    };
    if !own.acts() && model.capture_at_identification == CaptureAtIdentification::Refuse {
        return Captured::Refused;
    }
    if level == ImpersonationLevel::Anonymous || own == ImpersonationLevel::Anonymous {
        return Captured::Anonymous;
    }
    if own == ImpersonationLevel::Identification {
        return match model.capture_at_identification {
            CaptureAtIdentification::Service => Captured::Primary(level),
            CaptureAtIdentification::Client | CaptureAtIdentification::Refuse => Captured::Installed(own),
        };
    }
    if level > own && model.capture_above_level == CaptureAboveLevel::Refuse {
        return Captured::Refused;
    }
    Captured::Installed(level.min(own))
}
