//! IMP-13 in full: every relation, privilege, integrity and level under three models, 288 outcomes, each followed by an open of
//! a private object, an open of a public one and two connects (IMP-14).
//!
//! The tables below were typed from the rules and know nothing of the code. Each cell is a scenario of its own, played from
//! its text to its records.

mod play;

use play::{Played, Seen, play};
use sim_core::model::{MODELS, Model};

/// Columns: kobicha, kacs, windows; in each, the client's level from Anonymous to Delegation. A, I, M, D: success at that
/// level. `1`: PRIVILEGE_NOT_HELD. `2`: RESTRICTED_ESCAPE. No letter is above the client's level (IMP-1). The rows `>` are DIV-5,
/// those of U2 are DIV-6.
const MATRIX: &str = "
U1  H   <=   A I M D   A I M D   A I M D
U1  H   >    A I I I   A I I I   A I M D
U1  DA  <=   1 1 1 1   A I M D   A I M D
U1  DA  >    1 1 1 1   A I I I   A I I I
U2  H   <=   A 2 2 2   A 2 2 2   A I M D
U2  H   >    A 2 2 2   A 2 2 2   A I M D
U2  DA  <=   1 1 1 1   A 2 2 2   A I I I
U2  DA  >    1 1 1 1   A 2 2 2   A I I I
U3  H   <=   A I M D   A I M D   A I M D
U3  H   >    A I I I   A I I I   A I M D
U3  DA  <=   1 1 1 1   A I I I   A I I I
U3  DA  >    1 1 1 1   A I I I   A I I I
U4  H   <=   A I M D   A I M D   A I M D
U4  H   >    A I I I   A I I I   A I M D
U4  DA  <=   1 1 1 1   A I I I   A I I I
U4  DA  >    1 1 1 1   A I I I   A I I I
";

const LEVELS: [&str; 4] = ["anonymous", "identification", "impersonation", "delegation"];

/// IMP-14, IMP-1: what the level that is installed means, by model; M and D act. `S` stands for the service, `C` for the client, `N` for the
/// Anonymous identity.
///
/// Columns: the level; the private object of the client; the public object, and as whom; the connection at the default level;
/// the connection at Delegation (IMP-5, IMP-6).
const MEANS: &str = "
kobicha  -  denied                  granted S               S@2  S@3
kacs     -  denied                  granted S               S@2  S@3
windows  -  denied                  granted S               S@2  S@3
kobicha  A  denied                  granted N               N@0  N@0
kacs     A  denied                  granted N               N@0  N@0
windows  A  BAD_IMPERSONATION_LEVEL BAD_IMPERSONATION_LEVEL BAD_IMPERSONATION_LEVEL BAD_IMPERSONATION_LEVEL
kobicha  I  denied                  granted N               S@2  S@3
kacs     I  ACCESS_DENIED           ACCESS_DENIED           C@1  C@1
windows  I  BAD_IMPERSONATION_LEVEL BAD_IMPERSONATION_LEVEL BAD_IMPERSONATION_LEVEL BAD_IMPERSONATION_LEVEL
kobicha  M  granted                 granted C               C@2  C@2
kacs     M  granted                 granted C               C@2  C@2
windows  M  granted                 granted C               C@2  BAD_IMPERSONATION_LEVEL
kobicha  D  granted                 granted C               C@2  C@3
kacs     D  granted                 granted C               C@2  C@3
windows  D  granted                 granted C               C@2  C@3
";

/// One cell.
#[derive(Clone, Copy)]
struct Cell {
    relation: &'static str,
    privilege: char,
    integrity: &'static str,
    level: usize,
    model: &'static Model,
    /// What the table says.
    outcome: char,
}

impl std::fmt::Debug for Cell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Cell { relation, privilege, integrity, level, model, outcome } = self;
        write!(f, "{relation} {privilege} {integrity} {} {}: {outcome};", LEVELS[*level], model.name)
    }
}

fn cells() -> Vec<Cell> {
    let mut cells = Vec::new();
    for row in MATRIX.lines().filter(|line| !line.is_empty()) {
        let words: Vec<&str> = row.split_whitespace().collect();
        for privilege in words[1].chars() {
            for (n, outcome) in words[3..].iter().enumerate() {
                cells.push(Cell {
                    relation: words[0],
                    privilege,
                    integrity: words[2],
                    level: n % 4,
                    model: Model::named(["kobicha", "kacs", "windows"][n / 4]).expect("a model"),
                    outcome: outcome.chars().next().expect("a letter"),
                });
            }
        }
    }
    assert_eq!(cells.len(), 288);
    cells
}

/// How the service comes by the identity.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// `impersonate conn`
    Connection,
    /// `t = capture conn`, then `impersonate t` (IMP-22).
    Token,
}

