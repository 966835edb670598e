//! The Exchange ActiveSync front: HTTP binding and one room per EAS command.
