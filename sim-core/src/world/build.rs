//! From declarations to the world at time 0, under one model.
//!
//! Authority: the scenario defaults of section 10.9, TOK-7, TOK-25, PRC-1, PRC-9, PRC-17 to PRC-19, FILE-12, KEY-5,
//! SES-1 to SES-3. A declaration asks for no right, privilege or limit.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;
use std::sync::Arc;

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;

use super::declare::{DaclDecl, Declarations, DescriptorParts, ProcessDecl, SecurityDecl, VolumeDecl};
use super::directory::Directory;
use super::file::{Defaults, Given};
use super::live::changed;
use super::logon::{Logon, default_dacl};
use super::op::{Link, LinkKind};
use super::path::Name;
use super::record::ObjectName;
use super::registry::{fold, key_masks_fit};
use super::volume::Volume;
use super::{Children, Endpoint, FILE_ROOT, HIVES, Object, Process, ProcessState, Thread, Tokens, World};
use crate::access::{Descriptor, Policy, PolicyAcl, PolicyCache, PolicyRule};
use crate::ids::{ObjectId, ProcessId, SessionId, TokenId};
use crate::model::Model;
use crate::rights::{AccessMask, ObjectType};
use crate::sd::sddl::{self, SddlContext};
use crate::sd::{Ace, AceFlags, AceType, Acl, SecurityDescriptor};
use crate::sid::{self, SYSTEM, Sid, SidTable};
use crate::text::quote;
use crate::token::anonymous_token;

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

/// What a process has as token before it is spawned: none.
const NO_TOKEN: TokenId = TokenId(u32::MAX);
/// The first pid (PRC-1).
const FIRST_PID: u32 = 100;

impl World {
    /// Builds the world at time 0; `slots` says for each thread, in order of declaration, how many names its steps use.
    ///
    /// # Errors
    /// What cannot exist under this model, with the declaration that asks for it.
    pub fn build(declarations: &Declarations, slots: &[u32], model: &Model) -> Result<World, BuildError> {
        let mut sids = SidTable::new();
        let anonymous = anonymous_token(model, &mut sids, TokenId(u32::MAX), SessionId(1));
        let mut world = World {
            model: *model,
            now: 0,
            sids: Arc::new(sids),
            policies: Arc::new(PolicyCache::default()),
            anonymous,
            directory: Arc::new(Directory::of(declarations)),
            sessions: Vec::new(),
            logons: BTreeMap::new(),
            ended_sessions: Vec::new(),
            tokens: Tokens::default(),
            processes: Vec::new(),
            threads: Vec::new(),
            endpoints: Vec::new(),
            connections: Vec::new(),
            objects: Arc::new(Vec::new()),
            links: Arc::new(BTreeMap::new()),
            volumes: Arc::default(),
            made_up: BTreeMap::new(),
            damaged: BTreeMap::new(),
            aliases: BTreeMap::new(),
            doomed: BTreeSet::new(),
            written: BTreeMap::new(),
            handles: Vec::new(),
            free_handles: Vec::new(),
            dooming: BTreeSet::new(),
            woken: VecDeque::new(),
            started: VecDeque::new(),
            interrupted: VecDeque::new(),
            next_pid: FIRST_PID,
            programs: Arc::default(),
        };
        let mapping = model.mapping(ObjectType::Process);
        let mut table = SidTable::new();
        // A process that does not run has a descriptor all the same.
        let nobody = Arc::new(Descriptor::compile(SecurityDescriptor::default(), mapping, model, &mut table));
        world.read_policies();
        world.add_fixed_sessions();
        let mut builder = Builder::of(&mut world);
        builder.add_roots(declarations);
        for (position, object) in declarations.objects.iter().enumerate() {
            builder.add_object(position, object)?;
        }
        for (position, link) in declarations.links.iter().enumerate() {
            builder.add_link(declarations.objects.len() + position, link)?;
        }
        let before = declarations.objects.len() + declarations.links.len();
        for (position, volume) in declarations.volumes.iter().enumerate() {
            builder.add_volume(before + position, volume)?;
        }
        let mut slots = slots.iter().copied();
        for (position, process) in declarations.processes.iter().enumerate() {
            builder.add_process(position, process, &nobody, &mut slots)?;
        }
        for endpoint in &declarations.endpoints {
            builder.add_endpoint(endpoint)?;
        }
        Ok(world)
    }
}

