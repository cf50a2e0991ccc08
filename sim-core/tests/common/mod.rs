//! Small words for building access checks: who asks, what is guarded, what is asked.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used)]

use sim_core::access::{
    AccessError, AccessRequest, Decision, Descriptor, Explanation, Intents, LocalClaims, ObjectTree, Policy,
    PolicyAcl, PolicyCache, PolicyRule, ProcessTrust, Reason, ResultMode, Silent, TreeNode, access_check,
};
use sim_core::ids::{Guid, SessionId, TokenId};
use sim_core::model::Model;
use sim_core::privilege::{Privilege, PrivilegeSet, Privileges};
use sim_core::rights::{AccessMask, ObjectType};
use sim_core::sd::condition::{
    Claim, ClaimFlags, ClaimValues, Condition, ConditionToken, IntBase, IntSign, Literal, Namespace, Operator,
};
use sim_core::sd::{
    Ace, AceBody, AceFlags, AceType, Acl, LabelPolicy, ObjectGuids, SecurityDescriptor, condition_wire,
};
use sim_core::sid::{self, Sid, SidTable};
use sim_core::token::{
    Confinement, GroupAttributes, Identity, IdentityFacts, ImpersonationLevel, SidAndAttributes, Token,
    TokenType, anonymous_token,
};

/// A principal of the test domain.
pub fn account(rid: u32) -> Sid {
    Sid::new(5, &[21, 1, 2, 3, rid]).unwrap()
}

pub const GA: u32 = 0x1000_0000;
pub const GR: u32 = 0x8000_0000;
pub const MAX: u32 = 0x0200_0000;
pub const ASS: u32 = 0x0100_0000;
pub const RC: u32 = 0x0002_0000;
pub const WD: u32 = 0x0004_0000;
pub const WO: u32 = 0x0008_0000;
pub const FA: u32 = 0x001F_01FF;
pub const FR: u32 = 0x0012_0089;
pub const FW: u32 = 0x0012_0116;

pub fn alice_sid() -> Sid {
    account(1001)
}

pub fn bob_sid() -> Sid {
    account(1002)
}

pub fn staff() -> Sid {
    account(2001)
}

pub fn enabled(sid: Sid) -> SidAndAttributes {
    SidAndAttributes { sid, attributes: GroupAttributes::ENABLED }
}

pub fn deny_only(sid: Sid) -> SidAndAttributes {
    SidAndAttributes { sid, attributes: GroupAttributes::USE_FOR_DENY_ONLY }
}

pub fn disabled(sid: Sid) -> SidAndAttributes {
    SidAndAttributes { sid, attributes: GroupAttributes::empty() }
}

/// Who asks.
#[derive(Clone, Debug)]
pub struct Who {
    pub facts: IdentityFacts,
    pub privileges: Vec<Privilege>,
    pub disabled: Vec<Privilege>,
    pub kind: TokenType,
    pub trust: ProcessTrust,
}

pub fn user(sid: Sid) -> Who {
    let mut facts = IdentityFacts::of(sid, SessionId(0));
    facts.groups = [sid::EVERYONE, sid::AUTHENTICATED_USERS, sid::USERS, staff()].map(enabled).to_vec();
    Who {
        facts,
        privileges: Vec::new(),
        disabled: Vec::new(),
        kind: TokenType::Primary,
        trust: ProcessTrust::default(),
    }
}

pub fn alice() -> Who {
    user(alice_sid())
}

/// With Administrators as deny-only.
pub fn bob() -> Who {
    user(bob_sid()).with(|facts| facts.groups.push(deny_only(sid::ADMINISTRATORS)))
}

pub fn low() -> Who {
    user(account(1003)).with(|facts| facts.integrity = sim_core::token::IntegrityLevel::Low)
}

impl Who {
    pub fn with(mut self, change: impl FnOnce(&mut IdentityFacts)) -> Who {
        change(&mut self.facts);
        self
    }

    pub fn holding(mut self, privileges: &[Privilege]) -> Who {
        self.privileges.extend(privileges);
        self
    }

    pub fn trusted(mut self, kind: u32, trust: u32) -> Who {
        self.trust = ProcessTrust { kind, trust };
        self
    }

    pub fn at(mut self, level: ImpersonationLevel) -> Who {
        self.kind = TokenType::Impersonation(level);
        self
    }

    pub fn confined(self, package: Sid, capabilities: &[Sid]) -> Who {
        let capabilities = capabilities.iter().copied().map(enabled).collect();
        self.with(|facts| {
            facts.confinement = Some(Confinement { sid: package, capabilities, exempt: false });
        })
    }

