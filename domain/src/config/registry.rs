//! The attribute registry: name, type, scopes, default and meaning of every attribute.
