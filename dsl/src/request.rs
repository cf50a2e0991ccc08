//! Access requests as JSON, one a line: everything that one check looks at, and the answer. What is malformed in the
//! descriptor is an answer; what is malformed in the line is a [`BadRequest`] with its place.
//!
//! The check itself is `sim_core::access`; nothing is decided here.

mod answer;
mod fields;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use sim_core::access::{
    AccessError, AccessRequest, Decision, Descriptor, Intents, LocalClaims, MAX_RULES, ObjectTree, Observer,
    Policy, PolicyAcl, PolicyCache, PolicyRule, ProcessTrust, ResultMode, TreeNode, access_check,
};
use sim_core::ids::{SessionId, TokenId};
use sim_core::model::Model;
use sim_core::privilege::{PrivilegeSet, Privileges};
use sim_core::rights::ObjectType;
use sim_core::sd::attributes::repeated_value;
use sim_core::sd::condition::Claim;
use sim_core::sd::sddl::{self, SddlContext};
use sim_core::sd::{Acl, SecurityDescriptor};
use sim_core::sid::{SidId, SidTable};
use sim_core::token::{
    Confinement, Identity, IdentityFacts, ImpersonationLevel, MAX_GROUPS, Token, TokenType, anonymous_token,
};

pub use answer::{Answer, Expected};
pub use fields::RequestLine;
use fields::{Mode, Object, ObjectField, PolicyLine, TokenLine, TokenTypeField};

/// The longest line, in bytes.
pub const MAX_LINE: usize = 1 << 20;

/// The most values of a claim: about what an entry of a descriptor has room for.
pub const MAX_VALUES: usize = 1 << 14;

/// A line that is no request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadRequest {
    /// The id of the line, if that much could be read.
    pub id: Option<String>,
    /// Where: a path of fields such as `token.groups[2].sid`, or `.` for the line as a whole.
    pub at: String,
    /// What is wrong, in plain words.
    pub why: String,
}

/// A request that is ready to be checked.
pub struct Request {
    /// The line's id.
    pub id: Option<String>,
    /// The answer that is expected, if the line holds one.
    pub expect: Option<Expected>,
    /// What class the object is of, for the names of its rights.
    pub class: ObjectType,
    model: &'static Model,
    token: Token,
    anonymous: Token,
    trust: ProcessTrust,
    /// The descriptor, or `None` where its bytes are malformed (SD-7).
    descriptor: Option<Descriptor>,
    desired: sim_core::rights::AccessMask,
    intents: Intents,
    self_sid: Option<SidId>,
    local_claims: LocalClaims,
    tree: Option<ObjectTree>,
    mode: ResultMode,
    policies: PolicyCache,
}

impl Request {
    /// Reads a line. `model` is played where the line names none.
    ///
    /// # Errors
    /// What cannot be read, with its place.
    pub fn parse(line: &str, model: &'static Model) -> Result<Request, BadRequest> {
        let bad = |at: String, why: String| BadRequest { id: id_of(line), at, why };
        let mut reader = serde_json::Deserializer::from_str(line);
        let parsed: Result<Object<RequestLine>, _> = serde_path_to_error::deserialize(&mut reader);
        let Object(request) = parsed.map_err(|error| {
            // What is no JSON at all has no path to its end.
            let path = error.path().to_string();
            let at = path.trim_end_matches('?').trim_end_matches('.');
            // The inner error ends in line and column of a text of one line: the path says more.
            let words = error.inner().to_string();
            let words = words.split(" at line ").next().unwrap_or(&words);
            let is_json = error.inner().is_data();
            let why = if is_json { words.to_owned() } else { format!("this is no JSON: {words}") };
            bad(if at.is_empty() { "." } else { at }.to_owned(), why)
        })?;
        reader.end().map_err(|_| bad(".".to_owned(), "something stands behind the object".to_owned()))?;
        let id = request.id.clone();
        Request::build(request, model).map_err(|(at, why)| BadRequest { id, at, why })
    }

