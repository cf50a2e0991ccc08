//! The syntax of paths (FILE-1, KEY-2), and the form in which the world has them.

use std::sync::Arc;

use compact_str::format_compact;
use sim_core::rights::ObjectType;
use sim_core::world::key_path::key_path_fault;

use super::args::Read;
use crate::ast::{Spanned, Word};
use crate::codes;
use crate::diag::Diagnostic;

/// The path of an object as the world has it: the names of keys are separated by `\`.
pub(super) fn path_of(path: &str, class: ObjectType) -> Arc<str> {
    if class == ObjectType::Key { path.replace('/', "\\").into() } else { path.into() }
}

/// A path that begins at a handle: names with separators between them, none at the ends.
pub(super) fn check_relative_path(path: &Spanned<Word>, class: ObjectType) -> Read<()> {
    let whole = match class {
        ObjectType::Key => path.value.clone(),
        _ => format_compact!("/{}", path.value),
    };
    let sound = !path.value.is_empty() && !path.value.starts_with('/');
    if sound && check_path(&Spanned { value: whole, span: path.span }, class).is_ok() {
        return Ok(());
    }
    let what = format!("`{}` is not a path that begins at a handle", path.value);
    Err(Diagnostic::error(codes::VALUE, path.span, what).label("expected names, such as \"notes/today\""))
}

/// The syntax of paths (FILE-1, KEY-2).
pub(super) fn check_path(path: &Spanned<Word>, class: ObjectType) -> Read<()> {
    let text = &path.value;
    if class == ObjectType::Key {
        let Some(fault) = key_path_fault(&text.replace('/', "\\")) else { return Ok(()) };
        return Err(Diagnostic::error(codes::VALUE, path.span, format!("`{text}` is not a key path"))
            .label(fault)
            .help("such as 'Machine\\Software\\Vendor'"));
    }
    let names = text.strip_prefix('/').map(|rest| rest.split('/'));
    let sound = text == "/"
        || text.len() <= 16_383
            && !text.contains('\0')
            && names.is_some_and(|mut names| {
                names.all(|name| !name.is_empty() && name != "." && name != ".." && name.len() <= 255)
            });
    if sound {
        return Ok(());
    }
    Err(Diagnostic::error(codes::VALUE, path.span, format!("`{text}` is not a path")).label(
        "expected names with `/` before each, without `.`, `..` and empty ones, such as \"/srv/notes\"",
    ))
}