    pub fn restricted(self, sids: &[Sid]) -> Who {
        let list = sids.iter().copied().map(enabled).collect();
        self.with(|facts| facts.restricted_sids = list)
    }

    pub fn token(&self, sids: &mut SidTable) -> Token {
        let enabled: PrivilegeSet = self.privileges.iter().copied().collect();
        let present = self.privileges.iter().chain(&self.disabled).copied().collect();
        let identity = Identity::new(self.facts.clone(), sids);
        Token::new(TokenId(0), self.kind, identity, Privileges::new(present, enabled))
    }
}

/// What is asked, of what.
#[derive(Clone, Debug)]
pub struct Object {
    pub class: ObjectType,
    pub sd: SecurityDescriptor,
    pub intents: Intents,
    pub self_sid: Option<Sid>,
    pub local: Vec<Claim>,
    pub tree: Option<Vec<TreeNode>>,
    pub mode: ResultMode,
    pub policies: Vec<Policy>,
}

/// A file with the NULL DACL.
pub fn open_file(owner: Sid) -> Object {
    Object {
        class: ObjectType::File,
        sd: SecurityDescriptor { owner: Some(owner), ..SecurityDescriptor::default() },
        intents: Intents::empty(),
        self_sid: None,
        local: Vec::new(),
        tree: None,
        mode: ResultMode::Scalar,
        policies: Vec::new(),
    }
}

pub fn file(owner: Sid, dacl: Vec<Ace>) -> Object {
    let mut object = open_file(owner);
    object.sd.dacl = Some(Acl::new(dacl));
    object
}

/// Of SYSTEM.
pub fn guarded(dacl: Vec<Ace>) -> Object {
    file(sid::SYSTEM, dacl)
}

impl Object {
    pub fn sacl(mut self, aces: Vec<Ace>) -> Object {
        self.sd.sacl = Some(Acl::new(aces));
        self
    }

    pub fn intent(mut self, intents: Intents) -> Object {
        self.intents = intents;
        self
    }

    pub fn for_self(mut self, sid: Sid) -> Object {
        self.self_sid = Some(sid);
        self
    }

    pub fn tree(mut self, nodes: &[(u16, Guid)]) -> Object {
        self.tree = Some(nodes.iter().map(|(level, guid)| TreeNode { level: *level, guid: *guid }).collect());
        self
    }

    pub fn list(mut self) -> Object {
        self.mode = ResultMode::List;
        self
    }

    pub fn policy(mut self, sid: Sid, rules: Vec<PolicyRule>) -> Object {
        self.policies.push(Policy { sid, rules });
        self
    }
}

/// Everything compiled, for whoever wants to ask more than once.
pub struct Compiled {
    pub token: Token,
    pub anonymous: Token,
    pub descriptor: Descriptor,
    pub local: LocalClaims,
    pub tree: Option<ObjectTree>,
    pub policies: PolicyCache,
    pub sids: SidTable,
    self_sid: Option<sim_core::sid::SidId>,
}

pub fn compile(model: &Model, who: &Who, object: &Object) -> Compiled {
    let mut sids = SidTable::new();
    Compiled {
        token: who.token(&mut sids),
        anonymous: anonymous_token(model, &mut sids, TokenId(1), SessionId(1)),
        descriptor: Descriptor::compile(object.sd.clone(), model.mapping(object.class), model, &mut sids),
        local: LocalClaims::new(&object.local, &mut sids),
        tree: object.tree.clone().map(ObjectTree::new),
        policies: PolicyCache::new(object.policies.clone(), model, &mut sids),
        self_sid: object.self_sid.map(|sid| sids.intern(sid)),
        sids,
    }
}

impl Compiled {
    pub fn request<'a>(
        &'a self,
        model: &'a Model,
        who: &Who,
        object: &Object,
        desired: u32,
    ) -> AccessRequest<'a> {
        AccessRequest {
            model,
            token: &self.token,
            anonymous: &self.anonymous,
            trust: who.trust,
            descriptor: Some(&self.descriptor),
            desired: AccessMask(desired),
            intents: object.intents,
            self_sid: self.self_sid,
            local_claims: &self.local,
            object_tree: self.tree.as_ref(),
            mode: object.mode,
            policies: &self.policies,
        }
    }
}

