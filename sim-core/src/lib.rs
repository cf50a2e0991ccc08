//! The security model and the simulator.
