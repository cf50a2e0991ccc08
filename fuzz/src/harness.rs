//! The harness: a committed corpus, a seeded mutator, and for each reader a function that must come back whatever it is given.
//! The test suite runs it briefly, the binary of this package for as long as one likes.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sim_core::access::{
    AccessRequest, Descriptor, Explanation, Intents, LocalClaims, PolicyCache, ProcessTrust, ResultMode,
    Silent, access_check,
};
use sim_core::engine::{RunConfig, run};
use sim_core::ids::{SessionId, TokenId};
use sim_core::model::MODELS;
use sim_core::privilege::{PrivilegeSet, Privileges};
use sim_core::rights::{AccessMask, ObjectType};
use sim_core::sd::condition::Claim;
use sim_core::sd::sddl::{self, SddlContext};
use sim_core::sd::{
    AceBody, Acl, SecurityDescriptor, condition_text as text_of_conditions, condition_wire, wire,
};
use sim_core::sid::{EVERYONE, SidTable, USERS};
use sim_core::token::{
    GroupAttributes, Identity, IdentityFacts, SidAndAttributes, Token, TokenType, anonymous_token,
};

/// A reader under test.
pub(crate) type Target = fn(&[u8]);

/// Every reader with its name.
pub(crate) const TARGETS: &[(&str, Target)] = &[
    ("descriptor", descriptor),
    ("acl", acl),
    ("claims", claims),
    ("condition", condition),
    ("request", request),
    ("scenario", scenario),
    ("script", script),
    ("format", format),
    ("sddl", sddl_text),
    ("condition_text", condition_text),
];

/// A small seeded generator: the same seed gives the same mutations on every machine.
pub(crate) struct Rng(u64);

impl Rng {
    /// From a seed.
    pub(crate) fn new(seed: u64) -> Rng {
        Rng(seed)
    }

    /// The next word (SplitMix64).
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ z >> 31
    }

    /// A number below `bound`, which is not 0.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }
}

/// Mutates bytes a few times: flips, overwrites with telling values, cuts, doubles, and splices of another entry.
pub(crate) fn mutate(bytes: &mut Vec<u8>, other: &[u8], rng: &mut Rng) {
    const TELLING: [u8; 12] = [0, 1, 2, 4, 8, 0x7F, 0x80, 0xFE, 0xFF, b'{', b'"', b'\n'];
    for _ in 0..=rng.below(4) {
        if bytes.is_empty() {
            bytes.extend_from_slice(other);
            continue;
        }
        let at = rng.below(bytes.len());
        match rng.below(7) {
            0 => bytes[at] ^= 1 << rng.below(8),
            1 => bytes[at] = TELLING[rng.below(TELLING.len())],
            2 => bytes.truncate(at),
            3 => {
                bytes.remove(at);
            }
            4 => bytes.insert(at, TELLING[rng.below(TELLING.len())]),
            5 => {
                let end = (at + 1 + rng.below(32)).min(bytes.len());
                let piece = bytes[at..end].to_vec();
                let place = rng.below(bytes.len());
                bytes.splice(place..place, piece);
            }
            _ if !other.is_empty() => {
                let from = rng.below(other.len());
                let end = (from + 1 + rng.below(64)).min(other.len());
                let stop = (at + rng.below(16)).min(bytes.len());
                bytes.splice(at..stop, other[from..end].iter().copied());
            }
            _ => {}
        }
    }
    // What grows without end would only test the size limits.
    bytes.truncate(1 << 16);
}

/// The corpus of a target: taken from the committed decisions and scenarios of the repository at `root`.
pub(crate) fn corpus(target: &str, root: &Path) -> Vec<Vec<u8>> {
    let mut lines = Vec::new();
    for group in ["kacs", "windows"] {
        let folder = root.join("cli/tests/vectors").join(group);
        let mut files: Vec<_> =
            std::fs::read_dir(folder).expect("the vectors").map(|e| e.expect("a file").path()).collect();
        files.sort();
        for file in files {
            let text = std::fs::read_to_string(file).expect("a file of lines");
            // A few from each category reach every part of the readers.
            lines.extend(text.lines().step_by(23).map(str::to_owned));
        }
    }
    let field = |line: &String, name: &str| -> Option<Vec<u8>> {
        let row: serde_json::Value = serde_json::from_str(line).ok()?;
        STANDARD.decode(row[name].as_str()?).ok()
    };
    let descriptors = || lines.iter().filter_map(|line| field(line, "sd"));
    match target {
        "sddl" => telling_texts(root, "sddl.jsonl", "sddl"),
        "script" => include_str!("scripts.txt").split("\n\n").map(|text| text.as_bytes().to_vec()).collect(),
        "condition_text" => telling_texts(root, "conditions.jsonl", "expr"),
        "request" => lines.iter().map(|line| line.clone().into_bytes()).collect(),
        "descriptor" => descriptors().collect(),
        "acl" => descriptors().flat_map(|sd| lists(&sd)).collect(),
        "claims" => descriptors().flat_map(|sd| claim_arrays(&sd)).collect(),
        "condition" => {
            let magic = condition_wire::MAGIC;
            let conditions = descriptors().filter_map(|sd| {
                let at = sd.windows(4).position(|window| window == magic)?;
                sd.get(at..).map(<[u8]>::to_vec)
            });
            conditions.chain(descriptors().take(20)).collect()
        }
        _ => {
            let mut found = Vec::new();
            let mut folders = vec![root.join("scenarios")];
            while let Some(folder) = folders.pop() {
                let mut entries: Vec<_> = std::fs::read_dir(folder)
                    .expect("the scenarios")
                    .map(|e| e.expect("an entry").path())
                    .collect();
                entries.sort();
                for path in entries {
                    if path.is_dir() {
                        folders.push(path);
                    } else {
                        found.push(std::fs::read(path).expect("a scenario"));
                    }
                }
            }
            found
        }
    }
}

