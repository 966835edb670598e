//! The HTTP binding (MS-ASHTTP).
