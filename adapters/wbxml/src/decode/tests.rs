//! One test per thing that is accepted or refused.
