//! What reading a scenario may take, at most. Each bound has a name, by which the `scenario` block or the command line sets
//! it; what a run may take is the engine's `Limits`.

use crate::ast::{PartKind, Stmt};

/// The bounds of one scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Bytes of a file.
    pub size: u64,
    /// Bytes of a text.
    pub text: u64,
    /// Files that make the scenario.
    pub files: u64,
    /// Statements that `for` makes.
    pub statements: u64,
    /// Elements of a list.
    pub elements: u64,
    /// Combinations of the values of parameters.
    pub combinations: u64,
    /// The names of those that the command line has set: the block does not change them.
    fixed: Vec<&'static str>,
}

impl Default for Bounds {
    fn default() -> Bounds {
        Bounds {
            size: 64 << 20,
            text: 1 << 20,
            files: 64,
            statements: 10_000_000,
            elements: 10_000,
            combinations: 10_000,
            fixed: Vec::new(),
        }
    }
}

/// A bound, for whoever sets it and for the manual.
pub struct BoundRow {
    /// Its name.
    pub name: &'static str,
    /// What it bounds.
    pub what: &'static str,
    /// Whether the `scenario` block may set it: that is read when the file and its texts have been.
    pub in_block: bool,
    of: fn(&mut Bounds) -> &mut u64,
}

/// Every bound.
pub const BOUNDS: &[BoundRow] = &[
    BoundRow { name: "size", what: "bytes of a file", in_block: false, of: |bounds| &mut bounds.size },
    BoundRow { name: "text", what: "bytes of a text", in_block: false, of: |bounds| &mut bounds.text },
    BoundRow { name: "files", what: "files of a scenario", in_block: true, of: |bounds| &mut bounds.files },
    BoundRow {
        name: "statements",
        what: "statements that `for` makes",
        in_block: true,
        of: |bounds| &mut bounds.statements,
    },
    BoundRow {
        name: "elements",
        what: "elements of a list",
        in_block: true,
        of: |bounds| &mut bounds.elements,
    },
    BoundRow {
        name: "combinations",
        what: "combinations of the values of parameters",
        in_block: true,
        of: |bounds| &mut bounds.combinations,
    },
];

impl Bounds {
    /// The value of a bound by its name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<u64> {
        BOUNDS.iter().find(|row| row.name == name).map(|row| *(row.of)(&mut self.clone()))
    }

    /// Sets a bound for good.
    pub fn fix(&mut self, row: &'static BoundRow, most: u64) {
        *(row.of)(self) = most;
        self.fixed.push(row.name);
    }

    /// Whether the command line has set a bound.
    #[must_use]
    pub fn is_fixed(&self, name: &str) -> bool {
        self.fixed.contains(&name)
    }

    /// Sets what the `scenario` block among these statements says in plain numbers; anything else is told where it is resolved.
    pub(crate) fn set_by(&mut self, stmts: &[Stmt]) {
        let headed = |stmt: &&Stmt, name: &str| stmt.head.as_ref().is_some_and(|head| head.value == name);
        let blocks = stmts.iter().filter(|stmt| headed(stmt, "scenario")).flat_map(|stmt| &stmt.parts);
        for part in blocks {
            let PartKind::Block(block) = &part.value else { continue };
            for stmt in block.stmts.iter().filter(|stmt| headed(stmt, "limit")) {
                let [name, most] = stmt.parts.as_slice() else { continue };
                if let (PartKind::Word(name), PartKind::Number(most)) = (&name.value, &most.value)
                    && let Some(row) = BOUNDS.iter().find(|row| row.name == name && row.in_block)
                    && let Ok(most) = u64::try_from(*most)
                    && !self.is_fixed(row.name)
                {
                    *(row.of)(self) = most;
                }
            }
        }
    }
}
