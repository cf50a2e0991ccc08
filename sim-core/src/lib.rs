//! The security model and the discrete-event simulator around it: pure data in, pure data out.
//!
//! Modules stand in rank order, and each imports lower ranks only: the models (0), identifiers, masks and privileges
//! (1), security descriptors (2), tokens (3), the access check (4), the world (5), the engine (6), traces (7), analyses (8).
//! Nothing here reads a file, a clock or the environment, and nothing prints.

pub mod model;
pub mod text;

pub mod fingerprint;
pub mod ids;
pub mod privilege;
pub mod rights;
pub mod sid;

pub mod sd;

pub mod token;

pub mod access;

pub mod world;

pub mod engine;

pub mod trace;

pub mod analysis;