/// The lists of a descriptor, from where its header says that they begin.
fn lists(sd: &[u8]) -> Vec<Vec<u8>> {
    let offset = |at: usize| Some(u32::from_le_bytes(*sd.get(at..)?.first_chunk()?) as usize);
    let list = |at: usize| sd.get(offset(at).filter(|offset| *offset > 0)?..).map(<[u8]>::to_vec);
    [12, 16].into_iter().filter_map(list).collect()
}

/// The claims of a descriptor's resource attributes as arrays: each alone, and all of them together, in both layouts.
fn claim_arrays(sd: &[u8]) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    for model in MODELS {
        let Ok(descriptor) = SecurityDescriptor::decode(sd, model) else { continue };
        let claims: Vec<Claim> = descriptor
            .sacl
            .into_iter()
            .flat_map(|acl| acl.aces)
            .filter_map(|ace| match ace.body {
                AceBody::Attribute(claim) => Some(claim),
                _ => None,
            })
            .collect();
        if !claims.is_empty() {
            let single = claims.iter().map(|claim| wire::encode_claims(std::slice::from_ref(claim), model));
            found.extend(single);
            found.push(wire::encode_claims(&claims, model));
        }
    }
    found
}

/// A field of known descriptors or conditions, and short texts that reach what those do not.
fn telling_texts(root: &Path, file: &str, field: &str) -> Vec<Vec<u8>> {
    let known = std::fs::read_to_string(root.join("cli/tests/vectors/sddl").join(file)).expect("the vectors");
    let short = include_str!("texts.txt").lines().filter(|line| !line.is_empty());
    let fields = known.lines().step_by(7).filter_map(|line| {
        let row: serde_json::Value = serde_json::from_str(line).ok()?;
        Some(row[field].as_str()?.as_bytes().to_vec())
    });
    fields.chain(short.map(|line| line.as_bytes().to_vec())).collect()
}

/// Replays the corpus of a target, then `rounds` mutations of it.
pub(crate) fn fuzz(name: &str, target: Target, root: &Path, rounds: u64, seed: u64) {
    let corpus = corpus(name, root);
    assert!(!corpus.is_empty(), "{name} has a corpus");
    corpus.iter().for_each(|entry| target(entry));
    let mut rng = Rng::new(seed);
    for _ in 0..rounds {
        let mut bytes = corpus[rng.below(corpus.len())].clone();
        let other = &corpus[rng.below(corpus.len())];
        mutate(&mut bytes, other, &mut rng);
        target(&bytes);
    }
}

/// What decodes is written and read back the same, and a check of it comes to an end, watched or not.
fn descriptor(bytes: &[u8]) {
    for model in MODELS {
        let Ok(source) = SecurityDescriptor::decode(bytes, model) else { continue };
        if let Ok(written) = source.encode(model) {
            let again = SecurityDescriptor::decode(&written, model).expect("what was written can be read");
            assert_eq!(normal(&again), normal(&source));
        }
        let mut sids = SidTable::new();
        let anonymous = anonymous_token(model, &mut sids, TokenId(1), SessionId(1));
        let mut facts = IdentityFacts::of(USERS, SessionId(0));
        facts.groups = vec![SidAndAttributes { sid: EVERYONE, attributes: GroupAttributes::ENABLED }];
        let privileges = Privileges::new(PrivilegeSet::all(), PrivilegeSet::all());
        let token = Token::new(TokenId(0), TokenType::Primary, Identity::new(facts, &mut sids), privileges);
        let mapping = model.mapping(ObjectType::File);
        let compiled = Descriptor::compile(source, mapping, model, &mut sids);
        let request = AccessRequest {
            model,
            token: &token,
            anonymous: &anonymous,
            trust: ProcessTrust::default(),
            descriptor: Some(&compiled),
            desired: AccessMask(0x0200_0003),
            intents: Intents::empty(),
            self_sid: None,
            local_claims: LocalClaims::EMPTY,
            object_tree: None,
            mode: ResultMode::Scalar,
            policies: &PolicyCache::empty(),
        };
        let mut explanation = Explanation::new();
        let watched = access_check(&request, &mut explanation);
        assert_eq!(access_check(&request, &mut Silent), watched);
    }
}

