//! What shapes a token: groups, privileges, integrity, claims, restriction, sandbox. The same properties stand in users,
//! processes and services.

use sim_core::rights::ObjectType;
use sim_core::sd::condition::Claim;
use sim_core::token::{AuditPolicy, Confinement, ElevationType, GroupAttributes, SidAndAttributes};
use sim_core::world::declare::{DaclDecl, PLAIN_GROUP, PrivilegeDecl, RestrictedDecl, TokenShape};

use super::Resolver;
use super::args::{Args, Read, choose, unknown};
use super::change::is_removed;
use super::identity::{integrity, logon_type, mandatory_policy, privileges};
use crate::ast::{Block, Part, PartKind, Span, Spanned, Stmt};
use crate::codes;
use crate::diag::Diagnostic;
use crate::lint::DisabledPrivilege;

impl Resolver<'_> {
    /// A property that shapes a token.
    pub(super) fn shape_property(
        &mut self,
        stmt: &Stmt,
        head: Spanned<&str>,
        shape: &mut TokenShape,
    ) -> Read<()> {
        let mut args = Args::new(&stmt.parts, head.span);
        match head.value {
            "groups" => self.groups(&mut args, shape)?,
            "privileges" => {
                let places = args.rest().iter().filter(|part| matches!(part.value, PartKind::Word(_)));
                let places: Vec<Span> = places.map(|part| part.span).collect();
                let listed = privileges(&mut args)?;
                let state = one_flag(&mut args, "flag of `privileges`", PRIVILEGE_FLAGS)?
                    .unwrap_or(PrivilegeDecl::Enabled);
                if state == PrivilegeDecl::Disabled {
                    let rows = listed.iter().zip(&places);
                    self.disabled.extend(
                        rows.map(|(privilege, span)| DisabledPrivilege {
                            privilege: *privilege,
                            span: *span,
                        }),
                    );
                }
                shape.privileges.extend(listed.into_iter().map(|privilege| (privilege, state)));
            }
            "integrity" => {
                let level = integrity(&mut args)?;
                self.once(shape.integrity.replace(level).is_some(), head)?;
            }
            "mandatory_policy" => {
                let policy = mandatory_policy(&mut args)?;
                self.once(shape.mandatory_policy.replace(policy).is_some(), head)?;
            }
            "logon" => {
                let kind = logon_type(&mut args)?;
                self.once(shape.logon.replace(kind).is_some(), head)?;
            }
            "elevation" => {
                let half = choose(args.word("`limited` or `full`")?, "half of a pair", HALVES)?;
                self.once(shape.elevation.replace(half).is_some(), head)?;
            }
            "expires" => {
                let after = args.time("a duration such as `5ms`")?.value;
                self.once(shape.expires.replace(after).is_some(), head)?;
            }
            "restricted" => {
                let block = args.block("`{` and `sids …`")?;
                let restricted = self.restricted(block.value)?;
                self.once(shape.restricted.replace(restricted).is_some(), head)?;
            }
            "default_dacl" => {
                let dacl = self.dacl(&mut args, ObjectType::File)?;
                let aces = match dacl {
                    DaclDecl::List { aces, .. } => aces,
                    DaclDecl::Null => {
                        return Err(args.expected("`{` and the entries"));
                    }
                };
                self.once(shape.default_dacl.replace(aces).is_some(), head)?;
            }
            "claims" | "device_claims" => {
                let block = args.block("`{` and claims such as `department = \"finance\"`")?;
                let claims = self.claim_block(block.value, None);
                if head.value == "claims" {
                    shape.claims.extend(claims);
                } else {
                    shape.device_claims.extend(claims);
                }
            }
            "device_groups" => {
                let groups = self.principals(&mut args)?;
                let entries = groups.into_iter().map(|sid| SidAndAttributes { sid, attributes: PLAIN_GROUP });
                shape.device_groups.extend(entries);
            }
            "confined" => {
                let block = args.block("`{` and `package NAME`")?;
                let sandbox = self.confinement(block.value, head)?;
                self.once(shape.confined.replace(sandbox).is_some(), head)?;
            }
            "audit_policy" => {
                let mut policy = AuditPolicy::empty();
                loop {
                    policy |= choose(args.word("an audit policy")?, "audit policy", AUDIT_POLICIES)?;
                    if !args.comma() {
                        break;
                    }
                }
                self.once(shape.audit_policy.replace(policy).is_some(), head)?;
            }
            other => {
                let known = SHAPE_WORDS.iter().copied().chain(["rid", "sid"]);
                return Err(unknown(codes::HEAD, head.span, "property", other, known));
            }
        }
        args.finish(head.value)?;
        self.no_expectation(stmt)
    }

    fn groups(&mut self, args: &mut Args<'_>, shape: &mut TokenShape) -> Read<()> {
        let sids = self.principals(args)?;
        let attributes = match one_flag(args, "flag of `groups`", GROUP_FLAGS)? {
            None => PLAIN_GROUP,
            Some(GroupFlag::DenyOnly) => GroupAttributes::USE_FOR_DENY_ONLY,
            Some(GroupFlag::Disabled) => GroupAttributes::empty(),
            Some(GroupFlag::Owner) => PLAIN_GROUP | GroupAttributes::OWNER,
            Some(GroupFlag::Removed) => {
                shape.removed_groups.extend(sids);
                return Ok(());
            }
        };
        shape.groups.extend(sids.into_iter().map(|sid| SidAndAttributes { sid, attributes }));
        Ok(())
    }

    pub(super) fn restricted(&mut self, block: &Block) -> Read<RestrictedDecl> {
        let mut restricted = RestrictedDecl::default();
        for stmt in &block.stmts {
            let head = self.head_of(stmt, "`sids` or `write_only`")?;
            let mut args = Args::new(&stmt.parts, head.span);
            match head.value {
                "sids" => {
                    let sids = self.principals(&mut args)?;
                    restricted.sids.extend(
                        sids.into_iter().map(|sid| SidAndAttributes { sid, attributes: PLAIN_GROUP }),
                    );
                }
                "write_only" => {
                    let again = std::mem::replace(&mut restricted.write_only, true);
                    self.once(again, head)?;
                }
                other => {
                    return Err(unknown(
                        codes::HEAD,
                        head.span,
                        "property of `restricted`",
                        other,
                        RESTRICTED_WORDS.iter().copied(),
                    ));
                }
            }
            args.finish(head.value)?;
        }
        Ok(restricted)
    }

    /// `claims { name = values … }`; in a change also `name (removed)`.
    pub(super) fn claim_block(&mut self, block: &Block, mut removed: Option<&mut Vec<String>>) -> Vec<Claim> {
        let mut claims = Vec::new();
        for stmt in &block.stmts {
            let Some(bind) = &stmt.bind else {
                if let (Some(removed), Some(head), [flags]) =
                    (&mut removed, &stmt.head, stmt.parts.as_slice())
                    && is_removed(flags)
                {
                    removed.push(head.value.as_str().into());
                    continue;
                }
                self.report(
                    Diagnostic::error(codes::ARGUMENT, stmt.span, "a claim reads `name = values`")
                        .label("expected `=`"),
                );
                continue;
            };
            // `managed = true`: what looks like a head is the first word of the values.
            let head = stmt
                .head
                .as_ref()
                .map(|head| Spanned { value: PartKind::Word(head.value.clone()), span: head.span });
            let parts: Vec<Part> = head.into_iter().chain(stmt.parts.iter().cloned()).collect();
            let mut args = Args::new(&parts, bind.span);
            let read = self.claim_values(&bind.value.text, &mut args);
            match read.and_then(|claim| args.finish("claims").map(|()| claim)) {
                Ok(claim) if claims.iter().any(|known: &Claim| same_name(known, &claim)) => {
                    let name = Spanned { value: bind.value.text.clone(), span: bind.span };
                    let diagnostic = self.duplicate("claim", &name);
                    self.report(diagnostic);
                }
                Ok(claim) => claims.push(claim),
                Err(diagnostic) => self.report(diagnostic),
            }
        }
        claims
    }

    /// `confined { package …; capabilities …; exempt }` (TOK-34)
    fn confinement(&mut self, block: &Block, outer: Spanned<&str>) -> Read<Confinement> {
        let mut package = None;
        let mut capabilities = Vec::new();
        let mut exempt = false;
        for stmt in &block.stmts {
            let head = self.head_of(stmt, "`package`, `capabilities` or `exempt`")?;
            let mut args = Args::new(&stmt.parts, head.span);
            match head.value {
                "package" => {
                    let sid = self.principal(&mut args)?;
                    self.once(package.replace(sid).is_some(), head)?;
                }
                "capabilities" => {
                    let sids = self.principals(&mut args)?;
                    let entries =
                        sids.into_iter().map(|sid| SidAndAttributes { sid, attributes: PLAIN_GROUP });
                    capabilities.extend(entries);
                }
                "exempt" => self.once(std::mem::replace(&mut exempt, true), head)?,
                other => {
                    let known = CONFINED_WORDS.iter().copied();
                    return Err(unknown(codes::HEAD, head.span, "property of `confined`", other, known));
                }
            }
            args.finish(head.value)?;
        }
        let sid = package.ok_or_else(|| {
            Diagnostic::error(codes::ARGUMENT, outer.span, "a sandbox names its package")
                .label("expected `package NAME` in it")
        })?;
        Ok(Confinement { sid, capabilities, exempt })
    }
}

