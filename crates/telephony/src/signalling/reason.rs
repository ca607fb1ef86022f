//! Reason headers (RFC 3326): why the other side ended a call. Law: evidence is kept as sent; nothing is guessed.

/// One reason value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// `SIP`, `Q.850`, or another protocol's name.
    pub protocol: String,
    /// Its cause number.
    pub cause: Option<u16>,
    /// Its text, without the quotes.
    pub text: Option<String>,
}

const MAX_CAUSES: usize = 8;

impl Cause {
    /// Reads a Reason header's value, which may list several reasons.
    pub fn parse_all(value: &str) -> Vec<Self> {
        split_outside_quotes(value, ',').take(MAX_CAUSES).filter_map(Self::parse).collect()
    }

    fn parse(value: &str) -> Option<Self> {
        let mut parts = split_outside_quotes(value, ';');
        let protocol = parts.next().map(str::trim).filter(|protocol| !protocol.is_empty())?.to_owned();
        let mut reason = Self { protocol, cause: None, text: None };
        for part in parts {
            let Some((name, value)) = part.split_once('=') else { continue };
            let value = value.trim().trim_matches('"');
            match name.trim().to_ascii_lowercase().as_str() {
                "cause" => reason.cause = value.parse().ok(),
                "text" => reason.text = Some(value.chars().take(120).collect()),
                _ => {}
            }
        }
        Some(reason)
    }
}

fn split_outside_quotes(value: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    value.split(move |c| {
        if c == '"' {
            quoted = !quoted;
        }
        c == separator && !quoted
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_protocol_cause_and_text() {
        assert_eq!(
            Cause::parse_all("Q.850;cause=16;text=\"Normal, clearing; ok\", SIP ;cause=200 ;text=\"x\""),
            [
                Cause { protocol: "Q.850".into(), cause: Some(16), text: Some("Normal, clearing; ok".into()) },
                Cause { protocol: "SIP".into(), cause: Some(200), text: Some("x".into()) },
            ]
        );
    }

    #[test]
    fn keeps_what_can_be_read_of_a_broken_value() {
        assert_eq!(Cause::parse_all("Q.850;cause=abc"), [Cause { protocol: "Q.850".into(), cause: None, text: None }]);
        assert!(Cause::parse_all("").is_empty());
        assert!(Cause::parse_all(";;;,,").is_empty());
    }
}
