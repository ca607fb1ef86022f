//! Contacts of a document. A contact is known by its external id.

use domain::phone_number::PhoneNumber;
use domain::profile::Profile;
use domain::refusal::Refusal;

use super::document::ContactEntry;
use crate::manage_contacts::ContactDetails;
use crate::ports::store::ContactFilter;
use crate::{Platform, Principal};

/// What came of an entry.
pub(super) enum Done {
    Created,
    Updated,
    Unchanged,
}

/// Brings a contact in line.
pub(super) async fn apply(platform: &Platform, principal: &Principal, entry: &ContactEntry) -> Result<Done, Refusal> {
    let wanted = ContactDetails {
        name: entry.name.clone(),
        numbers: entry.numbers.clone(),
        time_zone: entry.time_zone.clone(),
        external_id: Some(entry.external_id.clone()),
        do_not_contact: entry.do_not_contact,
        profile: Profile::default(),
    };
    let filter = ContactFilter { external_id: wanted.external_id.clone(), limit: 1, ..ContactFilter::default() };
    let found = platform.find_contacts(principal, &filter).await?.items.into_iter().next();
    let Some(contact) = found else {
        platform.save_contact(principal, None, wanted).await?;
        return Ok(Done::Created);
    };
    // The document names what policy goes by; what else is known of the person stays.
    let wanted = ContactDetails { profile: contact.profile.clone(), ..wanted };
    let region = platform.own_organization(principal).await?.default_region;
    let read = |text: &String| PhoneNumber::parse(text, region.as_deref()).ok();
    let same = contact.name == wanted.name
        && wanted.numbers.iter().map(read).eq(contact.numbers.iter().cloned().map(Some))
        && contact.time_zone == wanted.time_zone
        && contact.do_not_contact == wanted.do_not_contact;
    if same {
        return Ok(Done::Unchanged);
    }
    platform.save_contact(principal, Some(contact.id), wanted).await?;
    Ok(Done::Updated)
}
