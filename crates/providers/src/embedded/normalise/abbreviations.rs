//! Abbreviations of titles, streets and everyday words.

use super::{STOP_IS_NOT_AN_END, Words};

/// Written with a full stop behind it, or without; read as.
const TABLE: &[(&str, &str)] = &[
    ("mr", "Mister"),
    ("mrs", "Missus"),
    ("ms", "Miz"),
    ("prof", "Professor"),
    ("jr", "Junior"),
    ("sr", "Senior"),
    ("ave", "Avenue"),
    ("blvd", "Boulevard"),
    ("rd", "Road"),
    ("ln", "Lane"),
    ("hwy", "Highway"),
    ("pkwy", "Parkway"),
    ("apt", "Apartment"),
    ("ste", "Suite"),
    ("dept", "department"),
    ("appt", "appointment"),
    ("approx", "approximately"),
    ("etc", "et cetera"),
    ("vs", "versus"),
    ("inc", "Incorporated"),
    ("ltd", "Limited"),
    ("corp", "Corporation"),
    ("govt", "government"),
    ("asap", "as soon as possible"),
    ("w/o", "without"),
    ("w/", "with"),
    ("e.g", "for example"),
    ("i.e", "that is"),
    ("a.k.a", "also known as"),
    ("p.s", "P S"),
    ("u.s", "U S"),
    ("u.s.a", "U S A"),
    ("u.k", "U K"),
    ("ext", "extension"),
    ("tel", "telephone"),
    ("qty", "quantity"),
];
/// Short forms that are words of their own without a full stop.
const ONLY_WITH_STOP: &[(&str, &str)] = &[
    ("no", "number"),
    ("min", "minutes"),
    ("max", "maximum"),
    ("ft", "feet"),
    ("in", "inches"),
    ("gen", "General"),
    ("sen", "Senator"),
    ("rep", "Representative"),
    ("capt", "Captain"),
    ("lt", "Lieutenant"),
    ("col", "Colonel"),
    ("sgt", "Sergeant"),
    ("rev", "Reverend"),
    ("mt", "Mount"),
    ("fig", "figure"),
    ("vol", "volume"),
    ("est", "established"),
];

pub(super) fn recognise(words: &Words<'_>) -> Option<(usize, String)> {
    let lower = words.at(0).to_lowercase();
    let stop = words.cores[0].closing.starts_with('.');
    let next = words.at(1);
    let followed_by_name = next.starts_with(char::is_uppercase);
    let spoken = match lower.as_str() {
        "dr" if followed_by_name => "Doctor",
        "dr" => "Drive",
        // "12 Main St. Boston": behind a name it is a street.
        "st" if stop && followed_by_name && !words.before_written.starts_with(char::is_uppercase) => "Saint",
        "st" if stop || words.before_written.starts_with(char::is_uppercase) => "Street",
        "no" if stop && !next.starts_with(|c: char| c.is_ascii_digit()) => return None,
        "in" | "min" | "max" | "est" | "col" | "rep" if stop && words.cores.len() == 1 => return None,
        "in" | "rev" | "gen" | "rep" if stop && !followed_by_name => return None,
        _ => {
            let always = TABLE.iter().find(|(short, _)| *short == lower);
            let marked = ONLY_WITH_STOP.iter().find(|(short, _)| stop && *short == lower);
            always.or(marked)?.1
        }
    };
    // The stop behind a title never ends a sentence.
    let title = matches!(spoken, "Mister" | "Missus" | "Miz" | "Doctor" | "Professor" | "Saint" | "number" | "Mount");
    let mark = if title { [STOP_IS_NOT_AN_END, STOP_IS_NOT_AN_END].concat() } else { STOP_IS_NOT_AN_END.to_owned() };
    Some((1, format!("{spoken}{mark}")))
}
