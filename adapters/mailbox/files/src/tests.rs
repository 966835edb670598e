//! Behaviour only this backend has; the promises of the port are tested by its contract suite.
