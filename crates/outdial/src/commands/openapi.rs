//! `openapi`: the document of our own API or of a vendor's, as the server serves it.

use anyhow::Result;

use crate::output::Output;

/// Prints the document of the API with that name; `native` is ours.
pub fn run(dialect: &str, output: Output) -> Result<()> {
    let vendor = dialects::VENDORS.iter().find(|vendor| vendor.dialect.as_str() == dialect);
    let document = vendor.map_or_else(api::document, dialects::Vendor::document);
    Ok(output.line(&document.to_pretty_json()?)?)
}
