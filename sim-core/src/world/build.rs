//! From declarations to the world at time 0, under one model.
//!
//! Authority: the scenario defaults of section 10.9, TOK-7, TOK-25, PRC-1, PRC-9, PRC-17 to PRC-19, FILE-12, KEY-5,
//! SES-1 to SES-3. A declaration asks for no right, privilege or limit.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::Arc;

use super::declare::{
    DEFAULT_GROUP, Declarations, DescriptorParts, LogonType, PrivilegeDecl, ProcessDecl, SecurityDecl,
    TokenShape,
};
use super::file::Defaults;
use super::live::changed;
use super::record::ObjectName;
use super::{Endpoint, FILE_ROOT, HIVES, Object, Process, Session, Thread, Tokens, World};
use crate::access::{Descriptor, Policy, PolicyAcl, PolicyCache, PolicyRule};
use crate::ids::{ObjectId, ProcessId, SessionId, ThreadId, TokenId};
use crate::model::Model;
use crate::privilege::{Privilege, PrivilegeSet, PrivilegeState, Privileges};
use crate::rights::{AccessMask, ObjectType};
use crate::sd::sddl::{self, SddlContext};
use crate::sd::{Ace, AceFlags, AceType, Acl, SecurityDescriptor};
use crate::sid::{self, SYSTEM, Sid, SidTable};
use crate::token::{
    GroupAttributes, Identity, IdentityFacts, IntegrityLevel, MAX_GROUPS, MandatoryPolicy, SidAndAttributes,
    Token, TokenType, anonymous_token,
};

/// Why declarations make no world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildError {
    /// What cannot be built, as the scenario writes it.
    pub what: String,
    /// Which object it is, counted as declared; `None` for a process.
    pub object: Option<usize>,
    /// Which process it is.
    pub process: Option<usize>,
    /// Why, in plain words.
    pub why: String,
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.what, self.why)
    }
}

/// The first pid; the others are its multiples (PRC-1).
const PID_STEP: u32 = 100;
/// SYSTEM's session, the Anonymous identity's, and the first of the others (SES-3).
const SYSTEM_SESSION: u64 = 0;
const ANONYMOUS_SESSION: u64 = 998;
const FIRST_SESSION: u64 = 1001;

impl World {
    /// Builds the world at time 0; `slots` says for each thread, in order of declaration, how many names its steps use.
    ///
    /// # Errors
    /// What cannot exist under this model, with the declaration that asks for it.
    pub fn build(declarations: &Declarations, slots: &[u32], model: &Model) -> Result<World, BuildError> {
        let mut sids = SidTable::new();
        let anonymous = anonymous_token(model, &mut sids, TokenId(u32::MAX), SessionId(1));
        let world = World {
            model: *model,
            now: 0,
            sids: Arc::new(sids),
            policies: Arc::new(PolicyCache::default()),
            anonymous,
            sessions: Vec::new(),
            tokens: Tokens::default(),
            processes: Vec::new(),
            threads: Vec::new(),
            endpoints: Vec::new(),
            connections: Vec::new(),
            objects: Arc::new(Vec::new()),
            handles: Vec::new(),
            free_handles: Vec::new(),
            woken: VecDeque::new(),
        };
        let mut builder = Builder { world, declarations, labels: BTreeMap::new(), shared: BTreeMap::new() };
        builder.add_session(SYSTEM_SESSION, LogonType::Service, SYSTEM, "SYSTEM");
        builder.add_session(ANONYMOUS_SESSION, LogonType::Network, sid::ANONYMOUS, "Anonymous");
        builder.add_policies();
        builder.add_roots();
        for (position, object) in declarations.objects.iter().enumerate() {
            builder.add_object(position, object)?;
        }
        let mut slots = slots.iter().copied();
        for (position, process) in declarations.processes.iter().enumerate() {
            builder.add_process(position, process, &mut slots)?;
        }
        for endpoint in &declarations.endpoints {
            builder.add_endpoint(endpoint)?;
        }
        Ok(builder.world)
    }
}

