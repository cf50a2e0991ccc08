//! Access checks: who asks and what is guarded, compiled once, and one check as the operation. What is measured is the
//! check alone: the descriptor and the token are compiled before.

use std::hint::black_box;

use sim_core::access::{
    AccessRequest, Descriptor, Explanation, Intents, LocalClaims, Observer, Policy, PolicyAcl, PolicyCache,
    PolicyRule, ProcessTrust, ResultMode, Silent, access_check,
};
use sim_core::analysis::Sweep;
use sim_core::ids::{SessionId, TokenId};
use sim_core::model::{KOBICHA, Model};
use sim_core::privilege::Privileges;
use sim_core::rights::{AccessMask, ObjectType};
use sim_core::sd::condition::{
    Claim, ClaimFlags, ClaimValues, Condition, ConditionToken, IntBase, IntSign, Literal, Namespace, Operator,
};
use sim_core::sd::{Ace, AceBody, AceType, Acl, SecurityDescriptor, condition_wire};
use sim_core::sid::{self, Sid, SidTable};
use sim_core::token::{
    GroupAttributes, Identity, IdentityFacts, SidAndAttributes, Token, TokenType, anonymous_token,
};

use crate::Operation;

/// The default model of scenarios.
const MODEL: &Model = &KOBICHA;

pub const GENERIC_READ: AccessMask = AccessMask(0x8000_0000);
const FILE_ALL: AccessMask = AccessMask(0x001F_01FF);
const FILE_READ: AccessMask = AccessMask(0x0012_0089);

/// The first RID of the user's groups, and of SIDs that the token does not have.
const GROUPS: u32 = 5_000;
const STRANGERS: u32 = 1_000_000;

/// Who watches.
#[derive(Clone, Copy)]
pub enum Watched {
    Silent,
    Explained,
}

/// A DACL of `aces` entries, two of them denying, of which only the last one is about the user, who is in `groups`
/// groups.
pub fn plain(aces: u32, groups: u32, watched: Watched) -> Operation {
    plain_among(1, aces, groups, watched)
}

/// The same on `objects` objects in turn, each with a descriptor of its own.
pub fn plain_among(objects: u32, aces: u32, groups: u32, watched: Watched) -> Operation {
    let guards = (0..objects).map(|n| with_dacl(last_entry_grants(n, aces, groups))).collect();
    Checks::new(facts(groups), guards, Vec::new()).into_operation(watched)
}

/// The entries of [`plain`], for strangers that only object `n` knows.
pub fn last_entry_grants(n: u32, aces: u32, groups: u32) -> Vec<Ace> {
    let strangers = (0..aces - 1).map(|k| (k, account(STRANGERS + n * 100 + k)));
    let mut entries: Vec<Ace> = strangers
        .map(|(k, stranger)| match k {
            0 | 1 => Ace::basic(AceType::DENY, stranger, FILE_ALL),
            _ => Ace::basic(AceType::ALLOW, stranger, FILE_READ),
        })
        .collect();
    entries.push(Ace::basic(AceType::ALLOW, group(groups - 1), FILE_READ));
    entries
}

/// The question of [`plain`] asked again in a sweep that knows the answer.
pub fn swept() -> Operation {
    let Checks { token, anonymous, descriptors, policies } =
        Checks::new(facts(12), vec![with_dacl(last_entry_grants(0, 8, 12))], Vec::new());
    Box::new(move |times| {
        let mut sweep = Sweep::new(MODEL, &anonymous, &policies);
        let asker = sweep.asker(token.clone());
        let guards: Vec<_> = descriptors.iter().map(|guard| sweep.guard(guard.clone())).collect();
        for _ in 0..times {
            let verdict = sweep.ask(black_box(asker), black_box(guards[0]), GENERIC_READ);
            assert!(verdict.is_ok_and(|verdict| verdict.allowed), "every case is one that grants");
        }
    })
}

/// Three conditional entries on two of the user's three claims; only the last condition holds.
pub fn conditional(watched: Watched) -> Operation {
    let mut who = facts(12);
    let claim = |name: &str, values| Claim { name: name.into(), flags: ClaimFlags::empty(), values };
    who.user_claims = vec![
        claim("Level", ClaimValues::Int64(vec![3])),
        claim("Dept", ClaimValues::String(vec!["eng".into()])),
        claim("Site", ClaimValues::String(vec!["lab".into()])),
    ];
    let entries = ["law", "ops", "eng"].map(|department| {
        let tokens = vec![
            attribute(Namespace::User, "Level"),
            int(2),
            ConditionToken::Operator(Operator::Greater),
            attribute(Namespace::User, "Dept"),
            ConditionToken::Literal(Literal::String(department.into())),
            ConditionToken::Operator(Operator::Equal),
            ConditionToken::Operator(Operator::And),
        ];
        Ace {
            body: AceBody::Callback(condition_wire::encode(&Condition { tokens })),
            ..Ace::basic(AceType::ALLOW_CALLBACK, group(0), FILE_READ)
        }
    });
    Checks::new(who, vec![with_dacl(entries.to_vec())], Vec::new()).into_operation(watched)
}

