//! `use "path"`: the statements of other files, put in where they are used.
//!
//! Paths are relative to the file in which they stand, are written with `/`, and stay below the root of the scenario. A file
//! that is used twice is taken in once.

use crate::ast::{Ast, FileId, PartKind, Span, Stmt};
use crate::codes;
use crate::diag::Diagnostic;
use crate::parse;
use crate::resolve::text_of;
use crate::source::Sources;

struct Gatherer<'a> {
    sources: &'a mut Sources,
    files: &'a mut dyn FnMut(&str) -> Result<String, String>,
    ast: Ast,
    diagnostics: Vec<Diagnostic>,
    /// Files that are taken in, by name.
    taken: Vec<String>,
    /// Files that are being read, from the outermost: name, and where it is used.
    open: Vec<(String, Span)>,
}

/// The tree of a file with those of the files that it uses, as one.
pub(crate) fn gather(
    sources: &mut Sources,
    file: FileId,
    files: &mut dyn FnMut(&str) -> Result<String, String>,
) -> (Ast, Vec<Diagnostic>) {
    let name = sources.name(file).to_owned();
    let mut gatherer = Gatherer {
        sources,
        files,
        ast: Ast::default(),
        diagnostics: Vec::new(),
        taken: vec![name.clone()],
        open: vec![(name, Span::default())],
    };
    gatherer.file(file);
    (gatherer.ast, gatherer.diagnostics)
}

/// Puts the overlays of a file behind a scenario; whatever else stands in it is wrong.
pub(crate) fn gather_overlay(sources: &Sources, file: FileId, ast: &mut Ast) -> Vec<Diagnostic> {
    let (tree, mut diagnostics) = parse::parse_within(file, sources.text(file), &sources.bounds);
    ast.set_aside.extend(tree.set_aside);
    for stmt in tree.stmts {
        if stmt.head.as_ref().is_some_and(|head| head.value == "whatif") {
            ast.stmts.push(stmt);
            continue;
        }
        let span = stmt.head.as_ref().map_or(stmt.span, |head| head.span);
        let message = "a file of overlays holds `whatif` blocks and nothing else";
        diagnostics.push(
            Diagnostic::error(codes::ARGUMENT, span, message)
                .label("belongs in the scenario")
                .help("what the overlay needs besides is said in its block with `add`"),
        );
    }
    diagnostics
}

impl Gatherer<'_> {
    fn file(&mut self, file: FileId) {
        let (tree, found) = parse::parse_within(file, self.sources.text(file), &self.sources.bounds);
        self.sources.bounds.set_by(&tree.stmts);
        self.diagnostics.extend(found);
        self.ast.comments.extend(tree.comments);
        self.ast.set_aside.extend(tree.set_aside);
        self.ast.unclosed.extend(tree.unclosed);
        for stmt in tree.stmts {
            match stmt.head.as_ref().map(|head| head.value.as_str()) {
                Some("use") => {
                    if let Err(diagnostic) = self.used(&stmt, file) {
                        self.diagnostics.push(diagnostic);
                    }
                }
                Some("scenario") if self.open.len() > 1 => self.second_scenario(&stmt),
                _ => self.ast.stmts.push(stmt),
            }
        }
    }

    fn second_scenario(&mut self, stmt: &Stmt) {
        let span = stmt.head.as_ref().map_or(stmt.span, |head| head.span);
        let mut diagnostic =
            Diagnostic::error(codes::DUPLICATE, span, "a file that is used has no `scenario` block")
                .label("belongs in the file that is run");
        if let Some((_, place)) = self.open.last() {
            diagnostic = diagnostic.related(*place, "used here");
        }
        self.diagnostics.push(diagnostic);
    }

    fn used(&mut self, stmt: &Stmt, file: FileId) -> Result<(), Diagnostic> {
        let expected = |span: Span| {
            Diagnostic::error(codes::ARGUMENT, span, "`use` takes the path of a file")
                .label("expected one path in quotes")
        };
        let [part] = stmt.parts.as_slice() else {
            return Err(expected(stmt.parts.get(1).map_or(stmt.span.after(), |part| part.span)));
        };
        if !matches!(part.value, PartKind::Text(_) | PartKind::Raw(_)) || !stmt.expects.is_empty() {
            return Err(expected(part.span));
        }
        let path = text_of(part).ok_or_else(|| expected(part.span))??;
        let name = below(self.sources.name(file), &path).ok_or_else(|| {
            Diagnostic::error(codes::VALUE, part.span, format!("`{path}` does not stay below the root"))
                .label("leads out of the scenario's root")
                .help("paths are relative to this file, and written with `/`")
        })?;
        if let Some((_, first)) = self.open.iter().skip(1).find(|(open, _)| *open == name) {
            return Err(Diagnostic::error(codes::VALUE, part.span, format!("`{name}` uses itself"))
                .label("goes round in a circle")
                .related(*first, "it is being read since here"));
        }
        if self.open.first().is_some_and(|(main, _)| *main == name) {
            return Err(Diagnostic::error(codes::VALUE, part.span, format!("`{name}` uses itself"))
                .label("goes round in a circle"));
        }
        if self.taken.contains(&name) {
            return Ok(());
        }
        let most = self.sources.bounds.files;
        if self.taken.len() as u64 >= most {
            let message = format!("a scenario is made of at most {most} files");
            return Err(Diagnostic::error(codes::TOO_LARGE, part.span, message).label("one too many"));
        }
        let text = (self.files)(&name).map_err(|why| {
            Diagnostic::error(codes::VALUE, part.span, format!("cannot use `{name}`: {why}"))
                .label("cannot be read")
        })?;
        self.taken.push(name.clone());
        let file = self.sources.add(name.clone(), text);
        self.open.push((name, part.span));
        self.file(file);
        self.open.pop();
        Ok(())
    }
}

/// The name of a file that is named relative to another one; `None` if it leads out of the root.
fn below(from: &str, path: &str) -> Option<String> {
    if path.starts_with('/') || path.contains(['\\', ':', '\0']) {
        return None;
    }
    let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut names: Vec<&str> = folder.split('/').filter(|name| !name.is_empty()).collect();
    for name in path.split('/') {
        match name {
            "" | "." => {}
            ".." => {
                names.pop()?;
            }
            name => names.push(name),
        }
    }
    if names.is_empty() { None } else { Some(names.join("/")) }
}

#[cfg(test)]
mod tests {
    use super::below;

    #[test]
    fn paths_stay_below_the_root() {
        for (from, path, name) in [
            ("a.scn", "b.scn", Some("b.scn")),
            ("scenarios/x/a.scn", "../lib/b.scn", Some("scenarios/lib/b.scn")),
            ("scenarios/a.scn", "./b//c.scn", Some("scenarios/b/c.scn")),
            ("scenarios/a.scn", "../../b.scn", None),
            ("a.scn", "../a.scn", None),
            ("a.scn", "/etc/passwd", None),
            ("a.scn", "c:\\b.scn", None),
            ("a.scn", ".", None),
        ] {
            assert_eq!(below(from, path).as_deref(), name, "{path} from {from}");
        }
    }
}