struct Builder<'a> {
    world: World,
    declarations: &'a Declarations,
    /// How many sessions a principal has.
    labels: BTreeMap<String, u32>,
    /// Descriptors that were computed already: for objects of one owner and class under one parent.
    shared: BTreeMap<(Option<ObjectId>, Sid, ObjectType), Arc<Descriptor>>,
}

impl Builder<'_> {
    fn add_session(&mut self, number: u64, kind: LogonType, user: Sid, label: &str) -> SessionId {
        let id = SessionId(self.world.sessions.len() as u32);
        self.world.sessions.push(Session { number, kind, user, label: Arc::from(label) });
        id
    }

    fn new_session(&mut self, kind: LogonType, user: Sid, name: &str) -> SessionId {
        let count = self.labels.entry(name.to_owned()).or_insert(0);
        *count += 1;
        let label = format!("{name}#{count}");
        // Two are fixed; the others follow in order of logon (SES-6).
        let number = FIRST_SESSION + self.world.sessions.len() as u64 - 2;
        self.add_session(number, kind, user, &label)
    }

    fn compile(&mut self, source: SecurityDescriptor, class: ObjectType) -> Arc<Descriptor> {
        let mapping = self.world.model.mapping(class);
        let sids = Arc::make_mut(&mut self.world.sids);
        Arc::new(Descriptor::compile(source, mapping, &self.world.model, sids))
    }

    /// Central policies (CAP-1): what a declaration cannot hold broken, so every list is a sound one.
    fn add_policies(&mut self) {
        let model = &{ self.world.model };
        let list = |aces: &[Ace]| PolicyAcl::Acl(Acl::new(aces.to_vec()));
        let policies = self.declarations.policies.iter().map(|policy| Policy {
            sid: policy.sid,
            rules: policy
                .rules
                .iter()
                .map(|rule| PolicyRule {
                    applies_to: rule.applies_to.clone(),
                    effective_dacl: list(&rule.dacl),
                    effective_sacl: rule.sacl.as_ref().map(|sacl| list(&sacl.aces(model))),
                    staged_dacl: rule.staged_dacl.as_deref().map(list),
                    staged_sacl: rule.staged_sacl.as_ref().map(|sacl| list(&sacl.aces(model))),
                })
                .collect(),
        });
        let cache = PolicyCache::new(policies, model, Arc::make_mut(&mut self.world.sids));
        self.world.policies = Arc::new(cache);
    }

    /// The root of all files, the place above all hives, and the hives that always exist (FILE-12, KEY-5).
    fn add_roots(&mut self) {
        let root = self.compile(implicit_directory(), ObjectType::Directory);
        let objects = Arc::make_mut(&mut self.world.objects);
        let bare = |class, descriptor| Object {
            name: Arc::from(""),
            parent: None,
            class,
            nameless: false,
            descriptor,
            children: BTreeMap::new(),
            values: BTreeMap::new(),
        };
        objects.push(bare(ObjectType::Directory, Some(root)));
        objects.push(bare(ObjectType::Key, None));
        debug_assert_eq!(objects.len(), HIVES.index() + 1);

        let machine = self.compile(hive_descriptor(sid::AUTHENTICATED_USERS, KEY_READ), ObjectType::Key);
        self.world.insert_object(HIVES, Arc::from("Machine"), ObjectType::Key, Some(machine.clone()));
        let users = self.world.insert_object(HIVES, Arc::from("Users"), ObjectType::Key, Some(machine));
        for principal in self.declarations.principals.iter().filter(|principal| principal.can_log_on) {
            let own = self.compile(hive_descriptor(principal.sid, KEY_ALL), ObjectType::Key);
            self.world.insert_object(users, Arc::from(principal.sid.to_string()), ObjectType::Key, Some(own));
        }
    }

    fn add_object(&mut self, position: usize, object: &super::declare::ObjectDecl) -> Result<(), BuildError> {
        let (separator, root) =
            if object.class == ObjectType::Key { ('\\', HIVES) } else { ('/', FILE_ROOT) };
        let failed = |why: &str| BuildError {
            what: ObjectName { class: object.class, path: object.path.to_string() }.to_string(),
            object: Some(position),
            process: None,
            why: why.to_owned(),
        };
        let mut names = object.path.split(separator).filter(|name| !name.is_empty()).peekable();
        let mut at = root;
        if names.peek().is_none() {
            if object.class != ObjectType::Directory {
                return Err(failed("the root of all files is a directory"));
            }
            let descriptor = self.descriptor_of(None, object, &failed)?;
            if let Some(existing) = Arc::make_mut(&mut self.world.objects).get_mut(root.index()) {
                existing.descriptor = descriptor;
            }
        }
        while let Some(name) = names.next() {
            let last = names.peek().is_none();
            let key =
                if object.class == ObjectType::Key { super::registry::fold(name) } else { Arc::from(name) };
            let found = self.world.object(at).children.get(&key).copied();
            at = match (found, last) {
                (Some(child), false) => {
                    if self.world.object(child).class == ObjectType::File {
                        return Err(failed("a file stands on the way"));
                    }
                    child
                }
                (None, false) => self.add_implicit(at, name, object.class, &failed)?,
                (Some(child), true) => {
                    // A hive, or a directory that a deeper path made before: it gets what is declared now.
                    let descriptor = self.descriptor_of(Some(at), object, &failed)?;
                    if let Some(existing) = Arc::make_mut(&mut self.world.objects).get_mut(child.index()) {
                        existing.descriptor = descriptor;
                    }
                    child
                }
                (None, true) => {
                    if object.class == ObjectType::Key && at == HIVES {
                        let reason = "its first component must be the hive `Machine` or `Users`";
                        return Err(failed(reason));
                    }
                    let descriptor = self.descriptor_of(Some(at), object, &failed)?;
                    self.world.insert_object(at, Arc::from(name), object.class, descriptor)
                }
            };
        }
        for (name, value) in &object.values {
            self.world.put_value(at, name, value);
        }
        Ok(())
    }

    fn add_implicit(
        &mut self,
        parent: ObjectId,
        name: &str,
        class: ObjectType,
        failed: &dyn Fn(&str) -> BuildError,
    ) -> Result<ObjectId, BuildError> {
        let (class, descriptor) = if class == ObjectType::Key {
            if parent == HIVES {
                return Err(failed("its first component must be the hive `Machine` or `Users`"));
            }
            let descriptor = self.computed(Some(parent), SYSTEM, None, ObjectType::Key, failed)?;
            (ObjectType::Key, descriptor)
        } else {
            (ObjectType::Directory, self.compile(implicit_directory(), ObjectType::Directory))
        };
        Ok(self.world.insert_object(parent, Arc::from(name), class, Some(descriptor)))
    }

    fn descriptor_of(
        &mut self,
        parent: Option<ObjectId>,
        object: &super::declare::ObjectDecl,
        failed: &dyn Fn(&str) -> BuildError,
    ) -> Result<Option<Arc<Descriptor>>, BuildError> {
        let plain = self.plain_descriptor_of(parent, object, failed)?;
        if object.edits.is_empty() {
            return Ok(plain);
        }
        let above = parent.and_then(|parent| self.world.object(parent).descriptor.clone());
        let mut source = plain.map(|descriptor| descriptor.source().clone());
        for edit in &object.edits {
            let above = above.as_ref().map(|descriptor| descriptor.source());
            let changed = changed(source.as_ref(), above, edit, object.class, &self.world.model);
            source = Some(changed.map_err(|error| failed(&error.to_string()))?);
        }
        Ok(source.map(|source| self.compile(source, object.class)))
    }

    /// The descriptor of a declared object before the edits of it.
    fn plain_descriptor_of(
        &mut self,
        parent: Option<ObjectId>,
        object: &super::declare::ObjectDecl,
        failed: &dyn Fn(&str) -> BuildError,
    ) -> Result<Option<Arc<Descriptor>>, BuildError> {
        Ok(match &object.security {
            SecurityDecl::Missing => None,
            SecurityDecl::Sddl(text, domain) => {
                let context = SddlContext {
                    domain: *domain,
                    class: Some(object.class),
                    ..SddlContext::of(&self.world.model)
                };
                let source = sddl::parse(text, &context).map_err(|error| failed(&error.to_string()))?;
                Some(self.compile(source, object.class))
            }
            SecurityDecl::Bytes(bytes) => {
                let source = SecurityDescriptor::decode(bytes, &self.world.model);
                let source =
                    source.map_err(|error| failed(&format!("its descriptor is malformed: {error}")))?;
                Some(self.compile(source, object.class))
            }
            SecurityDecl::Parts(parts) => {
                let owner = parts.owner.unwrap_or(SYSTEM);
                Some(self.computed(parent, owner, Some(parts), object.class, failed)?)
            }
        })
    }

    /// The descriptor of a declared object: as if its owner, with the token of its logon, had created it.
    fn computed(
        &mut self,
        parent: Option<ObjectId>,
        owner: Sid,
        parts: Option<&DescriptorParts>,
        class: ObjectType,
        failed: &dyn Fn(&str) -> BuildError,
    ) -> Result<Arc<Descriptor>, BuildError> {
        let plain = parts.is_none_or(|p| p.dacl.is_none() && p.sacl.is_none() && p.group.is_none());
        let key = (parent, owner, class);
        if plain && let Some(descriptor) = self.shared.get(&key) {
            return Ok(descriptor.clone());
        }
        let above = parent.and_then(|parent| self.world.object(parent).descriptor.as_ref());
        let above = above.map(|descriptor| descriptor.source().clone());
        let defaults = self.owner_defaults(owner);
        let source = self
            .world
            .new_descriptor(above.as_ref(), parts, &defaults, class)
            .map_err(|error| failed(&error.to_string()))?;
        let descriptor = self.compile(source, class);
        if plain {
            self.shared.insert(key, descriptor.clone());
        }
        Ok(descriptor)
    }

    /// What the owner's token contributes: a user's own group and default DACL; for a group or SYSTEM the same SID and
    /// full access for SYSTEM and the owner (section 10.9).
    fn owner_defaults(&self, owner: Sid) -> Defaults {
        let user = self.declarations.principals.iter().find(|p| p.sid == owner && p.can_log_on);
        let given = user.and_then(|principal| principal.shape.default_dacl.clone());
        let dacl = given.unwrap_or_else(|| default_dacl(owner));
        Defaults {
            owner,
            group: if user.is_some() { sid::USERS } else { owner },
            dacl: Some(Arc::new(Acl::new(dacl))),
        }
    }

    fn add_process(
        &mut self,
        position: usize,
        decl: &ProcessDecl,
        slots: &mut dyn Iterator<Item = u32>,
    ) -> Result<(), BuildError> {
        let token = self.token_of(position, decl)?;
        let (user, group) = (token.facts().user, token.primary_group());
        let primary = self.world.tokens.insert(token);
        let descriptor = self.compile(process_descriptor(user, group), ObjectType::Process);
        let id = ProcessId(self.world.processes.len() as u32);
        let pid = PID_STEP * (id.0 + 1);
        self.world.processes.push(Process {
            name: decl.name.clone(),
            pid,
            primary,
            trust: decl.trust,
            descriptor,
            live_threads: decl.threads.len() as u32,
        });
        for (n, name) in decl.threads.iter().enumerate() {
            self.world.threads.push(Thread {
                name: name.clone(),
                process: id,
                tid: pid + n as u32,
                installed: None,
                slots: vec![None; slots.next().unwrap_or(0) as usize],
                serving: None,
                inbox: VecDeque::new(),
                taking: false,
                ended: false,
            });
        }
        debug_assert!(ThreadId(self.world.threads.len() as u32).index() == self.world.threads.len());
        Ok(())
    }

    /// The token of a process: its account's, with what the process adds (section 10.9, TOK-7, TOK-25, PRC-18).
    fn token_of(&mut self, position: usize, decl: &ProcessDecl) -> Result<Token, BuildError> {
        let account = self.declarations.principals.iter().find(|principal| principal.sid == decl.account);
        let kind = AccountKind::new(decl.account, decl.service_sid.is_some());
        let shapes: Vec<&TokenShape> =
            account.map(|account| &account.shape).into_iter().chain([&decl.shape]).collect();
        let last = |pick: &dyn Fn(&TokenShape) -> Option<LogonType>| {
            shapes.iter().rev().find_map(|shape| pick(shape))
        };
        let logon = last(&|shape| shape.logon).unwrap_or(kind.logon());
        let session = if decl.account == SYSTEM {
            SessionId(0)
        } else {
            let name = account.map_or_else(|| account_name(decl.account), |account| account.name.to_string());
            self.new_session(logon, decl.account, &name)
        };
        let mut facts = IdentityFacts::of(decl.account, session);
        facts.integrity =
            shapes.iter().rev().find_map(|shape| shape.integrity).unwrap_or(kind.integrity(decl.account));
        facts.mandatory_policy =
            shapes.iter().rev().find_map(|shape| shape.mandatory_policy).unwrap_or(kind.policy());
        facts.audit_policy = shapes.iter().rev().find_map(|shape| shape.audit_policy).unwrap_or_default();
        facts.groups = kind.groups(logon);
        if let Some(service) = decl.service_sid {
            let attributes = DEFAULT_GROUP | GroupAttributes::OWNER;
            facts.groups.push(SidAndAttributes { sid: service, attributes });
        }
        for shape in &shapes {
            merge_groups(&mut facts.groups, shape);
            facts.user_claims.extend(shape.claims.iter().cloned());
            facts.device_claims.extend(shape.device_claims.iter().cloned());
            facts.device_groups.extend(shape.device_groups.iter().copied());
            if let Some(restricted) = &shape.restricted {
                facts.restricted_sids.clone_from(&restricted.sids);
                facts.write_restricted = restricted.write_only;
                facts.user_deny_only |= restricted.write_only;
            }
            if let Some(sandbox) = &shape.confined {
                facts.confinement = Some(sandbox.clone());
            }
        }
        let number = self.world.sessions.get(session.index()).map_or(0, |session| session.number);
        facts.groups.push(SidAndAttributes {
            sid: Sid::of_logon(number),
            attributes: DEFAULT_GROUP | GroupAttributes::LOGON_ID,
        });
        if facts.groups.len() > MAX_GROUPS {
            return Err(BuildError {
                what: format!("process {}", decl.name),
                object: None,
                process: Some(position),
                why: format!(
                    "its token would have {} groups; a token holds at most {MAX_GROUPS}, the logon SID included",
                    facts.groups.len()
                ),
            });
        }
        let privileges = privileges_of(&shapes, decl.account);
        let dacl = shapes.iter().rev().find_map(|shape| shape.default_dacl.clone());
        let primary_group = kind.primary_group(&facts);
        let identity = Identity::new(facts, Arc::make_mut(&mut self.world.sids));
        let mut token = Token::new(TokenId(0), TokenType::Primary, identity, privileges);
        token.primary_group_index = primary_group;
        token.default_dacl = Some(Arc::new(Acl::new(dacl.unwrap_or_else(|| default_dacl(decl.account)))));
        Ok(token)
    }

    fn add_endpoint(&mut self, decl: &super::declare::EndpointDecl) -> Result<(), BuildError> {
        let process = ProcessId(decl.process as u32);
        let descriptor = match &decl.descriptor {
            None => None,
            Some(parts) => {
                let token = self.world.token(self.world.process(process).primary).clone();
                let defaults = super::file::subject_defaults(&token);
                let source = self
                    .world
                    .new_descriptor(None, Some(parts), &defaults, ObjectType::Endpoint)
                    .map_err(|error| BuildError {
                        what: format!("endpoint {}", decl.name),
                        object: None,
                        process: Some(decl.process),
                        why: error.to_string(),
                    })?;
                Some(self.compile(source, ObjectType::Endpoint))
            }
        };
        self.world.endpoints.push(Endpoint {
            name: decl.name.clone(),
            process,
            descriptor,
            captures_peer: decl.captures_peer,
            pending: VecDeque::new(),
            waiting: VecDeque::new(),
        });
        Ok(())
    }
}

