//! `scn sd --expect`: lines of known descriptors and conditions, held against what is read and written here. What a line
//! is, is seen by its fields: `sddl` with `sd`, `sddl` with `error`, or `expr` with `bytecode`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use sim_core::model::{Model, WINDOWS};
use sim_core::sd::sddl::{self, SddlContext};
use sim_core::sd::{Acl, SdControl, SecurityDescriptor, condition_text, condition_wire};
use sim_core::sid::Sid;
use sim_core::text::escape_json;

use crate::io::{self, Exit, Line, Output};

/// The longest line, in bytes.
const MAX_LINE: usize = 1 << 20;

#[derive(Deserialize)]
struct Row {
    id: Option<String>,
    model: Option<String>,
    domain: Option<String>,
    sddl: Option<String>,
    sd: Option<String>,
    canonical: Option<String>,
    #[serde(default)]
    error: bool,
    expr: Option<String>,
    bytecode: Option<String>,
}

/// Why a line does not agree, or is none.
enum Outcome {
    Agree,
    Differ(&'static str, String),
    Bad(String),
}

/// Holds every line of a file against what is read and written here; lines without a model are read as `windows`.
pub(super) fn run(file: &str, model: Option<&'static Model>) -> Exit {
    let mut output = Output::new();
    let (mut agree, mut differ, mut bad, mut number) = (0u64, 0u64, 0u64, 0u64);
    let read = io::lines(file, MAX_LINE, &mut |line, _| {
        number += 1;
        let (id, outcome) = match line {
            Line::Text(text) if text.trim().is_empty() => return,
            Line::Text(text) => match serde_json::from_str::<Row>(text) {
                Ok(row) => (row.id.clone(), judge(&row, model)),
                Err(error) => (None, Outcome::Bad(error.to_string())),
            },
            Line::TooLong => (None, Outcome::Bad(format!("a line holds at most {MAX_LINE} bytes"))),
            Line::NotText => (None, Outcome::Bad("the line is not UTF-8 text".to_owned())),
        };
        let told = match outcome {
            Outcome::Agree => {
                agree += 1;
                return;
            }
            Outcome::Differ(what, why) => {
                differ += 1;
                serde_json::json!({ "id": id, "line": number, "differs": what, "why": why })
            }
            Outcome::Bad(why) => {
                bad += 1;
                serde_json::json!({ "id": id, "line": number, "error": "bad_line", "why": why })
            }
        };
        output.text().push_str(&escape_json(&told.to_string()));
        output.text().push('\n');
        output.flush_full();
    });
    output.text().push_str(&format!("{agree} agree, {differ} differ, {bad} bad\n"));
    output.flush();
    if let Err(error) = read {
        return io::failure(&error, Exit::Usage);
    }
    let wrong = if bad > 0 { Exit::Text } else { Exit::Fine };
    wrong.and(if differ > 0 { Exit::No } else { Exit::Fine })
}

fn judge(row: &Row, model: Option<&'static Model>) -> Outcome {
    let model = match &row.model {
        None => model.unwrap_or(&WINDOWS),
        Some(name) => match Model::named(name) {
            Some(model) => model,
            None => return Outcome::Bad("the models are kobicha, kacs and windows".to_owned()),
        },
    };
    let domain = match row.domain.as_deref().map(Sid::parse) {
        None => None,
        Some(Some(domain)) => Some(domain),
        Some(None) => return Outcome::Bad("`domain` is no SID".to_owned()),
    };
    let context = SddlContext { domain, ..SddlContext::of(model) };
    match (&row.sddl, &row.expr) {
        (Some(text), None) => descriptor(text, row, model, &context),
        (None, Some(text)) => condition(text, row, &context),
        _ => Outcome::Bad("a line holds either `sddl` or `expr`".to_owned()),
    }
}

fn descriptor(text: &str, row: &Row, model: &Model, context: &SddlContext) -> Outcome {
    let read = match (sddl::parse(text, context), row.error) {
        (Err(_), true) => return Outcome::Agree,
        (Ok(_), true) => return Outcome::Differ("error", "it is to be refused, and is read".to_owned()),
        (Err(error), false) => return Outcome::Differ("sddl", error.to_string()),
        (Ok(read), false) => read,
    };
    let Some(bytes) = row.sd.as_ref().and_then(|text| STANDARD.decode(text).ok()) else {
        return Outcome::Bad("`sd` holds the descriptor in base64".to_owned());
    };
    let decoded = match SecurityDescriptor::decode(&bytes, model) {
        Ok(decoded) => decoded,
        Err(error) => return Outcome::Differ("sd", error.to_string()),
    };
    if normal(&read) != normal(&decoded) {
        return Outcome::Differ("sd", "the text and the bytes mean different things".to_owned());
    }
    // The layout of bytes is the writer's own matter; what they mean is not.
    let written = read.encode(model).and_then(|written| SecurityDescriptor::decode(&written, model));
    match written {
        Ok(again) if normal(&again) == normal(&decoded) => {}
        Ok(_) => return Outcome::Differ("bytes", "what is written reads as something else".to_owned()),
        Err(error) => return Outcome::Differ("bytes", error.to_string()),
    }
    let printed = match sddl::print(&read, context) {
        Ok(printed) => printed,
        Err(error) => return Outcome::Differ("canonical", error.to_string()),
    };
    // Words of conditions are the same in any case; nothing else in what is written has small and capital letters.
    if row.canonical.as_ref().is_some_and(|canonical| !canonical.eq_ignore_ascii_case(&printed)) {
        return Outcome::Differ("canonical", printed);
    }
    match sddl::parse(&printed, context) {
        Ok(again) if normal(&again) == normal(&decoded) => Outcome::Agree,
        Ok(_) => Outcome::Differ("again", printed),
        Err(error) => Outcome::Differ("again", error.to_string()),
    }
}

/// What text and bytes both carry: revisions are decided when a list is written.
fn normal(descriptor: &SecurityDescriptor) -> SecurityDescriptor {
    let list = |acl: &Acl| Acl::new(acl.aces.clone());
    SecurityDescriptor {
        control: descriptor.control - SdControl::DACL_PRESENT,
        dacl: descriptor.dacl.as_ref().map(list),
        sacl: descriptor.sacl.as_ref().map(list),
        ..descriptor.clone()
    }
}

fn condition(text: &str, row: &Row, context: &SddlContext) -> Outcome {
    let read = match (condition_text::parse(text, context), row.error) {
        (Err(_), true) => return Outcome::Agree,
        (Ok(_), true) => return Outcome::Differ("error", "it is to be refused, and is read".to_owned()),
        (Err(error), false) => return Outcome::Differ("expr", error.to_string()),
        (Ok(read), false) => read,
    };
    let Some(wanted) = &row.bytecode else {
        return Outcome::Bad("`bytecode` holds the program in hexadecimal digits".to_owned());
    };
    let written: String = condition_wire::encode(&read).iter().map(|byte| format!("{byte:02x}")).collect();
    if !written.eq_ignore_ascii_case(wanted) {
        return Outcome::Differ("bytecode", written);
    }
    let again = condition_text::print(&read, context).map(|text| condition_text::parse(&text, context));
    match again {
        Ok(Ok(again)) if again == read => Outcome::Agree,
        Ok(Ok(_)) => Outcome::Differ("again", "what is printed reads as something else".to_owned()),
        Ok(Err(error)) => Outcome::Differ("again", error.to_string()),
        Err(error) => Outcome::Differ("again", error.to_string()),
    }
}
