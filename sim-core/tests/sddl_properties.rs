//! Properties of SDDL over random descriptors: bytes to text to bytes keeps everything that text carries, and text that
//! was written comes back letter by letter.
#![allow(clippy::unwrap_used, clippy::panic)]

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use sim_core::ids::Guid;
use sim_core::model::{BareAttribute, MODELS, Model};
use sim_core::rights::{AccessMask, ObjectType};
use sim_core::sd::condition::{
    Claim, ClaimFlags, ClaimValues, Condition, ConditionToken, IntBase, IntSign, Literal, Namespace,
    OPERATORS, Operator,
};
use sim_core::sd::sddl::{self, SddlContext};
use sim_core::sd::{
    ACE_TYPES, Ace, AceBody, AceEffect, AceFlags, AceShape, Acl, ObjectGuids, SdControl, SecurityDescriptor,
    condition_text, condition_wire,
};
use sim_core::sid::{self, Sid};

fn a_sid() -> impl Strategy<Value = Sid> {
    let known: Vec<Sid> = sid::WELL_KNOWN.iter().map(|row| row.sid).collect();
    prop_oneof![
        select(known),
        (0..1u64 << 48, vec(any::<u32>(), 0..=15))
            .prop_map(|(authority, subs)| Sid::new(authority, &subs).unwrap()),
        (490..560u32).prop_map(|rid| Sid::new(5, &[21, 1, 2, 3, rid]).unwrap()),
    ]
}

fn a_text() -> impl Strategy<Value = String> {
    vec(any::<char>().prop_filter("no text has these", |c| !matches!(c, '"' | '\0')), 0..8)
        .prop_map(|chars| chars.into_iter().collect())
}

fn an_integer() -> impl Strategy<Value = Literal> {
    let magnitude = prop_oneof![0..20i64, any::<i64>().prop_map(|value| value & i64::MAX)];
    let base = select(vec![IntBase::Octal, IntBase::Decimal, IntBase::Hex]);
    let sign = select(vec![IntSign::Plus, IntSign::Minus, IntSign::None]);
    (magnitude, sign, base).prop_map(|(magnitude, sign, base)| {
        let value = if sign == IntSign::Minus { -magnitude } else { magnitude };
        Literal::Int { value, width: 4, sign, base }
    })
}

fn a_literal() -> impl Strategy<Value = Literal> {
    let single = prop_oneof![
        an_integer(),
        a_text().prop_map(Literal::String),
        vec(any::<u8>(), 1..5).prop_map(Literal::Octet),
        a_sid().prop_map(Literal::Sid),
    ];
    prop_oneof![single.clone(), vec(single, 0..4).prop_map(Literal::Composite)]
}

fn an_attribute() -> impl Strategy<Value = ConditionToken> {
    let namespace = select(vec![Namespace::Local, Namespace::User, Namespace::Resource, Namespace::Device]);
    let words: Vec<String> = OPERATORS.iter().map(|row| row.2.to_owned()).collect();
    let name = prop_oneof!["[a-zA-Z0-9_:./]{1,8}", "[^\0]{1,4}", select(words)];
    (namespace, name).prop_map(|(namespace, name)| ConditionToken::Attribute(namespace, name))
}

fn sids() -> impl Strategy<Value = Literal> {
    prop_oneof![
        a_sid().prop_map(Literal::Sid),
        vec(a_sid().prop_map(Literal::Sid), 0..4).prop_map(Literal::Composite)
    ]
}