const KEY_READ: AccessMask = AccessMask(0x0002_0019);
const KEY_ALL: AccessMask = AccessMask(0x000F_003F);

/// The rows of section 10.9.
#[derive(Clone, Copy, PartialEq, Eq)]
enum AccountKind {
    User,
    System,
    Service,
}

impl AccountKind {
    fn new(account: Sid, service: bool) -> AccountKind {
        match (account == SYSTEM, service) {
            (true, _) => AccountKind::System,
            (false, true) => AccountKind::Service,
            // A plain process under a built-in service account is one of the service kind all the same.
            (false, false) if [sid::LOCAL_SERVICE, sid::NETWORK_SERVICE].contains(&account) => {
                AccountKind::Service
            }
            (false, false) => AccountKind::User,
        }
    }

    fn logon(self) -> LogonType {
        match self {
            AccountKind::User => LogonType::Interactive,
            AccountKind::System | AccountKind::Service => LogonType::Service,
        }
    }

    /// System for the built-in service accounts, Medium for everybody else (DIV-35).
    fn integrity(self, account: Sid) -> IntegrityLevel {
        if [SYSTEM, sid::LOCAL_SERVICE, sid::NETWORK_SERVICE].contains(&account) {
            IntegrityLevel::System
        } else {
            IntegrityLevel::Medium
        }
    }

