//! Test harness, contract suites, golden files and end-to-end tests.

pub mod contract;
pub mod servers;
