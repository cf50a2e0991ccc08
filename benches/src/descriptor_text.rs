//! Reading and writing descriptors, as text and as bytes: what bulk imports do all day.

use std::hint::black_box;

use sim_core::model::{KOBICHA, Model};
use sim_core::sd::SecurityDescriptor;
use sim_core::sd::sddl::{self, SddlContext};

use crate::Operation;

const MODEL: &Model = &KOBICHA;

/// A descriptor as servers have them: an owner, a group, eight entries of which three are inherited, and a label.
const TEXT: &str = "O:S-1-5-21-1000-2000-3000-1001G:S-1-5-21-1000-2000-3000-513\
D:PAI(D;;DTSDWDWO;;;S-1-5-21-1000-2000-3000-1105)(D;OICI;WP;;;AN)(A;;FA;;;S-1-5-21-1000-2000-3000-1001)\
(A;OICI;0x1301bf;;;S-1-5-21-1000-2000-3000-1110)(A;OICI;FR;;;AU)(A;OICIID;FA;;;SY)(A;OICIID;FA;;;BA)\
(A;OICIIOID;GA;;;CO)S:AI(ML;;NW;;;HI)";

fn descriptor() -> SecurityDescriptor {
    sddl::parse(TEXT, &SddlContext::of(MODEL)).expect("the text is good")
}

pub fn read_sddl() -> Operation {
    let context = SddlContext::of(MODEL);
    Box::new(move |times| {
        for _ in 0..times {
            black_box(sddl::parse(black_box(TEXT), &context)).expect("the text is good");
        }
    })
}

pub fn write_sddl() -> Operation {
    let (context, descriptor) = (SddlContext::of(MODEL), descriptor());
    Box::new(move |times| {
        for _ in 0..times {
            black_box(sddl::print(black_box(&descriptor), &context)).expect("text can carry it");
        }
    })
}

pub fn read_binary() -> Operation {
    let bytes = descriptor().encode(MODEL).expect("it is small enough");
    Box::new(move |times| {
        for _ in 0..times {
            black_box(SecurityDescriptor::decode(black_box(&bytes), MODEL)).expect("the bytes are good");
        }
    })
}

pub fn write_binary() -> Operation {
    let descriptor = descriptor();
    Box::new(move |times| {
        for _ in 0..times {
            black_box(black_box(&descriptor).encode(MODEL)).expect("it is small enough");
        }
    })
}
