//! Random questions from a seed: few SIDs, few masks, few GUIDs and few claim values, so that they meet often.

use sim_core::ids::{Guid, SessionId, TokenId};
use sim_core::model::Model;
use sim_core::privilege::{PrivilegeSet, Privileges};
use sim_core::rights::{AccessMask, ObjectType};
use sim_core::sd::condition::{Claim, ClaimFlags, ClaimValues};
use sim_core::sd::{
    Ace, AceBody, AceFlags, AceShape, AceType, Acl, ObjectGuids, SdControl, SecurityDescriptor,
};
use sim_core::sid::{EVERYONE, NOBODY, Sid, SidTable};
use sim_core::token::{
    AuditPolicy, Confinement, GroupAttributes, Identity, IdentityFacts, ImpersonationLevel, IntegrityLevel,
    MandatoryPolicy, SidAndAttributes, Token, TokenType,
};

use super::{MAXIMUM_ALLOWED, PlainAcl, PlainPolicy, PlainRule, Question};

/// SplitMix64.
#[derive(Clone, Debug)]
pub(crate) struct Random {
    state: u64,
}

impl Random {
    /// The generator of one case of a run.
    pub(crate) fn of(seed: u64, case: u64) -> Random {
        let mut random = Random { state: seed };
        random.state = random.next() ^ case.wrapping_mul(0xD134_2543_DE82_EF95);
        random.next();
        random
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ z >> 31
    }

    /// Below `bound`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }

