//! What `status_url` is told: only calls that nobody picked up, in five words. There is nothing to subscribe to, and
//! no signature is documented; ours goes along in a header of its own.

use crate::webhooks::{Signatures, Story, VendorWebhooks, Wanted, sha256_of};

use super::to_wire;

/// Told to `status_url` alone.
pub(super) const WEBHOOKS: VendorWebhooks = VendorWebhooks { events: &[], bodies, sign };

fn bodies(story: &Story<'_>, wanted: Wanted<'_>) -> Vec<Vec<u8>> {
    body(story, wanted).into_iter().collect()
}

fn body(story: &Story<'_>, _: Wanted<'_>) -> Option<Vec<u8>> {
    let Story::Call(told) = story else { return None };
    let agent = told.names.map_or_else(|| told.call.agent.to_string(), |names| names.vonage.clone());
    serde_json::to_vec(&to_wire::status_callback(told.call, &agent)?).ok()
}

fn sign(secret: &str, _: i64, body: &[u8]) -> Signatures {
    vec![("x-outdial-signature".to_owned(), sha256_of(secret, body))]
}
