//! Cedar on what the plain check does: ten policies, of which eight are about the object, two of them forbidding, and only
//! the last one grants to a user in twelve groups. Request and entities are made before.

// Its interface takes them.
#![allow(clippy::disallowed_types)]

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;
use std::hint::black_box;

use cedar_policy::{Authorizer, Context, Decision, Entities, Entity, EntityUid, PolicySet, Request};

use crate::Operation;

const GROUPS: u32 = 12;

/// One decision.
pub fn decision() -> Operation {
    let policies: PolicySet = policies().parse().expect("policies");
    let entities = entities();
    let request =
        Request::new(uid("User", "alice"), uid("Action", "read"), uid("File", "0"), Context::empty(), None)
            .expect("a request");
    let authorizer = Authorizer::new();
    Box::new(move |times| {
        for _ in 0..times {
            let response = authorizer.is_authorized(black_box(&request), &policies, &entities);
            assert_eq!(response.decision(), Decision::Allow);
        }
    })
}

fn policies() -> String {
    let mut text = String::new();
    for n in 0..10 {
        let (effect, group) = match n {
            0 | 1 => ("forbid", format!("stranger{n}")),
            7 => ("permit", format!("group{}", GROUPS - 1)),
            _ => ("permit", format!("stranger{n}")),
        };
        // The last two are about another object.
        let file = u32::from(n >= 8);
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            r#"{effect}(principal in Group::"{group}", action == Action::"read", resource == File::"{file}");"#
        );
    }
    text
}

fn entities() -> Entities {
    let groups: HashSet<EntityUid> = (0..GROUPS).map(|n| uid("Group", &format!("group{n}"))).collect();
    let alone = |uid| Entity::new_no_attrs(uid, HashSet::new());
    let mut all: Vec<Entity> = groups.iter().cloned().map(alone).collect();
    all.extend(["0", "1"].map(|file| alone(uid("File", file))));
    all.push(Entity::new(uid("User", "alice"), HashMap::new(), groups).expect("an entity"));
    Entities::from_entities(all, None).expect("entities")
}

fn uid(kind: &str, name: &str) -> EntityUid {
    format!("{kind}::\"{name}\"").parse().expect("a name")
}
