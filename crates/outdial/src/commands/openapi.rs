//! `openapi`: the document of our own API or of a vendor's, as the server serves it.

use anyhow::Result;
use domain::dialect::Dialect;

use crate::output::Output;

/// Prints the document.
pub fn run(dialect: Dialect, output: Output) -> Result<()> {
    let vendor = dialects::VENDORS.iter().find(|vendor| vendor.dialect == dialect);
    let document = vendor.map_or_else(api::document, dialects::Vendor::document);
    Ok(output.line(&document.to_pretty_json()?)?)
}