    /// Services do not fall to the level of their programs.
    fn policy(self) -> MandatoryPolicy {
        match self {
            AccountKind::User | AccountKind::System => {
                MandatoryPolicy::NO_WRITE_UP | MandatoryPolicy::NEW_PROCESS_MIN
            }
            AccountKind::Service => MandatoryPolicy::NO_WRITE_UP,
        }
    }

    fn groups(self, logon: LogonType) -> Vec<SidAndAttributes> {
        let plain = |sid| SidAndAttributes { sid, attributes: DEFAULT_GROUP };
        match self {
            AccountKind::System => vec![
                SidAndAttributes {
                    sid: sid::ADMINISTRATORS,
                    attributes: DEFAULT_GROUP | GroupAttributes::OWNER,
                },
                plain(sid::EVERYONE),
                plain(sid::AUTHENTICATED_USERS),
                plain(sid::LOCAL),
            ],
            AccountKind::User if logon != LogonType::Network => {
                [sid::EVERYONE, sid::AUTHENTICATED_USERS, sid::USERS, logon.group()].map(plain).into()
            }
            AccountKind::User | AccountKind::Service => {
                [sid::EVERYONE, sid::AUTHENTICATED_USERS, logon.group()].map(plain).into()
            }
        }
    }

    /// Users for a user, Administrators for SYSTEM, the account itself for a service; as an index of the token.
    fn primary_group(self, facts: &IdentityFacts) -> u8 {
        let wanted = match self {
            AccountKind::User => sid::USERS,
            AccountKind::System => sid::ADMINISTRATORS,
            AccountKind::Service => return 0,
        };
        let position = facts.groups.iter().position(|group| group.sid == wanted);
        position.and_then(|n| u8::try_from(n + 1).ok()).unwrap_or(0)
    }
}

