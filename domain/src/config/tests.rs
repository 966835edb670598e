//! Attribute registry tests.