/// Names of claims compare without case (COND-7).
fn same_name(left: &Claim, right: &Claim) -> bool {
    left.name.to_lowercase() == right.name.to_lowercase()
}

/// What becomes of a group that is named.
#[derive(Clone, Copy)]
pub(super) enum GroupFlag {
    DenyOnly,
    Disabled,
    Owner,
    Removed,
}

/// What becomes of the groups of a line.
pub(super) const GROUP_FLAGS: &[(&str, GroupFlag)] = &[
    ("deny_only", GroupFlag::DenyOnly),
    ("disabled", GroupFlag::Disabled),
    ("owner", GroupFlag::Owner),
    ("removed", GroupFlag::Removed),
];

/// What becomes of the privileges of a line.
pub(super) const PRIVILEGE_FLAGS: &[(&str, PrivilegeDecl)] =
    &[("disabled", PrivilegeDecl::Disabled), ("removed", PrivilegeDecl::Removed)];

/// Halves of an elevation pair (TOK-39).
pub(super) const HALVES: &[(&str, ElevationType)] =
    &[("limited", ElevationType::Limited), ("full", ElevationType::Full)];

/// What a restriction says.
pub(super) const RESTRICTED_WORDS: &[&str] = &["sids", "write_only"];

/// What a sandbox says.
pub(super) const CONFINED_WORDS: &[&str] = &["package", "capabilities", "exempt"];

