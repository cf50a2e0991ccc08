//! The Anonymous identity: who a thread is that nobody vouches for.
//!
//! Rules TOK-37, GATE-2.

use std::sync::Arc;

use super::{
    GroupAttributes, Identity, IdentityFacts, ImpersonationLevel, IntegrityLevel, MandatoryPolicy,
    SidAndAttributes, Token, TokenType,
};
use crate::ids::{SessionId, TokenId};
use crate::model::{AnonymousGroups, Model};
use crate::privilege::Privileges;
use crate::rights::AccessMask;
use crate::sd::{Ace, AceType, Acl};
use crate::sid::{ANONYMOUS, EVERYONE, SYSTEM, SidTable};

/// The Anonymous identity as a token: no privilege, Untrusted, and Everyone its only group where the model gives it
/// that one (TOK-37, DIV-8).
#[must_use]
pub fn anonymous_token(model: &Model, sids: &mut SidTable, id: TokenId, session: SessionId) -> Token {
    let groups = match model.anonymous_groups {
        AnonymousGroups::Everyone => vec![SidAndAttributes {
            sid: EVERYONE,
            attributes: GroupAttributes::MANDATORY
                | GroupAttributes::ENABLED_BY_DEFAULT
                | GroupAttributes::ENABLED,
        }],
        AnonymousGroups::Nothing => Vec::new(),
    };
    let facts = IdentityFacts {
        groups,
        integrity: IntegrityLevel::Untrusted,
        mandatory_policy: MandatoryPolicy::NO_WRITE_UP | MandatoryPolicy::NEW_PROCESS_MIN,
        ..IdentityFacts::of(ANONYMOUS, session)
    };
    let kind = TokenType::Impersonation(ImpersonationLevel::Anonymous);
    let mut token = Token::new(id, kind, Identity::new(facts, sids), Privileges::default());
    let all = |sid| Ace::basic(AceType::ALLOW, sid, AccessMask::GENERIC_ALL);
    token.default_dacl = Some(Arc::new(Acl::new(vec![all(SYSTEM), all(ANONYMOUS)])));
    token
}
