//! The command line of fastwright.

fn main() {}
