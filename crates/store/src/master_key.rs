//! The master key: where it comes from, and the file that the first start makes.
//!
//! Law: a key file that is there is never written to, and none is made for a database that holds sealed secrets
//! already: a new key could not open them. The text form is 64 hexadecimal digits a key; the first key seals, those
//! after it only open what they sealed in their time.

use std::io::Write;
use std::path::{Path, PathBuf};

use chacha20poly1305::{KeyInit, XChaCha20Poly1305};
use sha2::{Digest, Sha256};

/// Bytes of a key.
const BYTES: usize = 32;

/// Where the master key comes from.
#[derive(Clone, Debug, Default)]
pub enum KeySource {
    /// Nowhere: secrets can be neither stored nor read.
    #[default]
    None,
    /// From the configuration or the environment.
    Keys(MasterKeys),
    /// From a file, which is made where no secret has been sealed yet.
    File(PathBuf),
}

/// One key or several.
#[derive(Clone)]
pub struct MasterKeys {
    current: MasterKey,
    former: Vec<MasterKey>,
}

#[derive(Clone)]
pub(crate) struct MasterKey {
    /// Tells keys apart within a sealed value: first byte of the SHA-256 of the key.
    pub(crate) id: u8,
    pub(crate) cipher: XChaCha20Poly1305,
    /// What addresses of recordings are signed with: made from the key, and says nothing of it.
    pub(crate) links: [u8; BYTES],
}

/// A text that is not a master key. Says how one is made, never what was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must hold 64 hexadecimal digits a key (`openssl rand -hex 32` makes one), the current key first")]
pub struct InvalidMasterKey;

impl std::fmt::Debug for MasterKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MasterKeys(hidden)")
    }
}

impl MasterKeys {
    /// Reads keys that spaces, commas or line ends stand between.
    pub fn parse(text: &str) -> Result<Self, InvalidMasterKey> {
        let words = text.split(|c: char| c.is_whitespace() || c == ',').filter(|word| !word.is_empty());
        let mut keys =
            words.map(|word| unhex(word).map(MasterKey::new)).collect::<Option<Vec<_>>>().into_iter().flatten();
        let current = keys.next().ok_or(InvalidMasterKey)?;
        Ok(Self { current, former: keys.collect() })
    }

    /// Draws a key that is written nowhere: for tests and for stores in memory.
    pub fn draw() -> std::io::Result<Self> {
        Ok(Self { current: MasterKey::new(draw()?), former: Vec::new() })
    }

    /// Reads the file; `None` where there is none.
    pub(crate) fn read(path: &Path) -> std::io::Result<Option<Self>> {
        match std::fs::read_to_string(path) {
            Ok(text) => Self::parse(&text).map(Some).map_err(std::io::Error::other),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Draws a key and writes it to a file that only its owner can read. Of two who make it at once, both come back
    /// with the one that was written first.
    pub(crate) fn make(path: &Path) -> std::io::Result<Self> {
        let key = draw()?;
        let text: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
        // Written aside and linked into place, so that no reader and no crash finds half a key.
        let aside = path.with_extension(format!("{}.tmp", std::process::id()));
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&aside)?;
        writeln!(file, "{text}")?;
        file.sync_all()?;
        let linked = std::fs::hard_link(&aside, path);
        std::fs::remove_file(&aside)?;
        match linked {
            Ok(()) => {
                if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
                    std::fs::File::open(folder)?.sync_all()?;
                }
                Ok(Self { current: MasterKey::new(key), former: Vec::new() })
            }
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                Self::read(path)?.ok_or_else(|| std::io::Error::from(std::io::ErrorKind::NotFound))
            }
            Err(error) => Err(error),
        }
    }

    pub(crate) fn current(&self) -> &MasterKey {
        &self.current
    }

    /// All keys, the current one first.
    pub(crate) fn all(&self) -> impl Iterator<Item = &MasterKey> {
        std::iter::once(&self.current).chain(&self.former)
    }

    /// Keys with this id, the current one first.
    pub(crate) fn named(&self, id: u8) -> impl Iterator<Item = &MasterKey> {
        self.all().filter(move |key| key.id == id)
    }
}

impl MasterKey {
    fn new(key: [u8; BYTES]) -> Self {
        let links = Sha256::new().chain_update(b"outdial/recording links/").chain_update(key).finalize().into();
        Self { id: Sha256::digest(key)[0], cipher: XChaCha20Poly1305::new(&key.into()), links }
    }
}

fn draw() -> std::io::Result<[u8; BYTES]> {
    let mut key = [0; BYTES];
    getrandom::fill(&mut key).map_err(|_| std::io::Error::other("the system has no randomness to draw a key from"))?;
    Ok(key)
}

fn unhex(text: &str) -> Option<[u8; BYTES]> {
    let mut key = [0; BYTES];
    if text.len() != 2 * BYTES || !text.is_ascii() {
        return None;
    }
    for (byte, pair) in key.iter_mut().zip(text.as_bytes().chunks(2)) {
        let pair = std::str::from_utf8(pair).ok()?;
        // `from_str_radix` would take a sign.
        if pair.starts_with('+') {
            return None;
        }
        *byte = u8::from_str_radix(pair, 16).ok()?;
    }
    Some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_hexadecimal_and_nothing_else() {
        let key = "0f".repeat(32);
        for good in
            [key.clone(), key.to_uppercase(), format!(" {key}\n"), format!("{key},{key}"), format!("{key}\n{key}")]
        {
            assert!(MasterKeys::parse(&good).is_ok(), "{good}");
        }
        for bad in
            ["", "0f", &key[1..], &format!("{key}0"), &format!("{key} 0f"), &key.replace('f', "g"), &"+f".repeat(32)]
        {
            assert_eq!(MasterKeys::parse(bad).unwrap_err(), InvalidMasterKey, "{bad}");
        }
        assert!(!InvalidMasterKey.to_string().contains("0f"));
    }

    #[test]
    fn a_file_is_made_once_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        assert!(MasterKeys::read(&path).unwrap().is_none());
        let made = MasterKeys::make(&path).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let again = MasterKeys::make(&path).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        assert_eq!(made.current.id, again.current.id);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left aside");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }
}