/// Revisions are decided anew when a list is written (ACL-3).
fn normal(descriptor: &SecurityDescriptor) -> SecurityDescriptor {
    let list = |acl: &Acl| Acl::new(acl.aces.clone());
    SecurityDescriptor {
        dacl: descriptor.dacl.as_ref().map(list),
        sacl: descriptor.sacl.as_ref().map(list),
        ..descriptor.clone()
    }
}

fn acl(bytes: &[u8]) {
    for model in MODELS {
        if let Ok(acl) = Acl::decode(bytes, model)
            && let Ok(written) = acl.encode(model)
        {
            let again = Acl::decode(&written, model).expect("what was written can be read");
            assert_eq!(again.aces, acl.aces);
        }
    }
}

fn claims(bytes: &[u8]) {
    for model in MODELS {
        if let Ok(claims) = wire::decode_claims(bytes, model) {
            let written = wire::encode_claims(&claims, model);
            assert_eq!(wire::decode_claims(&written, model).as_ref(), Ok(&claims));
        }
    }
}

fn condition(bytes: &[u8]) {
    if let Ok(program) = condition_wire::decode(bytes) {
        let written = condition_wire::encode(&program);
        assert_eq!(condition_wire::decode(&written).as_ref(), Ok(&program));
    }
}

fn request(bytes: &[u8]) {
    let line = String::from_utf8_lossy(bytes);
    match dsl::request::Request::parse(&line, MODELS[0]) {
        Ok(request) => {
            let _ = request.check(&mut Silent);
        }
        Err(error) => assert!(!error.at.is_empty() && !error.why.is_empty(), "{line}: a place and a reason"),
    }
}

/// A script is read, or told what is wrong with it, as functions that a thread calls and as what is asked of each event.
fn script(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let head = "scenario s\nuser alice { }\nfile \"/a\" { dacl { allow alice read } }\n";
    scenario(
        format!("{head}script {{\n{text}\n}}\nprocess p as alice {{ call f 1 }}\nprocess q {{ }}\n")
            .as_bytes(),
    );
    scenario(format!("{head}process p as alice {{ revert }}\nnever script {{ |e| {text} }}\n").as_bytes());
}

/// A scenario is read, or told what is wrong with it at places inside it; one that reads runs to an end.
fn scenario(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let length = text.len();
    let mut sources = dsl::source::Sources::default();
    let file = sources.add("fuzz.scn".to_owned(), text);
    let (scenario, diagnostics) = dsl::read_scenario(&mut sources, file);
    for diagnostic in &diagnostics {
        assert!(diagnostic.span.start <= diagnostic.span.end && diagnostic.span.end as usize <= length);
    }
    assert!(scenario.is_some() || !diagnostics.is_empty());
    let rendered = dsl::render::render(&diagnostics, &sources, false);
    assert!(rendered.chars().all(|c| c == '\n' || !c.is_control()));
    if let Some(scenario) = scenario {
        let mut config = RunConfig::of(&scenario, scenario.models[0]);
        config.limits.events = 200;
        config.limits.script = config.limits.script.min(5_000);
        let _ = run(&scenario, &config, &mut |_, _| {});
    }
}

/// A text that parses is formatted and says the same, and formatting that again changes nothing.
fn format(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let unfaithful = |refusal: &dsl::format::Refusal| matches!(refusal, dsl::format::Refusal::Unfaithful);
    let once = dsl::format::format(&text);
    assert!(!once.as_ref().is_err_and(unfaithful), "it would not say the same:\n{text}");
    if let Ok(once) = once {
        assert_eq!(dsl::format::format(&once).ok().as_ref(), Some(&once), "{text}");
    }
}

/// What is read is written and read back the same; what is not read is told with a place inside the text.
fn sddl_text(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for model in MODELS {
        let context =
            SddlContext { domain: Some(USERS), class: Some(ObjectType::File), ..SddlContext::of(model) };
        match sddl::parse(&text, &context) {
            Err(error) => {
                assert!(text.get(error.span.clone()).is_some(), "{error}: a piece of the text");
                assert!(error.to_string().chars().all(|c| !c.is_control()));
            }
            Ok(read) => {
                if let Ok(written) = sddl::print(&read, &context) {
                    assert_eq!(sddl::parse(&written, &context).as_ref(), Ok(&read), "{written}");
                }
                let bytes = read.encode(model).expect("what text holds has bytes");
                let again = SecurityDescriptor::decode(&bytes, model).expect("what was written can be read");
                assert_eq!(normal(&again), normal(&read));
            }
        }
    }
}

/// Likewise for conditions.
fn condition_text(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for model in MODELS {
        let context = SddlContext::of(model);
        match text_of_conditions::parse(&text, &context) {
            Err(error) => assert!(text.get(error.span.clone()).is_some(), "{error}: a piece of the text"),
            Ok(read) => {
                let written = text_of_conditions::print(&read, &context).expect("what was text has text");
                assert_eq!(text_of_conditions::parse(&written, &context).as_ref(), Ok(&read), "{written}");
                let bytes = condition_wire::encode(&read);
                assert_eq!(condition_wire::validate(&bytes, model.bare_attribute).as_ref(), Ok(&read));
            }
        }
    }
}