impl Cell {
    /// The service and the client of this cell. What the client alone may read is told by a group that the service lacks,
    /// so that both can be the same user.
    fn people(&self, client_integrity: &str) -> (String, String) {
        let account = if self.relation == "U4" { "bob" } else { "alice" };
        let privilege = match self.privilege {
            'H' => "privileges SeImpersonatePrivilege",
            'D' => "privileges SeImpersonatePrivilege (disabled)",
            _ => "",
        };
        let restricted = |who: &str, group: &str| match self.relation == who {
            true => format!("restricted {{ sids alice, {group}, Everyone }}"),
            false => String::new(),
        };
        let service = format!(
            "account {account}\n integrity medium\n groups servers\n {privilege}\n {}",
            restricted("U2", "servers")
        );
        let client = format!(
            "integrity {client_integrity}\n groups clients\n {}\n connect server level {}",
            restricted("U3", "clients"),
            LEVELS[self.level]
        );
        (service, client)
    }

    /// One right is asked for, not all that reading means: under kacs a caller from below gets none of the others (DIV-39).
    fn scenario(&self, client_integrity: &str, way: Way) -> String {
        let (service, client) = self.people(client_integrity);
        let impersonate = match way {
            Way::Connection => "note \"by connection\"\n impersonate conn",
            Way::Token => "t = capture conn\n impersonate t",
        };
        format!(
            "scenario cell {{ }}\n{PEOPLE}\
             service server {{ {service}\n conn = accept\n {impersonate}\n open file \"/private\" for FILE_READ_DATA\n \
             open file \"/public\" for FILE_READ_DATA\n connect next\n connect next level delegation }}\n\
             process client as alice {{ {client} }}\n"
        )
    }

    /// How the client's integrity can stand to the service's Medium in this row.
    fn integrities(&self) -> &'static [&'static str] {
        if self.integrity == ">" { &["high", "system"] } else { &["low", "medium"] }
    }

    /// Who is meant by `S`, `C` and `N`.
    fn name(&self, who: char) -> &'static str {
        match (who, self.relation) {
            ('N', _) => "Anonymous",
            ('S', "U4") => "bob",
            _ => "alice",
        }
    }
}

const PEOPLE: &str = "group clients { rid 2000 }\ngroup servers { rid 2001 }\nuser alice { rid 1013 }\nuser bob { rid 1014 }\n\
    file \"/private\" { owner SYSTEM; dacl { allow clients read } }\n\
    file \"/public\" { owner SYSTEM; dacl { allow Everyone read } }\n\
    service next { account NetworkService; loop { accept } }\n";

/// Holds what was played against both tables; every difference is put into words.
fn hold(cell: &Cell, server: &[&Seen], wrong: &mut Vec<String>) {
    let [_, _, impersonate, private, public, connect, delegate] = server else {
        wrong.push(format!("{cell:?}: {} records", server.len()));
        return;
    };
    let mut same = |what: &str, got: &str, wanted: &str| {
        if got != wanted {
            wrong.push(format!("{cell:?} {what}: {got:?}, by the rules {wanted:?}"));
        }
    };
    let (outcome, installed) = match cell.outcome {
        '1' => ("PRIVILEGE_NOT_HELD", '-'),
        '2' => ("RESTRICTED_ESCAPE", '-'),
        'A' => ("level 0", 'A'),
        'I' => ("level 1", 'I'),
        'M' => ("level 2", 'M'),
        level => ("level 3", level),
    };
    same("impersonate", &impersonate.outcome, outcome);
    let effective = match installed {
        '-' => cell.name('S').to_owned(),
        'A' => "Anonymous@0".to_owned(),
        _ => format!("alice@{}", outcome.trim_start_matches("level ")),
    };
    same("effective", &impersonate.effective, &effective);
    let letter = installed.to_string();
    let means = MEANS.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let means = means.into_iter().find(|row| row.first() == Some(&cell.model.name) && row[1] == letter);
    let mut means = means.expect("the table has the level").into_iter().skip(2);
    let mut next = || means.next().unwrap_or_default();
    let wanted = next();
    match wanted {
        "denied" => {
            same("private", &private.outcome, "ACCESS_DENIED");
            same("private is no matter of the gate", &(private.denied_by == "Gate").to_string(), "false");
        }
        "granted" => same("private", &private.outcome, "granted"),
        error => {
            same("private", &private.outcome, error);
            same("private is refused by", &private.denied_by, "Gate");
        }
    }
    let wanted = next();
    same("public", &public.outcome, wanted);
    if wanted == "granted" {
        let subject = next();
        same("public as", &public.subject, cell.name(subject.chars().next().unwrap_or(' ')));
    } else {
        same("public is refused by", &public.denied_by, "Gate");
        same("public as", &public.subject, "nobody");
    }
    for (what, connect) in [("connect", connect), ("connect at delegation", delegate)] {
        let wanted = next();
        let Some((who, at)) = wanted.split_once('@') else {
            same(what, &connect.outcome, wanted);
            same(what, &connect.carries, "");
            continue;
        };
        let who = who.chars().next().unwrap_or(' ');
        let clients = if who == 'C' { "+" } else { "" };
        same(what, &connect.outcome, "ok");
        same(what, &connect.carries, &format!("{}@{at}{clients}", cell.name(who)));
    }
    hold_record(cell, impersonate, &mut same);
}