/// Descriptors by what they are made from.
type Shared<K> = IndexMap<K, Arc<Descriptor>, FxBuildHasher>;

struct Builder<'a> {
    world: &'a mut World,
    /// Descriptors that were computed already, by all that they depend on.
    computed: Shared<(Option<ObjectId>, ObjectType, Arc<DescriptorParts>)>,
    /// Descriptors that were compiled already: objects with equal ones share them, wherever they hang.
    compiled: Shared<(ObjectType, SecurityDescriptor)>,
    /// What is given of an object of which nothing is said.
    nothing: Arc<DescriptorParts>,
}

impl World {
    /// Central policies (CAP-1): what a declaration cannot hold broken, so every list is a sound one.
    pub(super) fn read_policies(&mut self) {
        let model = &{ self.model };
        let list = |aces: &[Ace]| PolicyAcl::Acl(Acl::new(aces.to_vec()));
        let directory = self.directory.clone();
        let policies = directory.policies.iter().map(|policy| Policy {
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
        self.policies = Arc::new(PolicyCache::new(policies, model, Arc::make_mut(&mut self.sids)));
    }

    /// Adds an object as it is declared, while the world runs.
    pub(super) fn add_declared(&mut self, object: &super::declare::ObjectDecl) -> Result<(), BuildError> {
        Builder::of(self).add_object(0, object)
    }

    /// The key that every user has (KEY-5).
    pub(super) fn add_own_key(&mut self, user: Sid) {
        let Some(users) = self.object(HIVES).children.get("users") else { return };
        let name = user.to_string();
        if self.object(users).children.get(&fold(&name)).is_some() {
            return;
        }
        let mut builder = Builder::of(self);
        let own = builder.compile(hive_descriptor(user, KEY_ALL), ObjectType::Key);
        self.insert_object(users, Arc::from(name), ObjectType::Key, Some(own));
    }

    /// A whole descriptor as it was given, read in the model's dialect.
    pub(super) fn whole_descriptor(
        &self,
        given: &SecurityDecl,
        class: ObjectType,
    ) -> Result<SecurityDescriptor, String> {
        match given {
            SecurityDecl::Sddl(text, domain) => {
                let context = SddlContext {
                    domain: domain.as_deref().copied(),
                    class: Some(class),
                    ..SddlContext::of(&self.model)
                };
                sddl::parse(text, &context).map_err(|error| error.to_string())
            }
            SecurityDecl::Bytes(bytes) | SecurityDecl::Damaged(bytes) => {
                SecurityDescriptor::decode(bytes, &self.model)
                    .map_err(|error| format!("its descriptor is malformed: {error}"))
            }
            SecurityDecl::Parts(_) | SecurityDecl::Missing => Ok(SecurityDescriptor::default()),
        }
    }
}

impl<'a> Builder<'a> {
    fn of(world: &'a mut World) -> Builder<'a> {
        Builder {
            world,
            computed: IndexMap::default(),
            compiled: IndexMap::default(),
            nothing: Arc::default(),
        }
    }

    fn shared(&mut self, source: SecurityDescriptor, class: ObjectType) -> Arc<Descriptor> {
        let key = (class, source);
        if let Some(descriptor) = self.compiled.get(&key) {
            return descriptor.clone();
        }
        let descriptor = self.compile(key.1.clone(), class);
        self.compiled.insert(key, descriptor.clone());
        descriptor
    }

    fn compile(&mut self, source: SecurityDescriptor, class: ObjectType) -> Arc<Descriptor> {
        let mapping = self.world.model.mapping(class);
        let sids = Arc::make_mut(&mut self.world.sids);
        Arc::new(Descriptor::compile(source, mapping, &self.world.model, sids))
    }

    /// The root of all files, the place above all hives, and the hives that always exist (FILE-12, KEY-5).
    fn add_roots(&mut self, declarations: &Declarations) {
        let root = self.compile(implicit_directory(), ObjectType::Directory);
        let objects = Arc::make_mut(&mut self.world.objects);
        let bare = |class, descriptor| Object {
            name: Arc::from(""),
            parent: None,
            class,
            nameless: false,
            volatile: false,
            link: false,
            descriptor,
            children: Children::default(),
            values: BTreeMap::new(),
        };
        objects.push(bare(ObjectType::Directory, Some(root)));
        objects.push(bare(ObjectType::Key, None));
        debug_assert_eq!(objects.len(), HIVES.index() + 1);

        let machine = self.compile(hive_descriptor(sid::AUTHENTICATED_USERS, KEY_READ), ObjectType::Key);
        self.world.insert_object(HIVES, Arc::from("Machine"), ObjectType::Key, Some(machine.clone()));
        self.world.insert_object(HIVES, Arc::from("Users"), ObjectType::Key, Some(machine));
        for principal in declarations.principals.iter().filter(|principal| principal.can_log_on) {
            self.world.add_own_key(principal.sid);
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
            let key = if object.class == ObjectType::Key { fold(name) } else { Arc::from(name) };
            let found = self.world.object(at).children.get(&key);
            at = match (found, last) {
                (Some(child), false) => {
                    if self.world.object(child).class == ObjectType::File {
                        return Err(failed("a file stands on the way"));
                    }
                    if self.world.object(child).link {
                        return Err(failed("a link stands on the way"));
                    }
                    child
                }
                (None, false) => self.add_implicit(at, name, object.class, &failed)?,
                (Some(_), true) if object.link => {
                    return Err(failed("it is there from the beginning, and no link"));
                }
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
        if let SecurityDecl::Damaged(_) = &object.security
            && let Err(why) = self.world.whole_descriptor(&object.security, object.class)
            && self.world.object(at).descriptor.is_none()
        {
            self.world.damage(at, why);
        }
        for (name, value) in &object.values {
            self.world.put_value(at, name, value);
        }
        if object.link {
            self.world.make_it_a_link(at);
        }
        if let Some(program) = object.program {
            Arc::make_mut(&mut self.world.programs).insert(at, program);
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
            let descriptor = self.computed(Some(parent), &self.nothing.clone(), ObjectType::Key, failed)?;
            (ObjectType::Key, descriptor)
        } else {
            (ObjectType::Directory, self.shared(implicit_directory(), ObjectType::Directory))
        };
        Ok(self.world.insert_object(parent, Arc::from(name), class, Some(descriptor)))
    }

    /// A directory, with those above it that nobody declares.
    fn directory_at(
        &mut self,
        path: &str,
        failed: &dyn Fn(&str) -> BuildError,
    ) -> Result<ObjectId, BuildError> {
        let mut at = FILE_ROOT;
        for name in path.split('/').filter(|name| !name.is_empty()) {
            at = match self.world.object(at).children.get(name) {
                Some(child) if self.world.object(child).class == ObjectType::Directory => child,
                Some(_) => return Err(failed("a file stands on the way")),
                None => self.add_implicit(at, name, ObjectType::Directory, failed)?,
            };
        }
        Ok(at)
    }

    fn add_volume(&mut self, position: usize, volume: &VolumeDecl) -> Result<(), BuildError> {
        let failed = |why: &str| BuildError {
            what: format!("volume {}", quote(&volume.path)),
            object: Some(position),
            process: None,
            why: why.to_owned(),
        };
        let root = self.directory_at(&volume.path, &failed)?;
        Arc::make_mut(&mut self.world.volumes).insert(root, Volume::of(volume));
        Ok(())
    }

    /// A link among files, below directories that are made where nobody declares them.
    fn add_link(&mut self, position: usize, link: &Link) -> Result<(), BuildError> {
        let failed = |why: &str| BuildError {
            what: format!("link {}", quote(&link.path)),
            object: Some(position),
            process: None,
            why: why.to_owned(),
        };
        let (above, name) = link.path.rsplit_once('/').unwrap_or(("", &link.path));
        let at = self.directory_at(above, &failed)?;
        if name.is_empty() || self.world.object(at).children.get(name).is_some() {
            return Err(failed("something has this name already"));
        }
        let name = Name { parent: at, name: Arc::from(name) };
        if link.kind == LinkKind::Symbolic {
            let descriptor = self.computed(Some(at), &self.nothing.clone(), ObjectType::File, &failed)?;
            self.world.add_link(&name, Some(descriptor), &link.to);
            return Ok(());
        }
        let mut names = link.to.split('/').filter(|name| !name.is_empty());
        let target = names.try_fold(FILE_ROOT, |at, name| self.world.object(at).children.get(name));
        match target.filter(|id| self.world.object(*id).class == ObjectType::File) {
            Some(id) => self.world.give_name(&name, id),
            None => return Err(failed("a further name is that of a file that is declared")),
        }
        Ok(())
    }

    fn descriptor_of(
        &mut self,
        parent: Option<ObjectId>,
        object: &super::declare::ObjectDecl,
        failed: &dyn Fn(&str) -> BuildError,
    ) -> Result<Option<Arc<Descriptor>>, BuildError> {
        let descriptor = self.edited_descriptor_of(parent, object, failed)?;
        let fits = |descriptor: &Arc<Descriptor>| key_masks_fit(descriptor.source(), &self.world.model);
        if object.class == ObjectType::Key && !descriptor.as_ref().is_none_or(fits) {
            return Err(failed("an entry of its descriptor speaks of rights that no key has (KEY-8)"));
        }
        Ok(descriptor)
    }

    fn edited_descriptor_of(
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
        Ok(source.map(|source| self.shared(source, object.class)))
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
            // One that this model cannot read is noted once the object is there.
            SecurityDecl::Damaged(_) => {
                let source = self.world.whole_descriptor(&object.security, object.class).ok();
                source.map(|source| self.compile(source, object.class))
            }
            SecurityDecl::Sddl(..) | SecurityDecl::Bytes(_) => {
                let source = self.world.whole_descriptor(&object.security, object.class);
                Some(self.shared(source.map_err(|error| failed(&error))?, object.class))
            }
            SecurityDecl::Parts(parts) => Some(self.computed(parent, parts, object.class, failed)?),
        })
    }

    /// The descriptor of a declared object: as if its owner, with the token of its logon, had created it.
    fn computed(
        &mut self,
        parent: Option<ObjectId>,
        parts: &Arc<DescriptorParts>,
        class: ObjectType,
        failed: &dyn Fn(&str) -> BuildError,
    ) -> Result<Arc<Descriptor>, BuildError> {
        let key = (parent, class, parts.clone());
        if let Some(descriptor) = self.computed.get(&key) {
            return Ok(descriptor.clone());
        }
        let above = parent.and_then(|parent| self.world.object(parent).descriptor.clone());
        let above = above.as_ref().map(|descriptor| descriptor.source());
        let defaults = self.owner_defaults(parts.owner.unwrap_or(SYSTEM));
        let source = self
            .world
            .new_descriptor(above, Given::Declared(parts), &defaults, class)
            .map_err(|error| failed(&error.to_string()))?;
        let descriptor = self.shared(source, class);
        self.computed.insert(key, descriptor.clone());
        Ok(descriptor)
    }

    /// What the owner's token contributes: a user's own group and default DACL; for a group or SYSTEM the same SID and
    /// full access for SYSTEM and the owner (section 10.9).
    fn owner_defaults(&self, owner: Sid) -> Defaults {
        let user = self.world.directory.principal(owner).filter(|principal| principal.can_log_on);
        let given = user.and_then(|principal| principal.shape.default_dacl.clone());
        let dacl = given.unwrap_or_else(|| default_dacl(owner));
        Defaults {
            owner,
            group: if user.is_some() { sid::USERS } else { owner },
            dacl: Some(Arc::new(Acl::new(dacl))),
        }
    }

    /// A process with its threads. One that is nobody's yet waits to be spawned, and has no pid before that (PRC-1).
    fn add_process(
        &mut self,
        position: usize,
        decl: &ProcessDecl,
        nobody: &Arc<Descriptor>,
        slots: &mut dyn Iterator<Item = u32>,
    ) -> Result<(), BuildError> {
        let id = ProcessId(self.world.processes.len() as u32);
        let first = self.world.threads.len() as u32;
        self.world.processes.push(Process {
            name: decl.name.clone(),
            pid: 0,
            primary: NO_TOKEN,
            trust: decl.trust.unwrap_or_default(),
            descriptor: nobody.clone(),
            live_threads: 0,
            threads: (first, decl.threads.len() as u32),
            signed: decl.trust,
            no_child_process: decl.no_child_process,
            host: decl.host,
            delegation: decl.delegation,
            state: ProcessState::Waiting,
            stopped: false,
            declared: decl.descriptor.clone().map(Arc::new),
            handles: BTreeSet::new(),
            ends: BTreeSet::new(),
        });
        for thread in &decl.threads {
            self.world.threads.push(Thread {
                name: thread.name.clone(),
                process: id,
                tid: 0,
                installed: None,
                slots: vec![None; slots.next().unwrap_or(0) as usize],
                serving: None,
                inbox: VecDeque::new(),
                line: None,
                state: ProcessState::Waiting,
                waits: thread.waits,
            });
        }
        let failed = |why: String| BuildError {
            what: format!("process {}", decl.name),
            object: None,
            process: Some(position),
            why,
        };
        if let Some(parts) = &decl.descriptor {
            let defaults = Defaults { owner: SYSTEM, group: SYSTEM, dacl: None };
            self.world
                .new_descriptor(None, Given::Created(parts), &defaults, ObjectType::Process)
                .map_err(|error| failed(error.to_string()))?;
        }
        let Some(account) = decl.account else { return Ok(()) };
        let logon = Logon { service: decl.service_sid, shape: Some(&decl.shape), ..Logon::of(account) };
        self.world.start_declared(id, &logon).map_err(failed)
    }

    fn add_endpoint(&mut self, decl: &super::declare::EndpointDecl) -> Result<(), BuildError> {
        let process = ProcessId(decl.process as u32);
        let mut parts = decl.descriptor.clone();
        if decl.default_dacl {
            let user = self.world.token(self.world.process(process).primary).facts().user;
            let all = |sid| Ace::basic(AceType::ALLOW, sid, AccessMask::GENERIC_ALL);
            let aces = [user, sid::ADMINISTRATORS, SYSTEM].map(all).into();
            let dacl = DaclDecl::List { protected: false, auto_inherit: false, aces };
            parts.get_or_insert_default().dacl = Some(dacl);
        }
        let failed = |why: String| BuildError {
            what: format!("endpoint {}", decl.name),
            object: None,
            process: Some(decl.process),
            why,
        };
        let descriptor = match &parts {
            None => None,
            Some(parts) => {
                let token = self.world.token(self.world.process(process).primary).clone();
                let defaults = super::file::subject_defaults(&token);
                let mut source = self
                    .world
                    .new_descriptor(None, Given::Created(parts), &defaults, ObjectType::Endpoint)
                    .map_err(|error| failed(error.to_string()))?;
                for edit in &decl.edits {
                    let model = &self.world.model;
                    source = changed(Some(&source), None, edit, ObjectType::Endpoint, model)
                        .map_err(|error| failed(error.to_string()))?;
                }
                Some(self.compile(source, ObjectType::Endpoint))
            }
        };
        self.world.endpoints.push(Endpoint {
            name: decl.name.clone(),
            process,
            descriptor,
            transport: decl.transport,
            pending: VecDeque::new(),
            waiting: VecDeque::new(),
        });
        Ok(())
    }
}

const KEY_READ: AccessMask = AccessMask(0x0002_0019);
const KEY_ALL: AccessMask = AccessMask(0x000F_003F);

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
