//! Builds the dashboard (`ui/`) and lists its files for `include_bytes!`.
//!
//! Law: writes nothing outside `OUT_DIR` but `ui/node_modules`, and never embeds an empty dashboard in silence. What is
//! embedded without one is a page that says how to get it, beside a warning of cargo's; with the feature `require-ui`
//! the build fails. `UI_DIST` names a folder that was built elsewhere; `UI_SKIP=1` builds none.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, io};

/// What the dashboard is made of, below `ui/`.
const SOURCES: &[&str] = &[
    "src",
    "public",
    "index.html",
    "package.json",
    "package-lock.json",
    "vite.config.ts",
    "tailwind.config.js",
    "postcss.config.js",
];
/// Oldest Node.js that Vite runs on.
const OLDEST_NODE: u32 = 20;

fn main() {
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo names a folder"));
    let manifest = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo names the crate"));
    let ui = manifest.join("../../ui");
    for name in ["UI_DIST", "UI_SKIP"] {
        println!("cargo::rerun-if-env-changed={name}");
    }
    println!("cargo::rerun-if-changed=build.rs");
    for source in SOURCES.iter().map(|source| ui.join(source)).filter(|source| source.exists()) {
        println!("cargo::rerun-if-changed={}", source.display());
    }
    let dist = match built(&ui, &out.join("dist")) {
        Ok(dist) => dist,
        Err(why) if env::var_os("CARGO_FEATURE_REQUIRE_UI").is_some() => panic!("the dashboard was not built: {why}"),
        Err(why) => {
            println!("cargo::warning=the dashboard is not in this build: {why}");
            placeholder(&out.join("placeholder"), &why).expect("OUT_DIR can be written")
        }
    };
    fs::write(out.join("files.rs"), listing(&dist).expect("what was built can be read"))
        .expect("OUT_DIR can be written");
}

/// The folder with the built dashboard, or why there is none.
fn built(ui: &Path, dist: &Path) -> Result<PathBuf, String> {
    if let Some(folder) = env::var_os("UI_DIST").filter(|folder| !folder.is_empty()) {
        let folder = PathBuf::from(folder);
        println!("cargo::rerun-if-changed={}", folder.display());
        let index = folder.join("index.html");
        return if index.is_file() { Ok(folder) } else { Err("UI_DIST names a folder without index.html".to_owned()) };
    }
    if env::var("UI_SKIP").is_ok_and(|value| value == "1") {
        return Err("UI_SKIP=1 is set".to_owned());
    }
    node()?;
    install(ui)?;
    let mut vite = Command::new("node");
    vite.arg("node_modules/vite/bin/vite.js").args(["build", "--logLevel", "warn", "--emptyOutDir", "--outDir"]);
    run(vite.arg(dist).current_dir(ui), "vite build")?;
    Ok(dist.to_owned())
}

fn node() -> Result<(), String> {
    let remedy = format!("install Node.js {OLDEST_NODE} or newer and build again");
    let output = Command::new("node").arg("--version").output();
    let version = output.map_err(|_| format!("there is no node here; {remedy}"))?.stdout;
    let version = String::from_utf8_lossy(&version);
    let major = version.trim().trim_start_matches('v').split('.').next();
    let major: Option<u32> = major.and_then(|major| major.parse().ok());
    match major {
        Some(major) if major >= OLDEST_NODE => Ok(()),
        _ => Err(format!("node {} is too old; {remedy}", version.trim())),
    }
}

/// Installs what the lock names, only where it changed since.
fn install(ui: &Path) -> Result<(), String> {
    let lock = fs::read(ui.join("package-lock.json")).map_err(|error| format!("package-lock.json: {error}"))?;
    let stamp = ui.join("node_modules/.installed-lock");
    if fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    let mut npm = Command::new("npm");
    run(npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]).current_dir(ui), "npm ci")?;
    fs::write(stamp, lock).map_err(|error| format!("ui/node_modules: {error}"))
}

fn run(command: &mut Command, what: &str) -> Result<(), String> {
    let output = command.output().map_err(|error| format!("{what}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    Err(format!("{what} failed: {}", said.split_whitespace().collect::<Vec<_>>().join(" ")))
}

fn placeholder(folder: &Path, why: &str) -> io::Result<PathBuf> {
    fs::create_dir_all(folder)?;
    let why = why.replace('&', "&amp;").replace('<', "&lt;");
    let page = format!(
        "<!doctype html><html lang=en><meta charset=utf-8><title>Outdial</title><body><h1>Outdial is running</h1>\
         <p>This binary was built without its dashboard: {why}.</p>\
         <p>Install Node.js {OLDEST_NODE} or newer, and run <code>cargo build --release</code> again without \
         <code>UI_SKIP</code>. The API works as it is: <a href=/openapi.json>/openapi.json</a>.</p></body></html>"
    );
    fs::write(folder.join("index.html"), page)?;
    Ok(folder.to_owned())
}

/// The folder as a Rust array, sorted by path; a file beside it named `.gz` is its compressed form.
fn listing(dist: &Path) -> io::Result<String> {
    let mut paths = Vec::new();
    collect(dist, dist, &mut paths)?;
    paths.sort();
    let mut text = String::from("&[\n");
    for path in paths.iter().filter(|path| !path.ends_with(".gz")) {
        let packed = format!("{path}.gz");
        let bytes = |path: &str| format!("include_bytes!({:?})", dist.join(path).display().to_string());
        let gzip = if paths.contains(&packed) { format!("Some({})", bytes(&packed)) } else { "None".to_owned() };
        let _ = writeln!(text, "    File {{ path: {path:?}, bytes: {}, gzip: {gzip} }},", bytes(path));
    }
    text.push(']');
    Ok(text)
}

fn collect(root: &Path, folder: &Path, paths: &mut Vec<String>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(root, &path, paths)?;
        } else if let Ok(below) = path.strip_prefix(root) {
            paths.push(below.to_string_lossy().replace('\\', "/"));
        }
    }
    Ok(())
}
