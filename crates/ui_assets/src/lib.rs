//! The files of the dashboard, built from `ui/` by the build script and carried in the binary.
//!
//! Law: bytes and their names, nothing else; who may see them under which headers is the API's to say.

/// A file of the dashboard.
#[derive(Clone, Copy, Debug)]
pub struct File {
    /// Path below the dashboard's root, such as `assets/index-1a2b3c.js`.
    pub path: &'static str,
    /// What is in it.
    pub bytes: &'static [u8],
    /// The same as gzip, where that is worth it.
    pub gzip: Option<&'static [u8]>,
}

impl File {
    /// Whether the name changes with the content, so that it may be kept for ever.
    #[must_use]
    pub fn is_hashed(&self) -> bool {
        self.path.starts_with("assets/")
    }

    /// Its media type, by its name.
    #[must_use]
    pub fn media_type(&self) -> &'static str {
        match self.path.rsplit_once('.').map(|(_, end)| end) {
            Some("html") => "text/html; charset=utf-8",
            Some("js") => "text/javascript; charset=utf-8",
            Some("css") => "text/css; charset=utf-8",
            Some("svg") => "image/svg+xml",
            Some("png") => "image/png",
            Some("woff2") => "font/woff2",
            Some("json") => "application/json",
            _ => "application/octet-stream",
        }
    }
}

/// All of them, sorted by path.
pub const FILES: &[File] = include!(concat!(env!("OUT_DIR"), "/files.rs"));

/// The page that all addresses of the dashboard begin with.
pub const INDEX: &str = "index.html";

/// The file at `path`, if there is one.
#[must_use]
pub fn find(path: &str) -> Option<&'static File> {
    FILES.iter().find(|file| file.path == path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_always_a_page_and_every_file_has_a_type() {
        assert!(find(INDEX).is_some_and(|index| index.bytes.starts_with(b"<!doctype html>")));
        assert!(find("../Cargo.toml").is_none());
        for file in FILES {
            assert_ne!(file.media_type(), "application/octet-stream", "{}", file.path);
        }
    }
}
