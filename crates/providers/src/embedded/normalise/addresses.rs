//! Addresses of mail and web: `john.miller42@gmail.com`, `https://www.example.com/pay`.

use super::Words;
use super::codes::spell;
use super::numbers::digits;

/// Top-level domains that are read as a word; others of two letters are spelled.
const SPOKEN_ENDINGS: &[&str] =
    &["com", "net", "org", "info", "biz", "gov", "app", "dev", "shop", "online", "edu", "mil"];

pub(super) fn recognise(words: &Words<'_>) -> Option<(usize, String)> {
    let core = words.at(0);
    let spoken = mail(core).or_else(|| web(core))?;
    Some((1, spoken))
}

fn mail(core: &str) -> Option<String> {
    let core = core.strip_prefix("mailto:").unwrap_or(core);
    let (local, domain) = core.split_once('@')?;
    if local.is_empty() || !domain.contains('.') || domain.contains('@') {
        return None;
    }
    Some(format!("{} at {}", parts(local, false), parts(domain, true)))
}

fn web(core: &str) -> Option<String> {
    let lower = core.to_ascii_lowercase();
    let rest = lower.strip_prefix("https://").or_else(|| lower.strip_prefix("http://"));
    let bare = rest.unwrap_or(&lower);
    let (host, path) = bare.split_once('/').unwrap_or((bare, ""));
    let ending = host.rsplit_once('.').map_or("", |(_, ending)| ending);
    let known = SPOKEN_ENDINGS.contains(&ending) || matches!(ending, "io" | "ai" | "co" | "us" | "uk" | "me" | "tv");
    let plain = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'-');
    if !plain || !(rest.is_some() || host.starts_with("www.") || (known && host.len() > ending.len() + 1)) {
        return None;
    }
    let host = host.strip_prefix("www.").unwrap_or(host);
    let path = path.split(['?', '#']).next().unwrap_or("").trim_end_matches('/');
    let spoken = parts(host, true);
    Some(if path.is_empty() { spoken } else { format!("{spoken} slash {}", parts(path, false)) })
}

/// Words, signs by name, digits one by one.
fn parts(text: &str, domain: bool) -> String {
    let mut spoken: Vec<String> = Vec::new();
    let mut word = String::new();
    let ending = text.rsplit_once('.').map_or("", |(_, ending)| ending);
    let flush = |word: &mut String, spoken: &mut Vec<String>| {
        if word.is_empty() {
            return;
        }
        let spelled = (domain && word == ending && !SPOKEN_ENDINGS.contains(&word.as_str()) && word.len() <= 3)
            || word.chars().count() == 1
            || !word.chars().any(|c| "aeiouyAEIOUY".contains(c));
        let text = if word.starts_with(|c: char| c.is_ascii_digit()) {
            digits(word)
        } else if spelled {
            spell(word)
        } else {
            word.clone()
        };
        spoken.push(text);
        word.clear();
    };
    for c in text.chars() {
        let sign = match c {
            '.' => "dot",
            '-' => "dash",
            '_' => "underscore",
            '+' => "plus",
            '/' => "slash",
            '&' => "and",
            '=' => "equals",
            '%' | '~' | '\'' => "",
            _ => {
                let digit = c.is_ascii_digit();
                if word.chars().last().is_some_and(|last| last.is_ascii_digit() != digit) {
                    flush(&mut word, &mut spoken);
                }
                word.push(c);
                continue;
            }
        };
        flush(&mut word, &mut spoken);
        if !sign.is_empty() {
            spoken.push(sign.to_owned());
        }
    }
    flush(&mut word, &mut spoken);
    spoken.join(" ")
}
