//! House rules that a reader feels: modules that introduce themselves, files that fit in a head.

use std::path::{Path, PathBuf};

use anyhow::Context;

/// Longest file without a reason in it.
const MOST_LINES: usize = 500;
/// A longer file says why in a comment that begins so.
const REASON: &str = "// Long because";

pub(crate) fn faults() -> anyhow::Result<Vec<String>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize()?;
    let mut files = Vec::new();
    for crate_dir in read_dir(&root.join("crates"))? {
        collect(&crate_dir.join("src"), &mut files)?;
        collect(&crate_dir.join("tests"), &mut files)?;
    }
    let mut faults = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).with_context(|| file.display().to_string())?;
        let name = file.strip_prefix(&root).unwrap_or(&file).display().to_string();
        faults.extend(faults_of(&name, &text));
    }
    Ok(faults)
}

fn faults_of(name: &str, text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    if !text.trim_start().starts_with("//!") {
        faults
            .push(format!("{name}: does not open with //! (what it is for, its law, where it stands on a call's way)"));
    }
    let lines = text.lines().count();
    if lines > MOST_LINES && !text.contains(REASON) {
        faults.push(format!("{name}: {lines} lines; split it, or say why in a comment \"{REASON} …\""));
    }
    if text.contains("#[ignore") {
        faults.push(format!("{name}: an ignored test; fix it or assert what happens and say why"));
    }
    faults
}

fn collect(dir: &Path, files: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    if !dir.is_dir() {
        return Ok(());
    }
    for path in read_dir(dir)? {
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|e| e == "rs") && path.file_name().is_some_and(|n| n != "tidy.rs") {
            files.push(path);
        }
    }
    Ok(())
}

fn read_dir(dir: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(dir)?.map(|e| e.map(|e| e.path())).collect::<Result<_, _>>()?;
    paths.sort();
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silent_modules_and_long_files_are_faults() {
        assert_eq!(faults_of("a.rs", "//! says\nfn f() {}\n").len(), 0);
        assert_eq!(faults_of("a.rs", "fn f() {}\n").len(), 1);
        assert_eq!(faults_of("a.rs", &format!("//! says\n{}", "\n".repeat(600))).len(), 1);
    }
}