/// IMP-41: the record of the gates is enough to recompute the cell.
fn hold_record(cell: &Cell, impersonate: &Seen, same: &mut impl FnMut(&str, &str, &str)) {
    let gate = &impersonate.json["gate"];
    let text = |field: &str| gate[field].as_str().unwrap_or_default().to_owned();
    same("recorded level of the client", &text("client_level"), LEVELS[cell.level]);
    // An Anonymous client is another user, whatever it was before (IMP-13).
    let relation = if cell.level == 0 { "U4" } else { cell.relation };
    same("recorded relation", &text("relation"), relation);
    let above = (cell.integrity == ">" && cell.level > 0).to_string();
    same("recorded integrity", &gate["client_integrity_above"].to_string(), &above);
    let state = match cell.privilege {
        'H' => "held",
        'D' => "disabled",
        _ => "absent",
    };
    // IMP-12: who asks for the privilege at all.
    let consulted = match cell.model.name {
        "kobicha" => true,
        "kacs" => cell.level > 0 && !matches!(relation, "U1" | "U2"),
        _ => cell.level > 1,
    };
    same("recorded privilege", &text("privilege"), if consulted { state } else { "not consulted" });
    let level = match cell.outcome {
        '1' | '2' => String::new(),
        letter => LEVELS["AIMD".find(letter).unwrap_or_default()].to_owned(),
    };
    same("recorded result", &text("level"), &level);
}

#[track_caller]
fn none(wrong: &[String]) {
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn all_288_outcomes_and_what_they_mean() {
    let mut wrong = Vec::new();
    for cell in cells() {
        for integrity in cell.integrities() {
            let played = play(&cell.scenario(integrity, Way::Connection), cell.model);
            hold(&cell, &played.of("server"), &mut wrong);
        }
    }
    none(&wrong);
}

#[test]
fn a_captured_token_meets_the_same_gates() {
    // IMP-22; a windows service cannot even hold the Anonymous one (IMP-21).
    let mut wrong = Vec::new();
    for cell in cells() {
        let played = play(&cell.scenario(cell.integrities()[1], Way::Token), cell.model);
        let server = played.of("server");
        if cell.level == 0 && cell.model.name == "windows" {
            assert_eq!(server[1].outcome, "CANT_OPEN_ANONYMOUS");
            assert_eq!(server[2].outcome, "INVALID_HANDLE");
            assert_eq!(server[2].effective, cell.name('S'));
            continue;
        }
        hold(&cell, &server, &mut wrong);
    }
    none(&wrong);
}

/// What was decided in one operation, whoever the thread is after it.
fn decisions(played: &Played, verbs: &[&str]) -> Vec<(String, String, String, String)> {
    let decided = played.of("server").into_iter().filter(|seen| verbs.contains(&seen.verb));
    decided
        .map(|seen| {
            let Seen { outcome, denied_by, subject, carries, .. } = seen.clone();
            (outcome, denied_by, if seen.verb == "open" { subject } else { String::new() }, carries)
        })
        .collect()
}

#[test]
fn just_in_time_decides_as_the_bracket_does() {
    // IMP-23: a capture, and an install and a revert around each operation, in place of one bracket around all.
    const WORK: [&str; 4] = [
        "open file \"/private\" for FILE_READ_DATA",
        "connect next",
        "open file \"/public\" for FILE_READ_DATA, FILE_WRITE_DATA",
        "connect next level delegation",
    ];
    for cell in cells() {
        if cell.level == 0 && cell.model.name == "windows" {
            continue;
        }
        let (service, client) = cell.people(cell.integrities()[0]);
        let play_with = |work: &str| {
            play(
                &format!(
                    "scenario jit {{ }}\n{PEOPLE}service server {{ {service}\n conn = accept\n {work} }}\n\
                     process client as alice {{ {client} }}\n"
                ),
                cell.model,
            )
        };
        let bracket = play_with(&format!("t = capture conn\n impersonate t\n {}\n revert", WORK.join("\n ")));
        let each: String = WORK
            .iter()
            .map(|work| {
                format!("impersonate t\n {work}\n revert\n open file \"/public\" for FILE_READ_DATA\n")
            })
            .collect();
        let just_in_time = play_with(&format!("t = capture conn\n {each}"));
        let bracket = decisions(&bracket, &["open", "connect"]);
        // Between two operations the thread is itself: those are the opens that the bracket does not have.
        let both = decisions(&just_in_time, &["open", "connect"]);
        let (operations, own): (Vec<_>, Vec<_>) = both.into_iter().enumerate().partition(|(n, _)| n % 2 == 0);
        assert_eq!(operations.into_iter().map(|(_, seen)| seen).collect::<Vec<_>>(), bracket, "{cell:?}");
        assert!(
            own.iter().all(|(_, seen)| seen.0 == "granted" && seen.2 == cell.name('S')),
            "{cell:?} {own:?}"
        );
    }
}

#[test]
fn every_model_is_in_the_tables() {
    assert_eq!(MODELS.iter().map(|model| model.name).collect::<Vec<_>>(), ["kobicha", "kacs", "windows"]);
}
