//! Given/when/then of the aggregate.
