//! Opens in a world: the path is looked up, the check decides, and the handle is closed again; nobody records.

use std::hint::black_box;
use std::sync::Arc;

use sim_core::access::Intents;
use sim_core::ids::{Slot, ThreadId};
use sim_core::model::KOBICHA;
use sim_core::rights::ObjectType;
use sim_core::sid::SYSTEM;
use sim_core::token::{GroupAttributes, SidAndAttributes};
use sim_core::world::declare::{
    DaclDecl, Declarations, DescriptorParts, ObjectDecl, PrincipalDecl, ProcessDecl, SecurityDecl,
    ThreadDecl, TokenShape,
};
use sim_core::world::op::{Disposition, FileOpen, Operation as Step, Outcome};
use sim_core::world::{NoRecord, World};

use crate::{Operation, access};

const SLOT: Slot = Slot(0);
const THREAD: ThreadId = ThreadId(0);

/// Opens and closes one file of `objects` after the other; each has eight entries of which only the last one grants.
pub fn opens(objects: u32) -> Operation {
    let mut world = World::build(&declarations(objects), &[1], &KOBICHA).expect("the model admits it");
    let opens: Vec<Step> = (0..objects)
        .map(|n| {
            Step::OpenFile(Box::new(FileOpen {
                path: path(n),
                base: None,
                directory: false,
                desired: access::GENERIC_READ,
                intents: Intents::empty(),
                disposition: Disposition::Open,
                no_follow: false,
                delete_on_close: false,
                descriptor: None,
            }))
        })
        .collect();
    Box::new(move |times| {
        for open in opens.iter().cycle().take(times as usize) {
            let outcome = world.apply(THREAD, Some(SLOT), black_box(open), &mut NoRecord);
            assert!(!matches!(outcome, Outcome::Failed(_) | Outcome::Blocked), "{outcome:?}");
            world.apply(THREAD, None, &Step::Close(SLOT), &mut NoRecord);
        }
    })
}

fn declarations(objects: u32) -> Declarations {
    let sid = access::user();
    let name: Arc<str> = Arc::from("alice");
    let groups = (0..12)
        .map(|n| SidAndAttributes { sid: access::group(n), attributes: GroupAttributes::ENABLED })
        .collect();
    let shape = TokenShape { groups, ..TokenShape::default() };
    Declarations {
        principals: vec![Arc::new(PrincipalDecl { name: name.clone(), sid, can_log_on: true, shape })],
        processes: vec![ProcessDecl {
            name,
            account: Some(sid),
            service_sid: None,
            shape: TokenShape::default(),
            trust: None,
            no_child_process: false,
            host: None,
            delegation: None,
            descriptor: None,
            threads: vec![ThreadDecl { name: Arc::from("main"), waits: false }],
        }],
        objects: (0..objects).map(file).collect(),
        ..Declarations::default()
    }
}

fn path(n: u32) -> Arc<str> {
    format!("/file{n}").into()
}

fn file(n: u32) -> ObjectDecl {
    let dacl =
        DaclDecl::List { protected: true, auto_inherit: false, aces: access::last_entry_grants(n, 8, 12) };
    let parts = DescriptorParts { owner: Some(SYSTEM), dacl: Some(dacl), ..DescriptorParts::default() };
    ObjectDecl {
        path: path(n),
        class: ObjectType::File,
        security: SecurityDecl::Parts(Arc::new(parts)),
        program: None,
        values: Vec::new(),
        link: false,
        edits: Vec::new(),
    }
}