/// The eight entries, and a central policy of two rules that apply because of the object's two attributes.
pub fn central(watched: Watched) -> Operation {
    let id = sid_of(17, &[1]);
    let mut guarded = with_dacl(last_entry_grants(0, 8, 12));
    let resource = |name: &str, value| Ace {
        body: AceBody::Attribute(Claim {
            name: name.into(),
            flags: ClaimFlags::empty(),
            values: ClaimValues::Int64(vec![value]),
        }),
        ..Ace::basic(AceType::RESOURCE_ATTRIBUTE, sid::EVERYONE, AccessMask::NONE)
    };
    let scoped = Ace::basic(AceType::SCOPED_POLICY_ID, id, AccessMask::NONE);
    guarded.sacl = Some(Acl::new(vec![resource("Secrecy", 3), resource("Project", 7), scoped]));
    let rule = |name: &str, value, holder: u32| {
        let tokens =
            vec![attribute(Namespace::Resource, name), int(value), ConditionToken::Operator(Operator::Equal)];
        PolicyRule {
            applies_to: Some(condition_wire::encode(&Condition { tokens })),
            effective_dacl: PolicyAcl::Acl(Acl::new(vec![Ace::basic(
                AceType::ALLOW,
                group(holder),
                FILE_READ,
            )])),
            effective_sacl: None,
            staged_dacl: None,
            staged_sacl: None,
        }
    };
    let policy = Policy { sid: id, rules: vec![rule("Secrecy", 3, 0), rule("Project", 7, 1)] };
    Checks::new(facts(12), vec![guarded], vec![policy]).into_operation(watched)
}

/// A check that is ready to be asked.
struct Checks {
    token: Token,
    anonymous: Token,
    descriptors: Vec<Descriptor>,
    policies: PolicyCache,
}

impl Checks {
    fn new(who: IdentityFacts, guarded: Vec<SecurityDescriptor>, policies: Vec<Policy>) -> Checks {
        let mut sids = SidTable::new();
        let identity = Identity::new(who, &mut sids);
        let mapping = MODEL.mapping(ObjectType::File);
        Checks {
            token: Token::new(TokenId(0), TokenType::Primary, identity, Privileges::default()),
            anonymous: anonymous_token(MODEL, &mut sids, TokenId(1), SessionId(1)),
            descriptors: guarded
                .into_iter()
                .map(|source| Descriptor::compile(source, mapping, MODEL, &mut sids))
                .collect(),
            policies: PolicyCache::new(policies, MODEL, &mut sids),
        }
    }

    fn into_operation(self, watched: Watched) -> Operation {
        Box::new(move |times| match watched {
            Watched::Silent => self.run(times, || Silent),
            Watched::Explained => self.run(times, Explanation::new),
        })
    }

    /// Asks `times` times, of one object after the other.
    fn run<O: Observer>(&self, times: u64, observer: impl Fn() -> O) {
        let mut objects = self.descriptors.iter().cycle();
        for _ in 0..times {
            let request = AccessRequest {
                model: MODEL,
                token: &self.token,
                anonymous: &self.anonymous,
                trust: ProcessTrust::default(),
                descriptor: objects.next(),
                desired: GENERIC_READ,
                intents: Intents::empty(),
                self_sid: None,
                local_claims: LocalClaims::EMPTY,
                object_tree: None,
                mode: ResultMode::Scalar,
                policies: &self.policies,
            };
            let mut observer = observer();
            let decision = access_check(black_box(&request), &mut observer);
            assert!(decision.is_ok_and(|decision| decision.allowed), "every case is one that grants");
            black_box(&observer);
        }
    }
}

fn facts(groups: u32) -> IdentityFacts {
    let enabled = |n| SidAndAttributes { sid: group(n), attributes: GroupAttributes::ENABLED };
    let mut facts = IdentityFacts::of(user(), SessionId(0));
    facts.groups = (0..groups).map(enabled).collect();
    facts
}

/// Who asks.
pub fn user() -> Sid {
    account(1_001)
}

/// The user's group of this number.
pub fn group(n: u32) -> Sid {
    account(GROUPS + n)
}

fn account(rid: u32) -> Sid {
    sid_of(5, &[21, 1, 2, 3, rid])
}

fn sid_of(authority: u64, parts: &[u32]) -> Sid {
    Sid::new(authority, parts).expect("few enough parts")
}

fn with_dacl(entries: Vec<Ace>) -> SecurityDescriptor {
    SecurityDescriptor {
        owner: Some(sid::SYSTEM),
        dacl: Some(Acl::new(entries)),
        ..SecurityDescriptor::default()
    }
}

fn attribute(namespace: Namespace, name: &str) -> ConditionToken {
    ConditionToken::Attribute(namespace, name.into())
}

fn int(value: i64) -> ConditionToken {
    ConditionToken::Literal(Literal::Int { value, width: 4, sign: IntSign::None, base: IntBase::Decimal })
}
