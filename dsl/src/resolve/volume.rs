//! `volume "PATH" { missing_sd …; template { … } }`: what becomes of objects without a descriptor (FILE-31).

use std::sync::Arc;

use sim_core::rights::ObjectType;
use sim_core::world::change::VolumeChange;
use sim_core::world::declare::{DaclDecl, DescriptorParts, MissingSd, SecurityDecl, VolumeDecl};

use super::Resolver;
use super::args::{Args, Read, choose, unknown};
use super::paths::check_path;
use crate::ast::{Block, Spanned, Stmt};
use crate::codes;
use crate::diag::Diagnostic;

/// What stands in the block of a volume.
pub(super) const PROPERTIES: &[&str] = &["missing_sd", "template"];

impl Resolver<'_> {
    /// A declaration of a volume.
    pub(super) fn volume_decl(&mut self, stmt: &Stmt, head: Spanned<&str>) -> Read<()> {
        let mut args = Args::new(&stmt.parts, head.span);
        let path = args.text("a path in quotes")?;
        check_path(&path, ObjectType::Directory)?;
        let block = args.optional_block();
        args.finish("volume")?;
        self.no_expectation(stmt)?;
        let given = self.volume_properties(block.map(|block| block.value));
        let known = self.declarations.volumes.iter().zip(&self.volume_spans);
        if let Some((_, first)) = known.into_iter().find(|(volume, _)| *volume.path == *path.value) {
            return Err(self.duplicate("volume", &path).related(*first, "first declared here"));
        }
        self.declarations.volumes.push(VolumeDecl {
            path: Arc::from(path.value),
            missing_sd: given.missing_sd.unwrap_or(MissingSd::Deny),
            template: given.template,
        });
        self.volume_spans.push(path.span);
        Ok(())
    }

    /// What becomes of a volume that is declared.
    pub(super) fn volume_change(&mut self, args: &mut Args<'_>) -> Read<VolumeChange> {
        let path = args.text("a path in quotes")?;
        check_path(&path, ObjectType::Directory)?;
        let block = args.block("`{` and what changes, such as `missing_sd deny`")?;
        args.finish("volume")?;
        let declared = self.declarations.volumes.iter().map(|volume| &*volume.path);
        if !declared.clone().any(|known| known == path.value) {
            let near: Vec<&str> = self.near_names(declared).collect();
            return Err(unknown(codes::UNKNOWN_NAME, path.span, "volume", &path.value, near.into_iter()));
        }
        let given = self.volume_properties(Some(block.value));
        Ok(VolumeChange { path: Arc::from(path.value), ..given })
    }

    fn volume_properties(&mut self, block: Option<&Block>) -> VolumeChange {
        let mut given = VolumeChange::default();
        for stmt in block.map_or(&[][..], |block| &block.stmts) {
            if let Err(diagnostic) = self.volume_property(stmt, &mut given) {
                self.report(diagnostic);
            }
        }
        given
    }

    fn volume_property(&mut self, stmt: &Stmt, given: &mut VolumeChange) -> Read<()> {
        let head = self.head_of(stmt, "a property such as `missing_sd`")?;
        let mut args = Args::new(&stmt.parts, head.span);
        match head.value {
            "missing_sd" => {
                let word = args.word("`deny` or another policy")?;
                let policy = choose(word, "policy of a volume", MissingSd::ALL)?;
                self.once(given.missing_sd.replace(policy).is_some(), head)?;
            }
            "template" => {
                let block = args.block("`{` and the parts of a descriptor")?;
                let template = self.volume_template(block.value)?;
                self.once(given.template.replace(Arc::new(template)).is_some(), head)?;
            }
            other => {
                let known = PROPERTIES.iter().copied();
                return Err(unknown(codes::HEAD, head.span, "property of a volume", other, known));
            }
        }
        args.finish(head.value)?;
        self.no_expectation(stmt)
    }

    /// The parts of a descriptor with which one that is made up begins, if nothing comes from above.
    fn volume_template(&mut self, block: &Block) -> Read<DescriptorParts> {
        let span = block.stmts.first().map_or_else(Default::default, |stmt| stmt.span);
        let refused = |message: &str, label: &str| {
            Err(Diagnostic::error(codes::ARGUMENT, span, message.to_owned()).label(label.to_owned()))
        };
        let mut none = |_: &mut Self, _: &Stmt| false;
        match self.security(Some(block), ObjectType::Directory, &mut none) {
            SecurityDecl::Parts(parts) => match &parts.dacl {
                Some(DaclDecl::List { protected: false, auto_inherit: false, .. } | DaclDecl::Null)
                | None => Ok(Arc::unwrap_or_clone(parts)),
                Some(DaclDecl::List { .. }) => {
                    refused("a template holds only where nothing is inherited", "`dacl { … }` without more")
                }
            },
            _ => refused("a template is given in parts", "expected `owner`, `group`, `dacl` or `sacl`"),
        }
    }
}