/// Properties that shape a token.
pub(super) const SHAPE_WORDS: &[&str] = &[
    "groups",
    "privileges",
    "integrity",
    "mandatory_policy",
    "logon",
    "expires",
    "restricted",
    "default_dacl",
    "claims",
    "device_claims",
    "device_groups",
    "confined",
    "audit_policy",
    "elevation",
];

/// One flag in parentheses, if there are any.
pub(super) fn one_flag<T: Copy>(args: &mut Args<'_>, what: &str, table: &[(&str, T)]) -> Read<Option<T>> {
    let Some(list) = args.flags() else { return Ok(None) };
    let mut flags = Args::new(list.value, list.span);
    let flag = choose(flags.word("a flag")?, what, table)?;
    flags.finish("(")?;
    Ok(Some(flag))
}

/// What is audited whatever the objects say (TOK-36).
pub(super) const AUDIT_POLICIES: &[(&str, AuditPolicy)] = &[
    ("object_access_success", AuditPolicy::OBJECT_ACCESS_SUCCESS),
    ("object_access_failure", AuditPolicy::OBJECT_ACCESS_FAILURE),
    ("privilege_use_success", AuditPolicy::PRIVILEGE_USE_SUCCESS),
    ("privilege_use_failure", AuditPolicy::PRIVILEGE_USE_FAILURE),
];
