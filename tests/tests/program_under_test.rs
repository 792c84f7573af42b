//! The program under test, and its cache. Each test has a cache of its own. It begins with the built-in policies, which
//! are compiled once for all tests, because each takes a second of processor time.

use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

/// The names of the built-in policies.
const BUILT_IN: [&str; 3] = ["standard", "seed", "nova-34"];

/// The cache that is copied.
static COMPILED: LazyLock<PathBuf> = LazyLock::new(|| {
    let caches = Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled-policies");
    // An earlier run may have left those of another build.
    let _ = fs::remove_dir_all(&caches);
    for policy in BUILT_IN {
        let mut inspect = Command::new(program());
        inspect.args(["policy", "inspect", policy]).env("XDG_CACHE_HOME", &caches).env_remove("RUST_LOG");
        let output = inspect.output().unwrap();
        assert!(output.status.success(), "{policy}: {}", String::from_utf8_lossy(&output.stderr));
    }
    caches.join("swaparoo")
});

/// The value of `XDG_CACHE_HOME` for a program that runs in `folder`: a cache there, with the built-in policies.
pub fn cache_in(folder: &Path) -> PathBuf {
    let (caches, compiled) = (folder.join("cache"), &*COMPILED);
    let cache = caches.join("swaparoo");
    if !cache.exists() {
        DirBuilder::new().recursive(true).mode(0o700).create(&cache).unwrap();
        for entry in fs::read_dir(compiled).unwrap() {
            let entry = entry.unwrap();
            fs::copy(entry.path(), cache.join(entry.file_name())).unwrap();
        }
    }
    caches
}

/// The program under test.
pub fn program() -> PathBuf {
    std::env::var_os("SWAPAROO_PROGRAM").expect("SWAPAROO_PROGRAM is not set; run `cargo xtask test`").into()
}