pub fn check(model: &Model, who: &Who, object: &Object, desired: u32) -> Result<Decision, AccessError> {
    let compiled = compile(model, who, object);
    let request = compiled.request(model, who, object, desired);
    let decision = access_check(&request, &mut Silent);
    // Whoever watches changes nothing, and what was watched suffices to say it again (TRC-1).
    let mut explanation = Explanation::new();
    assert_eq!(decision, access_check(&request, &mut explanation));
    if let Some(Ok(outcome)) = explanation.outcome {
        assert_eq!(explanation.replay(), outcome.raw, "{explanation:#?}");
    }
    // Bits that a reason names together would each be explained alike.
    if let Reason::Granted(deciders) = explanation.reason() {
        for (decider, bits) in deciders {
            assert!(bits.bits().all(|bit| explanation.entry(bit).decider == decider), "{explanation:#?}");
        }
    }
    decision
}

pub fn allow(mask: u32, sid: Sid) -> Ace {
    Ace::basic(AceType::ALLOW, sid, AccessMask(mask))
}

pub fn deny(mask: u32, sid: Sid) -> Ace {
    Ace::basic(AceType::DENY, sid, AccessMask(mask))
}

pub fn ace(kind: AceType, mask: u32, sid: Sid) -> Ace {
    Ace::basic(kind, sid, AccessMask(mask))
}

pub fn on_node(kind: AceType, mask: u32, guid: Guid, sid: Sid) -> Ace {
    let guids = ObjectGuids { object_type: Some(guid), inherited_object_type: None };
    Ace { body: AceBody::Object(guids), ..ace(kind, mask, sid) }
}

pub fn when(kind: AceType, mask: u32, sid: Sid, condition: Vec<ConditionToken>) -> Ace {
    Ace { body: AceBody::Callback(program(condition)), ..ace(kind, mask, sid) }
}

pub fn inherit_only(ace: Ace) -> Ace {
    ace.with_flags(AceFlags::INHERIT_ONLY | AceFlags::CONTAINER_INHERIT)
}

pub fn audit(flags: AceFlags, mask: u32, sid: Sid) -> Ace {
    ace(AceType::AUDIT, mask, sid).with_flags(flags)
}

/// A label by its letters: the numbers are the model's (SDDL-5).
pub fn label(model: &Model, policy: LabelPolicy, level: Sid) -> Ace {
    let [read, write] = match model.label_bits {
        sim_core::model::LabelBits::ReadFirst => [1, 2],
        sim_core::model::LabelBits::WriteFirst => [2, 1],
    };
    let mut mask = 0;
    for (letter, bit) in
        [(LabelPolicy::NO_READ_UP, read), (LabelPolicy::NO_WRITE_UP, write), (LabelPolicy::NO_EXECUTE_UP, 4)]
    {
        if policy.contains(letter) {
            mask |= bit;
        }
    }
    ace(AceType::MANDATORY_LABEL, mask, level)
}

pub fn guid(number: u8) -> Guid {
    Guid([number; 16])
}

pub fn program(tokens: Vec<ConditionToken>) -> Vec<u8> {
    condition_wire::encode(&Condition { tokens })
}

pub fn attribute(namespace: Namespace, name: &str) -> ConditionToken {
    ConditionToken::Attribute(namespace, name.into())
}

pub fn text(value: &str) -> ConditionToken {
    ConditionToken::Literal(Literal::String(value.into()))
}

pub fn int_literal(value: i64) -> Literal {
    let sign = if value < 0 { IntSign::Minus } else { IntSign::None };
    Literal::Int { value, width: 4, sign, base: IntBase::Decimal }
}

pub fn int(value: i64) -> ConditionToken {
    ConditionToken::Literal(int_literal(value))
}

pub fn list(parts: Vec<Literal>) -> ConditionToken {
    ConditionToken::Literal(Literal::Composite(parts))
}

pub fn sid_list(sids: &[Sid]) -> ConditionToken {
    list(sids.iter().copied().map(Literal::Sid).collect())
}

pub fn op(operator: Operator) -> ConditionToken {
    ConditionToken::Operator(operator)
}

pub fn claim(name: &str, flags: ClaimFlags, values: ClaimValues) -> Claim {
    Claim { name: name.into(), flags, values }
}

/// A resource attribute.
pub fn resource(claim: Claim) -> Ace {
    Ace { body: AceBody::Attribute(claim), ..ace(AceType::RESOURCE_ATTRIBUTE, 0, sid::EVERYONE) }
}

/// A rule with an effective DACL only.
pub fn rule(dacl: Vec<Ace>) -> PolicyRule {
    PolicyRule {
        applies_to: None,
        effective_dacl: PolicyAcl::Acl(Acl::new(dacl)),
        effective_sacl: None,
        staged_dacl: None,
        staged_sacl: None,
    }
}