    pub(crate) fn percent(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub(crate) fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    fn many<T>(&mut self, most: usize, mut make: impl FnMut(&mut Random) -> T) -> Vec<T> {
        let count = self.below(most + 1);
        (0..count).map(|_| make(self)).collect()
    }

    fn maybe<T>(&mut self, percent: usize, make: impl FnOnce(&mut Random) -> T) -> Option<T> {
        self.percent(percent).then(|| make(self))
    }
}

const SIDS: [&str; 16] = [
    "S-1-1-0",
    "S-1-5-21-1-1001",
    "S-1-5-21-1-1001",
    "S-1-5-21-1-1002",
    "S-1-5-21-1-2001",
    "S-1-5-21-1-2002",
    "S-1-5-21-1-2003",
    "S-1-5-32-544",
    "S-1-5-18",
    "S-1-3-4",
    "S-1-3-4",
    "S-1-5-10",
    "S-1-5-12",
    "S-1-15-2-1",
    "S-1-15-2-7",
    "S-1-15-3-1",
];

fn sid(r: &mut Random) -> Sid {
    Sid::parse(r.pick(&SIDS)).unwrap()
}

pub(crate) fn guid(r: &mut Random) -> Guid {
    Guid([u8::try_from(r.below(7)).unwrap(); 16])
}

/// Rights by ones and twos, by category, and generic.
pub(crate) fn mask(r: &mut Random) -> u32 {
    const BITS: [u32; 18] = [
        0x1, 0x2, 0x4, 0x8, 0x10, 0x20, 0x40, 0x80, 0x100, 0x1_0000, 0x2_0000, 0x4_0000, 0x8_0000, 0x8_0000,
        0x10_0000, 0x400, 0x20, 0x2,
    ];
    const SETS: [u32; 12] = [
        0x0012_0089,
        0x0012_0116,
        0x0012_00A0,
        0x001F_01FF,
        0x0012_019F,
        0x0002_0019,
        0x000F_003F,
        0x000E_1E73,
        0x000F_01FF,
        0x0006_0000,
        0x3,
        0x000F_0000,
    ];
    const GENERIC: [u32; 4] = [0x8000_0000, 0x4000_0000, 0x2000_0000, 0x1000_0000];
    let mut mask = 0;
    for _ in 0..=r.below(3) {
        mask |= match r.below(10) {
            0..=4 => r.pick(&BITS),
            5..=7 => r.pick(&SETS),
            8 => r.pick(&GENERIC),
            _ if r.percent(40) => 0x0100_0000,
            _ => r.pick(&BITS),
        };
    }
    mask
}

fn ace_mask(r: &mut Random) -> AccessMask {
    let mut mask = mask(r);
    if r.percent(1) {
        mask |= r.pick(&[0x0020_0000, 0x0400_0000, MAXIMUM_ALLOWED]);
    }
    if r.percent(2) {
        mask = 0;
    }
    AccessMask(mask)
}

fn desired(r: &mut Random) -> u32 {
    let named = match r.below(20) {
        0 | 1 => 0,
        2..=4 => 0x0008_0000,
        5 | 6 => 0x0100_0000 | mask(r),
        _ => mask(r),
    };
    let maximum = if r.percent(20) { MAXIMUM_ALLOWED } else { 0 };
    let reserved = if r.percent(1) { r.pick(&[0x0020_0000, 0x0400_0000]) } else { 0 };
    named | maximum | reserved
}

fn entries(r: &mut Random, most: usize) -> Vec<SidAndAttributes> {
    r.many(most, |r| SidAndAttributes {
        sid: sid(r),
        attributes: GroupAttributes::from_bits_retain(r.pick(&[4, 4, 4, 7, 12, 0, 16, 20, 8])),
    })
}

const NAMES: [&str; 6] = ["x", "X", "y", "É", "é", "yy"];
const TEXTS: [&str; 12] = ["a", "A", "b", "É", "é", "", "ab", "AB", "_", "\u{4141}", "\u{6161}", "ß"];
const OCTETS: [&[u8]; 5] = [&[], &[1], &[0x41], &[0x61], &[0x61, 2]];
const INTS: [i64; 8] = [0, 1, 1, -1, 2, i64::MIN, i64::MAX, 200];
const UINTS: [u64; 5] = [0, 1, 2, u64::MAX, 1 << 63];

fn claim(r: &mut Random) -> Claim {
    let most = r.pick(&[1, 1, 1, 3]);
    let values = match r.below(6) {
        0 => ClaimValues::Int64(r.many(most, |r| r.pick(&INTS))),
        1 => ClaimValues::Uint64(r.many(most, |r| r.pick(&UINTS))),
        2 => ClaimValues::String(r.many(most, |r| r.pick(&TEXTS).to_owned())),
        3 => ClaimValues::Sid(r.many(most, sid)),
        4 => ClaimValues::Boolean(r.many(most, |r| r.percent(50))),
        _ => ClaimValues::Octet(r.many(most, |r| r.pick(&OCTETS).to_vec())),
    };
    let flags = r.pick(&[0, 0, 0, 0, 2, 4, 0x10, 0x20]);
    Claim { name: r.pick(&NAMES).to_owned(), flags: ClaimFlags::from_bits_retain(flags), values }
}

fn claims(r: &mut Random) -> Vec<Claim> {
    if r.percent(60) { r.many(4, claim) } else { Vec::new() }
}

// ---- conditions -------------------------------------------------------------------------------------------------

fn counted(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(&u32::try_from(bytes.len()).unwrap().to_le_bytes());
    out.extend_from_slice(bytes);
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn put_sid(out: &mut Vec<u8>, sid: Sid) {
    let mut bytes = Vec::new();
    sid.encode(&mut bytes);
    out.push(0x51);
    counted(out, &bytes);
}

fn put_scalar(r: &mut Random, out: &mut Vec<u8>) {
    match r.below(10) {
        0..=3 => {
            let value = r.pick(&INTS);
            let opcode = if r.percent(80) { 4 } else { u8::try_from(1 + r.below(4)).unwrap() };
            out.push(opcode);
            out.extend_from_slice(&value.to_le_bytes());
            let sign = if r.percent(15) {
                r.pick(&[0, 1, 2, 3, 4])
            } else if value < 0 {
                2
            } else {
                r.pick(&[1, 3])
            };
            out.extend_from_slice(&[sign, if r.percent(2) { 0 } else { r.pick(&[1, 2, 3]) }]);
        }
        4..=6 => {
            out.push(0x10);
            counted(out, &utf16(r.pick(&TEXTS)));
        }
        7 | 8 => put_sid(out, sid(r)),
        _ => {
            out.push(0x18);
            counted(out, r.pick(&OCTETS));
        }
    }
}

fn put_list(r: &mut Random, out: &mut Vec<u8>, only_sids: bool, depth: usize) {
    let mut inner = Vec::new();
    for _ in 0..r.below(4) {
        if depth < 2 && r.percent(4) {
            put_list(r, &mut inner, only_sids, depth + 1);
        } else if only_sids && !r.percent(2) {
            put_sid(&mut inner, sid(r));
        } else {
            put_scalar(r, &mut inner);
        }
    }
    out.push(0x50);
    counted(out, &inner);
}

fn put_attribute(r: &mut Random, out: &mut Vec<u8>) {
    out.push(u8::try_from(0xF8 + r.below(4)).unwrap());
    counted(out, &utf16(r.pick(&NAMES)));
}

fn put_operand(r: &mut Random, out: &mut Vec<u8>) {
    match r.below(10) {
        0..=5 => put_attribute(r, out),
        6 | 7 => put_scalar(r, out),
        _ => put_list(r, out, false, 0),
    }
}

const COMPARISONS: [u8; 10] = [0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x88, 0x8E, 0x8F];
const MEMBERSHIPS: [u8; 8] = [0x89, 0x8A, 0x8B, 0x8C, 0x90, 0x91, 0x92, 0x93];

fn put_test(r: &mut Random, out: &mut Vec<u8>, depth: usize) {
    match r.below(if depth > 3 { 7 } else { 11 }) {
        0..=2 => {
            put_operand(r, out);
            put_operand(r, out);
            out.push(r.pick(&COMPARISONS));
        }
        3 => {
            if r.percent(95) {
                put_attribute(r, out);
            } else {
                put_operand(r, out);
            }
            out.push(r.pick(&[0x87, 0x8D]));
        }
        4 | 5 => {
            match r.below(20) {
                0..=8 => put_list(r, out, true, 0),
                9..=17 => put_sid(out, sid(r)),
                _ => put_operand(r, out),
            }
            out.push(r.pick(&MEMBERSHIPS));
        }
        6 => put_attribute(r, out), // a truth value inside, a bare attribute at the top
        7 | 8 => {
            put_test(r, out, depth + 1);
            put_test(r, out, depth + 1);
            out.push(r.pick(&[0xA0, 0xA1]));
        }
        _ => {
            put_test(r, out, depth + 1);
            out.push(0xA2);
        }
    }
}

/// A program: mostly one that makes sense, sometimes operators and operands at random, sometimes damaged.
pub(crate) fn condition(r: &mut Random) -> Vec<u8> {
    let mut out = b"artx".to_vec();
    if r.percent(6) {
        for _ in 0..r.below(6) {
            match r.below(4) {
                0 => put_test(r, &mut out, 3),
                1 => put_operand(r, &mut out),
                2 => out.push(r.pick(&COMPARISONS)),
                _ => out.push(r.pick(&[0x87, 0x89, 0xA0, 0xA1, 0xA2, 0x8B, 0x52, 0x00])),
            }
        }
    } else {
        put_test(r, &mut out, 0);
    }
    match r.below(30) {
        0 => {
            let keep = r.below(out.len());
            out.truncate(keep);
        }
        1 => {
            let at = r.below(out.len());
            out[at] ^= 1 << r.below(8);
        }
        2 => out.push(u8::try_from(r.below(256)).unwrap()),
        3..=9 => out.resize(out.len().next_multiple_of(4), 0),
        _ => {}
    }
    out
}

// ---- descriptors ------------------------------------------------------------------------------------------------

fn ace_of(r: &mut Random, kind: u8) -> Ace {
    let kind = AceType(kind);
    let mut flags = AceFlags::from_bits_retain(r.pick(&[0, 0x40, 0x80, 0xC0, 0x10]));
    flags.set(AceFlags::INHERIT_ONLY, r.percent(8));
    let guids = ObjectGuids { object_type: r.maybe(80, guid), inherited_object_type: r.maybe(20, guid) };
    let body = match kind.row().map(|row| row.shape) {
        Some(AceShape::Basic) => AceBody::Basic,
        Some(AceShape::Object) => AceBody::Object(guids),
        Some(AceShape::Callback) => AceBody::Callback(condition(r)),
        Some(AceShape::CallbackObject) => AceBody::CallbackObject(guids, condition(r)),
        Some(AceShape::Attribute) => AceBody::Attribute(claim(r)),
        None => {
            return Ace {
                kind,
                flags,
                mask: AccessMask(0),
                sid: NOBODY,
                body: AceBody::Unknown(vec![1; 16]),
            };
        }
    };
    Ace { kind, flags, mask: ace_mask(r), sid: sid(r), body }
}

/// An entry of a DACL: now and then one that has no meaning there.
pub(crate) fn dacl_ace(r: &mut Random) -> Ace {
    let kind = match r.below(40) {
        0 => r.pick(&[0x02, 0x04, 0x11, 0x15, 0x80, 0x0D]),
        1..=16 => 0x00,
        17..=22 => 0x01,
        23..=26 => 0x05,
        27..=29 => 0x06,
        30..=33 => 0x09,
        34..=36 => 0x0A,
        37 | 38 => 0x0B,
        _ => 0x0C,
    };
    ace_of(r, kind)
}

fn sacl_ace(r: &mut Random) -> Ace {
    let kind = match r.below(40) {
        0 => r.pick(&[0x00, 0x01, 0x04, 0x15, 0x09]),
        1..=9 => 0x11,
        10..=13 => 0x14,
        14..=18 => 0x12,
        19..=23 => 0x13,
        24..=28 => 0x02,
        29 | 30 => 0x07,
        31..=33 => 0x0D,
        34 => 0x0F,
        35 => 0x03,
        36 => 0x08,
        37 | 38 => 0x0E,
        _ => 0x10,
    };
    let mut ace = ace_of(r, kind);
    let principal = match kind {
        0x11 => r.pick(&["S-1-16-0", "S-1-16-4096", "S-1-16-8192", "S-1-16-12288", "S-1-16-16384"]),
        0x12 => "S-1-1-0",
        0x13 => r.pick(&["S-1-17-1", "S-1-17-2", "S-1-17-3"]),
        0x14 => r.pick(&["S-1-19-512-4096", "S-1-19-0-0", "S-1-19-1024-8192", "S-1-19-512-1024"]),
        _ => return ace,
    };
    ace.sid = Sid::parse(principal).unwrap();
    if kind == 0x11 {
        ace.mask = AccessMask(u32::try_from(r.below(9)).unwrap());
        if r.percent(8) {
            ace.sid = Sid::parse(r.pick(&["S-1-16-8448", "S-1-16-4096-1", "S-1-5-18", "S-1-16-1"])).unwrap();
        }
    }
    if kind == 0x14 && r.percent(5) {
        ace.sid = Sid::parse(r.pick(&["S-1-19-512", "S-1-19-1-2-3", "S-1-1-0"])).unwrap();
    }
    ace
}

fn dacl(r: &mut Random) -> Acl {
    Acl::new(r.many(6, dacl_ace))
}

fn sacl(r: &mut Random) -> Acl {
    Acl::new(r.many(6, sacl_ace))
}

fn descriptor(r: &mut Random) -> SecurityDescriptor {
    SecurityDescriptor {
        owner: r.maybe(99, sid),
        group: r.maybe(80, sid),
        control: SdControl::empty(),
        resource_manager: 0,
        dacl: r.maybe(94, dacl),
        sacl: r.maybe(65, sacl),
    }
}

fn policy(r: &mut Random, name: &str) -> PlainPolicy {
    let list = |r: &mut Random, make: fn(&mut Random) -> Acl| {
        if r.percent(5) { PlainAcl::Broken } else { PlainAcl::List(make(r)) }
    };
    PlainPolicy {
        sid: Sid::parse(name).unwrap(),
        rules: r.many(3, |r| PlainRule {
            applies_to: r.maybe(30, condition),
            effective_dacl: list(r, dacl),
            effective_sacl: r.maybe(35, |r| list(r, sacl)),
            staged_dacl: r.maybe(35, |r| list(r, dacl)),
            staged_sacl: r.maybe(30, |r| list(r, sacl)),
        }),
    }
}

// ---- tokens and the rest ----------------------------------------------------------------------------------------

fn facts(r: &mut Random) -> IdentityFacts {
    let user =
        Sid::parse(r.pick(&["S-1-5-21-1-1001", "S-1-5-21-1-1001", "S-1-5-21-1-1001", "S-1-5-18"])).unwrap();
    let write_restricted = r.percent(12);
    let restricted = r.percent(if write_restricted { 80 } else { 15 });
    IdentityFacts {
        user_deny_only: if write_restricted { !r.percent(3) } else { r.percent(10) },
        groups: entries(r, 7),
        restricted_sids: if restricted { entries(r, 5) } else { Vec::new() },
        write_restricted,
        integrity: IntegrityLevel::ALL[r.pick(&[0, 1, 2, 2, 2, 3, 4])].0,
        mandatory_policy: MandatoryPolicy::from_bits_retain(r.pick(&[1, 1, 1, 3, 0, 2])),
        user_claims: claims(r),
        device_claims: claims(r),
        device_groups: if r.percent(40) { entries(r, 4) } else { Vec::new() },
        restricted_device_groups: if r.percent(10) { entries(r, 4) } else { Vec::new() },
        confinement: r.maybe(15, |r| Confinement {
            sid: Sid::parse(r.pick(&["S-1-15-2-7", "S-1-15-2-7", "S-1-1-0", "S-1-3-4"])).unwrap(),
            capabilities: entries(r, 4),
            exempt: r.percent(10),
        }),
        audit_policy: AuditPolicy::from_bits_retain(u32::try_from(r.below(16)).unwrap()),
        ..IdentityFacts::of(user, SessionId(1))
    }
}

fn token(r: &mut Random) -> Token {
    let mut privileges = [0_u64; 2];
    for bit in [8, 9, 17, 18, 32, 7, 29] {
        if r.percent(40) {
            privileges[0] |= 1 << bit;
            privileges[1] |= u64::from(!r.percent(20)) << bit;
        }
    }
    let privileges = Privileges::new(PrivilegeSet(privileges[0]), PrivilegeSet(privileges[1]));
    let kind = match r.below(40) {
        0..=19 => TokenType::Primary,
        20 => TokenType::Impersonation(ImpersonationLevel::Anonymous),
        21..=24 => TokenType::Impersonation(ImpersonationLevel::Identification),
        25..=34 => TokenType::Impersonation(ImpersonationLevel::Impersonation),
        _ => TokenType::Impersonation(ImpersonationLevel::Delegation),
    };
    let mut token = Token::new(TokenId(0), kind, Identity::new(facts(r), &mut SidTable::new()), privileges);
    if r.percent(20) && !token.facts().groups.is_empty() {
        // Groups that were enabled or disabled since.
        token.enabled ^= 1 << r.below(token.facts().groups.len());
    }
    token
}

fn tree(r: &mut Random) -> Vec<(u16, Guid)> {
    if r.percent(6) {
        return r.many(5, |r| (u16::try_from(r.below(6)).unwrap(), guid(r)));
    }
    let mut guids: Vec<u8> = (0..7).collect();
    let mut level = 0;
    let count = 1 + r.below(7);
    (0..count)
        .map(|n| {
            if n > 0 {
                level = 1 + u16::try_from(r.below(usize::from(level) + 1)).unwrap();
            }
            let guid = guids.remove(r.below(guids.len()));
            (level, Guid([guid; 16]))
        })
        .collect()
}

/// A random question to a model: one in four is about nothing but conditions.
pub(crate) fn any(r: &mut Random, model: &'static str) -> Question {
    if r.percent(25) { about_conditions(r, model) } else { question(r, model) }
}

/// A question whose answer tells what a condition evaluates to, on both sides and in every pass that the token has:
/// entries that everyone matches, with the condition and with its negation.
fn about_conditions(r: &mut Random, model: &'static str) -> Question {
    let mut facts = facts(r);
    let everyone =
        SidAndAttributes { sid: EVERYONE, attributes: GroupAttributes::MANDATORY | GroupAttributes::ENABLED };
    facts.groups.insert(0, everyone);
    if r.percent(70) {
        facts.restricted_sids.clear();
        facts.restricted_device_groups.clear();
    } else if !facts.restricted_sids.is_empty() {
        facts.restricted_sids.push(everyone);
    }
    facts.confinement = facts.confinement.filter(|_| r.percent(40));
    facts.confinement.iter_mut().for_each(|confinement| confinement.capabilities.push(everyone));
    facts.integrity = IntegrityLevel::System;
    facts.audit_policy = AuditPolicy::empty();
    let identity = Identity::new(facts, &mut SidTable::new());
    let program = condition(r);
    let mut negated = program.clone();
    while negated.last() == Some(&0) {
        negated.pop(); // padding, or the end of a value, which damages the program
    }
    negated.push(0xA2);
    let callback = |kind, mask, program: &[u8]| Ace {
        body: AceBody::Callback(program.to_vec()),
        ..Ace::basic(kind, EVERYONE, AccessMask(mask))
    };
    let dacl = vec![
        callback(AceType::ALLOW_CALLBACK, 0x1, &program),
        callback(AceType::ALLOW_CALLBACK, 0x2, &negated),
        callback(AceType::DENY_CALLBACK, 0x4, &program),
        callback(AceType::DENY_CALLBACK, 0x8, &negated),
        Ace::basic(AceType::ALLOW, EVERYONE, AccessMask(0xC)),
    ];
    let mut sacl: Vec<Ace> = r.many(3, |r| ace_of(r, 0x12));
    sacl.iter_mut().for_each(|ace| ace.sid = EVERYONE);
    sacl.push(callback(AceType::ALARM_CALLBACK, 0x10, &program));
    sacl.push(callback(AceType::AUDIT_CALLBACK, 0xF, &negated).with_flags(AceFlags::from_bits_retain(0xC0)));
    Question {
        token: Token::new(TokenId(0), TokenType::Primary, identity, Privileges::default()),
        sd: Some(SecurityDescriptor {
            owner: Some(sid(r)),
            dacl: Some(Acl::new(dacl)),
            sacl: Some(Acl::new(sacl)),
            ..SecurityDescriptor::default()
        }),
        // Windows keeps a partial answer for MAXIMUM_ALLOWED only.
        desired: r.pick(&[0xF, MAXIMUM_ALLOWED, MAXIMUM_ALLOWED]),
        tree: None,
        list: false,
        policies: Vec::new(),
        ..question(r, model)
    }
}

/// A random question to a model.
pub(crate) fn question(r: &mut Random, model: &'static str) -> Question {
    let class = r.pick(&[
        ObjectType::File,
        ObjectType::File,
        ObjectType::File,
        ObjectType::Key,
        ObjectType::Token,
        ObjectType::Process,
    ]);
    let tree = r.maybe(30, tree);
    let list = r.percent(if tree.is_some() { 50 } else { 1 });
    let (first, second) = (r.percent(70), r.percent(50));
    let mut policies = Vec::new();
    if first {
        policies.push(policy(r, "S-1-17-1"));
    }
    if second {
        policies.push(policy(r, "S-1-17-2"));
    }
    Question {
        model,
        token: token(r),
        pip: (r.pick(&[0, 512, 512, 1024]), r.pick(&[0, 4096, 8192, 8192])),
        sd: Some(descriptor(r)).filter(|_| !r.percent(1)),
        mapping: Model::named(model).unwrap().mapping(class),
        desired: desired(r),
        backup: r.percent(30),
        restore: r.percent(30),
        self_sid: r.maybe(40, sid),
        local_claims: claims(r),
        tree,
        list,
        policies,
    }
}
