//! Reads what people write: the `.scn` language and JSON access requests.
pub mod ast;
pub mod diag;
