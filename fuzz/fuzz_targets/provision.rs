//! A provisioning document. Law: it is read or refused with the place of its fault, whatever it says.
#![no_main]

use app::provision::Provision;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Err(error) = Provision::parse(text) {
        assert!(!error.to_string().is_empty());
    }
});