/// Declared groups join the default ones; one that is there already takes the declared state.
fn merge_groups(groups: &mut Vec<SidAndAttributes>, shape: &TokenShape) {
    for group in &shape.groups {
        match groups.iter_mut().find(|entry| entry.sid == group.sid) {
            Some(entry) => entry.attributes = group.attributes,
            None => groups.push(*group),
        }
    }
    groups.retain(|group| !shape.removed_groups.contains(&group.sid));
}

/// TOK-25, and all of them for SYSTEM (PRC-18).
fn privileges_of(shapes: &[&TokenShape], account: Sid) -> Privileges {
    let mut present = if account == SYSTEM {
        PrivilegeSet::all()
    } else {
        [Privilege::CHANGE_NOTIFY, Privilege::CREATE_SYMBOLIC_LINK].into_iter().collect()
    };
    let mut enabled = present;
    for (privilege, state) in shapes.iter().flat_map(|shape| &shape.privileges) {
        present.insert(*privilege);
        match state {
            PrivilegeDecl::Enabled => enabled.insert(*privilege),
            PrivilegeDecl::Disabled => enabled.remove(*privilege),
            PrivilegeDecl::Removed => {
                present.remove(*privilege);
                enabled.remove(*privilege);
            }
        }
    }
    Privileges::new(present, enabled)
}

