//! The contract of the store ports, run against every engine. A new engine adds one line to `engines!`.
#![expect(clippy::unwrap_used, reason = "a test says what went wrong by panicking, its builders too")]

mod builders;
mod contract;
mod crash;
mod leases;
mod money_model;
mod open;
mod postgres_only;
mod secrets;

/// Runs every test of the contract against a store that `$open` makes.
macro_rules! engines {
    ($($engine:ident => $open:expr;)*) => {$(
        mod $engine {
            crate::contract::tests!($open);
        }
    )*};
}

engines! {
    sqlite_file => crate::builders::sqlite_file();
    sqlite_memory => crate::builders::sqlite_memory();
    postgres => crate::builders::postgres();
}
