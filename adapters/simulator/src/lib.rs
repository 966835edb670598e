//! A simulated phone: a real EAS client that drives the whole conversation.
