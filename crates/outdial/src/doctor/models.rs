//! The embedded speech models: there, whole, and the ones that this release was tested with.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use sha2::{Digest, Sha256};

use super::Finding;
use crate::config::Config;

/// A model's file.
struct Expected {
    path: &'static str,
    bytes: u64,
    sha256: &'static str,
}

pub(super) fn all(config: &Config) -> Vec<Finding> {
    FILES.iter().map(|expected| check(&config.speech.models_dir, expected)).collect()
}

fn check(dir: &Path, expected: &Expected) -> Finding {
    let (name, path) = (format!("model {}", expected.path), dir.join(expected.path));
    let remedy = "set speech.models_dir to the folder `models` of this release, or restore the file from it";
    let (bytes, sha256) = match digest(&path) {
        Ok(seen) => seen,
        Err(e) => return Finding::failure(name, format!("{}: {e}", path.display()), remedy),
    };
    if bytes != expected.bytes {
        return Finding::failure(name, format!("has {bytes} bytes instead of {}", expected.bytes), remedy);
    }
    if sha256 != expected.sha256 {
        return Finding::failure(name, format!("is another file: SHA-256 {sha256}"), remedy);
    }
    Finding::ok(name, format!("{} kB, SHA-256 {}…", bytes / 1_000, &sha256[..12]))
}

fn digest(path: &Path) -> io::Result<(u64, String)> {
    let (mut file, mut hash, mut bytes) = (File::open(path)?, Sha256::new(), 0);
    let mut piece = vec![0; 1 << 16];
    loop {
        let read = file.read(&mut piece)?;
        if read == 0 {
            break;
        }
        hash.update(&piece[..read]);
        bytes += read as u64;
    }
    Ok((bytes, hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()))
}

const FILES: &[Expected] = &[
    Expected {
        path: "hibari-heart/hibari.onnx",
        bytes: 7_936_868,
        sha256: "5f70741d4e900f4e85d0037498736cc1b3e1b9a63a13546a5da1e63abf4fccd8",
    },
    Expected {
        path: "hibari-heart/oov.json",
        bytes: 2_273,
        sha256: "b462e6e5dbdf0e7346c732385d0dd844f612f1770871441c56932bff4ca75d8c",
    },
    Expected {
        path: "hibari-heart/oov.onnx",
        bytes: 2_975_020,
        sha256: "d3cfd8122c5f172a98c8de38268bf1213ee09f2c2ae4df6e055fc6532590fe76",
    },
    Expected {
        path: "hibari-heart/vocab.json",
        bytes: 1_144,
        sha256: "70abefbe8a1c8865e43e0a43bbdc25b91a33e4aa053479d443ccf23e20a59e5d",
    },
    Expected {
        path: "hibari-heart/voices.json",
        bytes: 1_411,
        sha256: "f8b7657ecd0e0e362d3403e99538c0e5bfe20d6a903dfcd04c772b2c73abb204",
    },
    Expected {
        path: "minilm/model.onnx",
        bytes: 22_928_619,
        sha256: "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6",
    },
    Expected {
        path: "minilm/tokenizer.json",
        bytes: 466_247,
        sha256: "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    },
    Expected {
        path: "moonshine-tiny-en/decoder.onnx",
        bytes: 29_585_271,
        sha256: "d1ef5a639ba423192d170f7cdd21869a724083d0fdb28c65d4d4780548493a88",
    },
    Expected {
        path: "moonshine-tiny-en/encoder.onnx",
        bytes: 12_957_058,
        sha256: "c111c7b74ab02225c1938d78e5e2c54f270bbd7a25f534010d7e0d293f5301be",
    },
    Expected {
        path: "moonshine-tiny-en/tokenizer.bin",
        bytes: 249_974,
        sha256: "6884b35fd6377d4c4d32336a0bc152f36b64d1e45b6503683cdc238250a8472d",
    },
    Expected {
        path: "silero-vad/silero_vad.onnx",
        bytes: 2_327_524,
        sha256: "1a153a22f4509e292a94e67d6f9b85e8deb25b4988682b7e174c65279d8788e3",
    },
    Expected {
        path: "smart-turn/smart-turn-v3.2-cpu.onnx",
        bytes: 8_679_182,
        sha256: "2bb026316b14a660486a75b1733cd3fbab8c2fd0314dc9af7be49f8cca967e4f",
    },
];

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{FILES, check};
    use crate::doctor::Verdict;

    #[test]
    fn the_models_of_this_release_pass_and_others_do_not() {
        let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models");
        let smallest = FILES.iter().min_by_key(|file| file.bytes).unwrap();
        assert_eq!(check(&models, smallest).verdict, Verdict::Ok);
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(check(folder.path(), smallest).verdict, Verdict::Failure);
        let path = folder.path().join(smallest.path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, vec![0; usize::try_from(smallest.bytes).unwrap()]).unwrap();
        let finding = check(folder.path(), smallest);
        assert!(finding.verdict == Verdict::Failure && finding.detail.contains("another file"), "{finding:?}");
    }
}