/// Whether a token of the account has a group that nobody declared: its kind's, or that of a logon.
pub(super) fn group_by_default(account: Sid, service: Option<Sid>, group: Sid) -> bool {
    let kind = AccountKind::new(account, service.is_some());
    LogonType::ALL.iter().any(|(logon, ..)| kind.groups(*logon).iter().any(|known| known.sid == group))
}

/// Whether a token of the account has a privilege that nobody declared (TOK-25).
pub(super) fn privilege_by_default(account: Sid, privilege: Privilege) -> bool {
    privileges_of(&[], account).state(privilege) != PrivilegeState::Absent
}

fn account_name(account: Sid) -> String {
    sid::WellKnown::of(account).map_or_else(|| account.to_string(), |row| row.name.to_owned())
}

/// GENERIC_ALL to the user and to SYSTEM; for SYSTEM to SYSTEM and Administrators (section 10.9).
fn default_dacl(user: Sid) -> Vec<Ace> {
    let all = |sid| Ace::basic(AceType::ALLOW, sid, AccessMask::GENERIC_ALL);
    if user == SYSTEM { vec![all(SYSTEM), all(sid::ADMINISTRATORS)] } else { vec![all(user), all(SYSTEM)] }
}

/// FILE-12: SYSTEM and Administrators everything, below too; Everyone may walk through.
fn implicit_directory() -> SecurityDescriptor {
    let everything = ObjectType::Directory.mapping().all;
    let below = AceFlags::OBJECT_INHERIT | AceFlags::CONTAINER_INHERIT;
    system_descriptor(vec![
        Ace::basic(AceType::ALLOW, SYSTEM, everything).with_flags(below),
        Ace::basic(AceType::ALLOW, sid::ADMINISTRATORS, everything).with_flags(below),
        Ace::basic(AceType::ALLOW, sid::EVERYONE, AccessMask(0xA0)),
    ])
}

