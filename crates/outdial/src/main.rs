//! outdial
fn main() {}