/// Programs that text has words for.
fn a_condition() -> impl Strategy<Value = Vec<ConditionToken>> {
    let of = |wanted: fn(&Operator) -> bool| -> Vec<Operator> {
        OPERATORS.iter().map(|row| row.0).filter(wanted).collect()
    };
    let relations = of(|operator| operator.row().2 == 2 && !matches!(operator, Operator::And | Operator::Or));
    let members = of(|operator| {
        operator.row().2 == 1 && !matches!(operator, Operator::Not | Operator::Exists | Operator::NotExists)
    });
    let operand = prop_oneof![an_attribute(), a_literal().prop_map(ConditionToken::Literal)];
    let test = prop_oneof![
        (operand.clone(), operand, select(relations)).prop_map(|(left, right, operator)| vec![
            left,
            right,
            ConditionToken::Operator(operator)
        ]),
        (an_attribute(), select(vec![Operator::Exists, Operator::NotExists]))
            .prop_map(|(attribute, operator)| vec![attribute, ConditionToken::Operator(operator)]),
        (sids(), select(members)).prop_map(|(sids, operator)| vec![
            ConditionToken::Literal(sids),
            ConditionToken::Operator(operator)
        ]),
        an_attribute().prop_map(|attribute| vec![attribute]),
    ];
    let whole = test.prop_recursive(5, 40, 2, |inner| {
        prop_oneof![
            inner.clone().prop_map(|mut tokens: Vec<ConditionToken>| {
                tokens.push(ConditionToken::Operator(Operator::Not));
                tokens
            }),
            (inner.clone(), inner, select(vec![Operator::And, Operator::Or])).prop_map(
                |(mut left, right, operator)| {
                    left.extend(right);
                    left.push(ConditionToken::Operator(operator));
                    left
                }
            ),
        ]
    });
    // An attribute alone is no condition in two of the models.
    whole.prop_map(|mut tokens| {
        if tokens.len() == 1 {
            tokens.push(ConditionToken::Operator(Operator::Exists));
        }
        tokens
    })
}

fn a_claim() -> impl Strategy<Value = Claim> {
    let values = prop_oneof![
        vec(any::<i64>(), 0..3).prop_map(ClaimValues::Int64),
        vec(any::<u64>(), 0..3).prop_map(ClaimValues::Uint64),
        vec(a_text(), 0..3).prop_map(ClaimValues::String),
        vec(a_sid(), 0..3).prop_map(ClaimValues::Sid),
        vec(any::<bool>(), 0..3).prop_map(ClaimValues::Boolean),
        vec(vec(any::<u8>(), 0..5), 0..3).prop_map(ClaimValues::Octet),
    ];
    (a_text(), any::<u32>(), values).prop_map(|(name, flags, values)| Claim {
        name,
        flags: ClaimFlags::from_bits_retain(flags),
        values,
    })
}

fn a_guid() -> impl Strategy<Value = Option<Guid>> {
    option::of(any::<[u8; 16]>().prop_map(Guid))
}

fn an_ace() -> impl Strategy<Value = Ace> {
    let fixed = (select(ACE_TYPES), any::<u8>(), any::<u32>(), a_sid());
    let rest = (a_guid(), a_guid(), a_condition(), a_claim());
    (fixed, rest).prop_map(
        |((row, flags, mask, sid), (object_type, inherited_object_type, tokens, claim))| {
            let guids = ObjectGuids { object_type, inherited_object_type };
            let program = || condition_wire::encode(&Condition { tokens: tokens.clone() });
            let body = match row.shape {
                AceShape::Basic => AceBody::Basic,
                AceShape::Object => AceBody::Object(guids),
                AceShape::Callback => AceBody::Callback(program()),
                AceShape::CallbackObject => AceBody::CallbackObject(guids, program()),
                AceShape::Attribute => AceBody::Attribute(claim),
            };
            // Bits that text refuses or drops are other tests' matter.
            let mask = match row.effect {
                AceEffect::Label => mask & 7,
                _ => mask & !0x0EE0_0000,
            };
            Ace {
                kind: row.value,
                flags: AceFlags::from_bits_retain(flags) - AceFlags::UNUSED,
                mask: AccessMask(mask),
                sid: if row.shape == AceShape::Attribute { sid::EVERYONE } else { sid },
                body,
            }
        },
    )
}

