//! The composition root: parses the command line, wires ports to adapters and runs one subcommand.
fn main() {}