    fn build(line: RequestLine, fallback: &'static Model) -> Result<Request, (String, String)> {
        let model = match &line.model {
            None => fallback,
            Some(name) => Model::named(name)
                .ok_or_else(|| ("model".to_owned(), "the models are kobicha, kacs and windows".to_owned()))?,
        };
        let mut sids = SidTable::new();
        let token = build_token(line.token.0, model, &mut sids)?;
        let anonymous = anonymous_token(model, &mut sids, TokenId(1), SessionId(1));
        let (class, mapping) = match line.object {
            ObjectField::Named(class) => (class, model.mapping(class)),
            ObjectField::Mapped(mapping) => (ObjectType::File, mapping),
        };
        let descriptor = read_descriptor(
            line.sd.as_deref(),
            line.sddl.as_deref(),
            line.domain.map(|d| d.0),
            model,
            class,
        )?
        .map(|source| Descriptor::compile(source, mapping, model, &mut sids));
        if let Some(n) = line.policies.iter().position(|policy| policy.0.rules.len() > MAX_RULES) {
            let why = format!("a policy holds at most {MAX_RULES} rules (CAP-1)");
            return Err((format!("policies[{n}].rules"), why));
        }
        let policies: Vec<Policy> =
            line.policies.into_iter().map(|policy| build_policy(policy.0, model)).collect();
        let nodes = |tree: Vec<Object<fields::NodeLine>>| {
            let nodes =
                tree.into_iter().map(|Object(node)| TreeNode { level: node.level, guid: node.guid.0 });
            ObjectTree::new(nodes.collect())
        };
        let claims = build_claims("local_claims", &line.local_claims, model)?;
        Ok(Request {
            id: line.id,
            expect: line.expect.map(|expect| expect.0),
            class,
            model,
            token,
            anonymous,
            trust: ProcessTrust { kind: line.process.0.pip_type, trust: line.process.0.pip_trust },
            descriptor,
            desired: line.desired.0,
            intents: line.intent.iter().fold(Intents::empty(), |all, intent| all | intent.0),
            self_sid: line.self_sid.map(|sid| sids.intern(sid.0)),
            local_claims: LocalClaims::new(&claims, &mut sids),
            tree: line.object_tree.map(nodes),
            mode: match line.mode {
                Mode::Scalar => ResultMode::Scalar,
                Mode::ResultList => ResultMode::List,
            },
            policies: PolicyCache::new(policies, model, &mut sids),
        })
    }

    /// Decides the request.
    ///
    /// # Errors
    /// What makes a decision impossible; a denial is none.
    pub fn check<O: Observer>(&self, observer: &mut O) -> Result<Decision, AccessError> {
        let descriptor = self.descriptor.as_ref().ok_or(AccessError::MalformedDescriptor)?;
        let request = AccessRequest {
            model: self.model,
            token: &self.token,
            anonymous: &self.anonymous,
            trust: self.trust,
            descriptor: Some(descriptor),
            desired: self.desired,
            intents: self.intents,
            self_sid: self.self_sid,
            local_claims: &self.local_claims,
            object_tree: self.tree.as_ref(),
            mode: self.mode,
            policies: &self.policies,
        };
        access_check(&request, observer)
    }
}

/// The id of a line that may be broken elsewhere.
fn id_of(line: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Id {
        id: Option<String>,
    }
    if line.len() > MAX_LINE {
        return None;
    }
    // What stands behind the object does not take its id away.
    let mut reader = serde_json::Deserializer::from_str(line);
    Object::<Id>::deserialize(&mut reader).ok()?.0.id
}

/// The descriptor of a line; `None` if its bytes are malformed, which is an answer and no bad request.
fn read_descriptor(
    sd: Option<&str>,
    sddl: Option<&str>,
    domain: Option<sim_core::sid::Sid>,
    model: &Model,
    class: ObjectType,
) -> Result<Option<SecurityDescriptor>, (String, String)> {
    match (sd, sddl) {
        (Some(text), None) => {
            let bytes = STANDARD.decode(text);
            let bytes = bytes.map_err(|error| ("sd".to_owned(), format!("this is not base64: {error}")))?;
            Ok(SecurityDescriptor::decode(&bytes, model).ok())
        }
        (None, Some(text)) => {
            let context = SddlContext { domain, class: Some(class), ..SddlContext::of(model) };
            match sddl::parse(text, &context) {
                Ok(descriptor) => Ok(Some(descriptor)),
                Err(error) => Err(("sddl".to_owned(), error.to_string())),
            }
        }
        (Some(_), Some(_)) => Err(("sddl".to_owned(), "`sd` and `sddl` cannot both stand".to_owned())),
        (None, None) => Err((".".to_owned(), "missing field `sd` or `sddl`".to_owned())),
    }
}