fn a_list() -> impl Strategy<Value = Option<Acl>> {
    option::of(vec(an_ace(), 0..5).prop_map(Acl::new))
}

fn a_descriptor() -> impl Strategy<Value = SecurityDescriptor> {
    (a_sid(), option::of(a_sid()), any::<u16>(), a_list(), a_list()).prop_map(
        |(owner, group, bits, dacl, sacl)| {
            let mut carried = SdControl::empty();
            if dacl.is_some() {
                carried |= SdControl::DACL_PROTECTED
                    | SdControl::DACL_AUTO_INHERITED
                    | SdControl::DACL_AUTO_INHERIT_REQ;
            }
            if sacl.is_some() {
                carried |= SdControl::SACL_PROTECTED
                    | SdControl::SACL_AUTO_INHERITED
                    | SdControl::SACL_AUTO_INHERIT_REQ;
            }
            let control = SdControl::from_bits_retain(bits) & carried;
            SecurityDescriptor { owner: Some(owner), group, control, resource_manager: 0, dacl, sacl }
        },
    )
}

fn context(model: &Model, domain: bool, class: Option<ObjectType>) -> SddlContext {
    SddlContext {
        domain: domain.then(|| Sid::new(5, &[21, 1, 2, 3]).unwrap()),
        class,
        ..SddlContext::of(model)
    }
}

/// Without revisions, which are decided when a list is written (ACL-3).
fn normal(descriptor: &SecurityDescriptor) -> SecurityDescriptor {
    let list = |acl: &Acl| Acl::new(acl.aces.clone());
    SecurityDescriptor {
        dacl: descriptor.dacl.as_ref().map(list),
        sacl: descriptor.sacl.as_ref().map(list),
        ..descriptor.clone()
    }
}

fn classes() -> impl Strategy<Value = Option<ObjectType>> {
    option::of(select(ObjectType::ALL.map(|(class, _)| class).to_vec()))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    /// SDDL-12
    #[test]
    fn bytes_to_text_to_bytes(
        source in a_descriptor(), model in select(MODELS.to_vec()), domain in any::<bool>(), class in classes()
    ) {
        let context = context(model, domain, class);
        let Ok(bytes) = source.encode(model) else { return Ok(()) };
        let decoded = SecurityDescriptor::decode(&bytes, model).unwrap();
        let mut audits = decoded.dacl.iter().flat_map(|list| &list.aces).filter_map(|ace| ace.kind.row());
        let misplaced = audits.any(|row| matches!(row.effect, AceEffect::Audit | AceEffect::Alarm));
        let printed = match sddl::print(&decoded, &context) {
            // W-SDL-4
            Err(error) => {
                prop_assert!(misplaced && context.dialect == SddlContext::of(&sim_core::model::WINDOWS).dialect, "{error}");
                return Ok(());
            }
            Ok(printed) => printed,
        };
        let again = sddl::parse(&printed, &context);
        let again = again.map_err(|error| TestCaseError::fail(format!("{printed}: {error}")))?;
        prop_assert_eq!(normal(&again), normal(&decoded), "{}", &printed);
        prop_assert_eq!(again.encode(model).unwrap(), bytes);
        // What was written once is written so again.
        prop_assert_eq!(sddl::print(&again, &context).unwrap(), printed);
    }

    /// COND-31
    #[test]
    fn conditions_come_back(tokens in a_condition(), model in select(MODELS.to_vec()), domain in any::<bool>()) {
        let context = context(model, domain, None);
        let condition = Condition { tokens };
        let printed = condition_text::print(&condition, &context).unwrap();
        prop_assert_eq!(condition_text::parse(&printed, &context), Ok(condition.clone()), "{}", printed);
        let bytes = condition_wire::encode(&condition);
        prop_assert_eq!(condition_wire::validate(&bytes, BareAttribute::Unknown), Ok(condition));
    }
}