/// KEY-5
fn hive_descriptor(reader: Sid, rights: AccessMask) -> SecurityDescriptor {
    let below = AceFlags::CONTAINER_INHERIT;
    system_descriptor(vec![
        Ace::basic(AceType::ALLOW, SYSTEM, KEY_ALL).with_flags(below),
        Ace::basic(AceType::ALLOW, sid::ADMINISTRATORS, KEY_ALL).with_flags(below),
        Ace::basic(AceType::ALLOW, reader, rights).with_flags(below),
    ])
}

fn system_descriptor(aces: Vec<Ace>) -> SecurityDescriptor {
    SecurityDescriptor {
        owner: Some(SYSTEM),
        group: Some(SYSTEM),
        dacl: Some(Acl::new(aces)),
        ..SecurityDescriptor::default()
    }
}

/// PRC-9
fn process_descriptor(user: Sid, group: Sid) -> SecurityDescriptor {
    let all = ObjectType::Process.mapping().all;
    let query_limited = AccessMask(0x1000);
    SecurityDescriptor {
        owner: Some(user),
        group: Some(group),
        ..system_descriptor(vec![
            Ace::basic(AceType::ALLOW, user, all),
            Ace::basic(AceType::ALLOW, sid::ADMINISTRATORS, all),
            Ace::basic(AceType::ALLOW, SYSTEM, all),
            Ace::basic(AceType::ALLOW, sid::EVERYONE, query_limited),
        ])
    }
}