fn build_token(line: TokenLine, model: &Model, sids: &mut SidTable) -> Result<Token, (String, String)> {
    for (field, groups) in [
        ("token.groups", &line.groups),
        ("token.device_groups", &line.device_groups),
        ("token.restricted_device_groups", &line.restricted_device_groups),
    ] {
        if groups.len() > MAX_GROUPS {
            let why = format!("a token holds at most {MAX_GROUPS} groups");
            return Err((field.to_owned(), why));
        }
    }
    let kind = match (line.kind, line.level) {
        (TokenTypeField::Primary, _) => TokenType::Primary,
        (TokenTypeField::Impersonation, Some(level)) => TokenType::Impersonation(level.0),
        (TokenTypeField::Impersonation, None) => TokenType::Impersonation(ImpersonationLevel::Impersonation),
    };
    let entries =
        |groups: Vec<Object<fields::GroupLine>>| groups.into_iter().map(|group| group.0.entry()).collect();
    let facts = IdentityFacts {
        user_deny_only: line.user_deny_only,
        groups: entries(line.groups),
        restricted_sids: entries(line.restricted_sids),
        write_restricted: line.write_restricted,
        integrity: line.integrity.0,
        mandatory_policy: line.mandatory_policy.0,
        user_claims: build_claims("token.user_claims", &line.user_claims, model)?,
        device_claims: build_claims("token.device_claims", &line.device_claims, model)?,
        device_groups: entries(line.device_groups),
        restricted_device_groups: entries(line.restricted_device_groups),
        confinement: line.confinement.map(|Object(sandbox)| Confinement {
            sid: sandbox.sid.0,
            capabilities: entries(sandbox.capabilities),
            exempt: sandbox.exempt,
        }),
        audit_policy: line.audit_policy.0,
        ..IdentityFacts::of(line.user.0, SessionId(0))
    };
    let enabled: PrivilegeSet = line.privileges.into_iter().map(|privilege| privilege.0).collect();
    let disabled: PrivilegeSet = line.privileges_disabled.into_iter().map(|privilege| privilege.0).collect();
    let present = PrivilegeSet(enabled.0 | disabled.0);
    Ok(Token::new(TokenId(0), kind, Identity::new(facts, sids), Privileges::new(present, enabled)))
}

fn build_policy(line: PolicyLine, model: &Model) -> Policy {
    // A list that cannot be read is kept as that: a check that meets it decides by CAP-2.
    let list =
        |bytes: fields::Base64| Acl::decode(&bytes.0, model).map_or(PolicyAcl::Malformed, PolicyAcl::Acl);
    Policy {
        sid: line.sid.0,
        rules: line
            .rules
            .into_iter()
            .map(|Object(rule)| PolicyRule {
                applies_to: rule.applies_to.map(|bytes| bytes.0),
                effective_dacl: list(rule.effective_dacl),
                effective_sacl: rule.effective_sacl.map(list),
                staged_dacl: rule.staged_dacl.map(list),
                staged_sacl: rule.staged_sacl.map(list),
            })
            .collect(),
    }
}

/// Claims as a check is given them.
fn build_claims(
    field: &str,
    lines: &[Object<fields::ClaimLine>],
    model: &Model,
) -> Result<Vec<Claim>, (String, String)> {
    let mut claims = Vec::with_capacity(lines.len());
    for (n, Object(line)) in lines.iter().enumerate() {
        let at = |value: usize| format!("{field}[{n}].values[{value}]");
        if line.values() > MAX_VALUES {
            return Err((
                format!("{field}[{n}].values"),
                format!("a claim holds at most {MAX_VALUES} values"),
            ));
        }
        let claim = line.read().map_err(|(value, what)| (at(value), format!("expected {what}")))?;
        if let Some(value) = repeated_value(&claim, model) {
            return Err((at(value), "a claim holds no value twice (W-CND-9)".to_owned()));
        }
        claims.push(claim);
    }
    Ok(claims)
}
