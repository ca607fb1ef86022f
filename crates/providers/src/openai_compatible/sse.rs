//! Server-sent events from bytes as they arrive, in whatever pieces.
//!
//! Law: works on bytes, so a character cut in two by the network is whole again before it is read as UTF-8; memory is
//! bounded. Source: WHATWG HTML, 9.2.6 "Interpreting an event stream".

/// An event longer than this is not a chat delta.
const LONGEST_EVENT: usize = 1 << 20;

/// The stream is not what it claims to be.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum SseError {
    /// No end of line or event within the limit.
    #[error("an event is longer than 1 MiB")]
    TooLong,
    /// Not text.
    #[error("an event is not UTF-8")]
    NotText,
}

/// Reassembles events.
#[derive(Default)]
pub(super) struct SseReader {
    buffer: Vec<u8>,
    data: Vec<u8>,
    has_data: bool,
}

impl SseReader {
    /// Takes bytes in, and gives the data of each event that is complete with them.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<Vec<String>, SseError> {
        self.buffer.extend_from_slice(bytes);
        let mut events = Vec::new();
        let mut start = 0;
        while let Some(length) = self.buffer[start..].iter().position(|&byte| byte == b'\n') {
            let line = &self.buffer[start..start + length];
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            start += length + 1;
            if line.is_empty() {
                if std::mem::take(&mut self.has_data) {
                    let data = std::mem::take(&mut self.data);
                    events.push(String::from_utf8(data).map_err(|_| SseError::NotText)?);
                }
            } else if let Some(value) = line.strip_prefix(b"data:") {
                if std::mem::replace(&mut self.has_data, true) {
                    self.data.push(b'\n');
                }
                self.data.extend_from_slice(value.strip_prefix(b" ").unwrap_or(value));
            }
        }
        self.buffer.drain(..start);
        if self.buffer.len() > LONGEST_EVENT || self.data.len() > LONGEST_EVENT {
            return Err(SseError::TooLong);
        }
        Ok(events)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_events_come_out_however_the_bytes_are_cut() {
        let stream =
            ": hello\r\ndata: {\"a\":\"é€😀\"}\r\n\r\nevent: x\ndata:one\ndata: two\n\n\ndata: [DONE]\n\n".as_bytes();
        for size in 1..=stream.len() {
            let mut reader = SseReader::default();
            let mut events = Vec::new();
            for piece in stream.chunks(size) {
                events.extend(reader.push(piece).expect("well formed"));
            }
            assert_eq!(events, ["{\"a\":\"é€😀\"}", "one\ntwo", "[DONE]"], "pieces of {size}");
        }
    }

    #[test]
    fn garbage_is_an_error_and_memory_is_bounded() {
        assert_eq!(SseReader::default().push(b"data: \xff\xfe\n\n"), Err(SseError::NotText));
        assert_eq!(SseReader::default().push(&vec![b'x'; LONGEST_EVENT + 1]), Err(SseError::TooLong));
    }
}
