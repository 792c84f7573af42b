//! The cache on disk: valid entries are used; invalid ones are detected, named in a warning and replaced.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::PathBuf;

use tempfile::TempDir;

use super::*;
use crate::engine::Digest;
use crate::engine::seal::{Key, SEAL};

/// A small component, because these tests compile it often.
const NAME: &str = "repeats_itself";

fn load(cache: &Path) -> (Policy, String) {
    warnings(|| engine(Cache::at(cache)).load(NAME, &hostile(NAME)).unwrap())
}

/// A folder with one entry.
fn filled() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("deep/er");
    assert_eq!(load(&cache).1, "");
    let entry = entries(&cache).pop().unwrap();
    (folder, entry)
}

fn entries(cache: &Path) -> Vec<PathBuf> {
    let all = fs::read_dir(cache).unwrap().map(|entry| entry.unwrap().path());
    all.filter(|path| path.extension().is_some_and(|end| end == "cwasm")).collect()
}

#[test]
fn a_policy_is_compiled_once() {
    let (_folder, entry) = filled();
    let cache = entry.parent().unwrap();
    let before = fs::metadata(&entry).unwrap();
    for (path, mode) in [(cache, 0o700), (&entry, 0o600), (&cache.join("key"), 0o600)] {
        assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, mode, "{}", path.display());
    }

    let (policy, warned) = load(cache);
    assert_eq!(warned, "");
    assert!(policy.next_step(&task(1), &[]).is_ok());
    assert_eq!(fs::metadata(&entry).unwrap().modified().unwrap(), before.modified().unwrap(), "it was written again");
    assert_eq!(entries(cache), [entry]);
}

#[test]
fn a_damaged_entry_is_noticed_and_replaced() {
    let (_folder, entry) = filled();
    let whole = fs::read(&entry).unwrap();
    let cut = |length: usize| whole[..length].to_vec();
    let flipped = |at: usize| {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x10;
        bytes
    };
    let (length, middle) = (whole.len(), whole.len() / 2);
    let too_short = [0, 1, 31].map(|length| (cut(length), "fewer than a seal"));
    let torn = [32, 33, 64, 4096, middle, length - 1].map(|length| (cut(length), "its content was changed"));
    let changed = [0, 31, 32, middle, length - 1].map(|at| (flipped(at), "its content was changed"));
    let longer = [([whole.as_slice(), b"x"].concat(), "its content was changed")];
    let engine = engine(Cache::off());
    for (damaged, why) in too_short.into_iter().chain(torn).chain(changed).chain(longer) {
        damaged_entry(&engine, &entry, &damaged, why);
    }
    let (policy, warned) = load(entry.parent().unwrap());
    assert!(policy.next_step(&task(1), &[]).is_ok());
    assert_eq!((warned.as_str(), fs::read(&entry).unwrap().len()), ("", length), "it is not there again");
}

/// If the entry is replaced by `damaged`, it is not used: a warning names the file and the reason, and it is removed.
fn damaged_entry(engine: &Engine, entry: &Path, damaged: &[u8], why: &str) {
    fs::write(entry, damaged).unwrap();
    let digest = Digest::of(&hostile(NAME));
    let (found, warned) = warnings(|| Cache::at(entry.parent().unwrap()).find(&engine.wasm, digest));
    assert!(found.is_none(), "{why:?} for {} bytes", damaged.len());
    assert!(warned.contains(&entry.display().to_string()) && warned.contains(why), "{why:?}: {warned}");
    assert!(!entry.exists());
}

#[test]
fn an_entry_of_another_component_is_not_used() {
    let (_folder, entry) = filled();
    let cache = entry.parent().unwrap();
    // A valid entry of another component.
    engine(Cache::at(cache)).load("panics", &hostile("panics")).unwrap();
    let other = entries(cache).into_iter().find(|other| *other != entry).unwrap();
    let mine = super::engine(Cache::off());
    damaged_entry(&mine, &entry, &fs::read(other).unwrap(), "its content was changed");

    // Sealed under the right name, but by an engine with other settings.
    let settings = wasmtime::Engine::new(wasmtime::Config::new().consume_fuel(false)).unwrap();
    let body = settings.precompile_component(&hostile(NAME)).unwrap();
    let name = entry.file_name().unwrap().to_str().unwrap();
    let key = Key::of(fs::read(cache.join("key")).unwrap().try_into().unwrap());
    let sealed = [key.seal(name, &body).as_slice(), &body].concat();
    damaged_entry(&mine, &entry, &sealed, "compiled without");
}

#[test]
fn a_plain_hash_is_not_accepted_as_a_seal() {
    use sha2::Digest as _;
    let (_folder, entry) = filled();
    let engine = engine(Cache::off());
    let name = entry.file_name().unwrap().to_str().unwrap();
    let body = fs::read(&entry).unwrap().split_off(SEAL);
    // The same machine code, which would run: with the hash that older versions used as a seal, without a seal, and
    // with another user's key.
    let hash = sha2::Sha256::new().chain_update(name).chain_update(&body).finalize();
    let other = Key::random().unwrap().seal(name, &body);
    for seal in [hash.as_slice(), &[0; SEAL], &other] {
        damaged_entry(&engine, &entry, &[seal, &body].concat(), "its content was changed");
    }
}

#[test]
fn an_entry_that_another_user_could_write_is_not_used() {
    let (folder, entry) = filled();
    let whole = fs::read(&entry).unwrap();
    let elsewhere = folder.path().join("elsewhere");
    fs::write(&elsewhere, &whole).unwrap();
    let refused = |why: &str| {
        let (policy, warned) = load(entry.parent().unwrap());
        assert!(policy.next_step(&task(1), &[]).is_ok());
        assert!(warned.contains(why) && warned.contains(&entry.display().to_string()), "{why:?}: {warned}");
        // It was compiled again and stored correctly.
        assert_eq!(load(entry.parent().unwrap()).1, "", "{why}");
    };
    fs::remove_file(&entry).unwrap();
    symlink(&elsewhere, &entry).unwrap();
    refused("it is a symbolic link");
    fs::set_permissions(&entry, Permissions::from_mode(0o666)).unwrap();
    refused("others may write to it (its mode is 666)");
    fs::write(&entry, &whole).unwrap();
    match chown(&entry, Some(65_534), None) {
        Ok(()) => refused("it belongs to the user 65534"),
        Err(error) => println!("an entry of another user is not tried: {error}"),
    }
}

#[test]
fn a_folder_that_replaces_it_is_not_used() {
    let (folder, entry) = filled();
    let (deep, cache) = (folder.path().join("deep"), entry.parent().unwrap());
    let engine = engine(Cache::at(cache));
    fs::rename(&deep, folder.path().join("away")).unwrap();
    fs::create_dir_all(cache).unwrap();
    fs::write(&entry, "another's").unwrap();
    let (policy, warned) = warnings(|| engine.load(NAME, &hostile(NAME)).unwrap());
    assert!(policy.next_step(&task(1), &[]).is_ok());
    assert_eq!(warned, "", "it looked at what was put in its folder's place");
    engine.load("panics", &hostile("panics")).unwrap();
    assert_eq!((entries(cache).len(), entries(&folder.path().join("away/er")).len()), (1, 2), "it wrote there");
}

#[test]
fn a_path_that_another_user_could_change_is_not_used() {
    let folder = tempfile::tempdir().unwrap();
    let (outer, cache) = (folder.path().join("outer"), folder.path().join("outer/cache"));
    fs::create_dir_all(&cache).unwrap();
    fs::set_permissions(&cache, Permissions::from_mode(0o700)).unwrap();
    let refused = |why: &str| {
        let (_, warned) = load(&cache);
        assert!(warned.contains(why) && warned.contains("are not cached"), "{why:?}: {warned}");
    };
    for mode in [0o777, 0o770] {
        fs::set_permissions(&outer, Permissions::from_mode(mode)).unwrap();
        refused(&format!("outer is open to others (its mode is {mode:o})"));
    }
    fs::set_permissions(&outer, Permissions::from_mode(0o755)).unwrap();
    // A symbolic link to the folder is as good as the folder.
    let link = folder.path().join("link");
    symlink(&outer, &link).unwrap();
    assert_eq!(load(&link.join("cache")).1, "");
    match chown(&outer, Some(65_534), None) {
        Ok(()) => refused("outer belongs to the user 65534"),
        Err(error) => println!("a folder of another user on the way is not tried: {error}"),
    }
}

#[test]
fn a_key_that_others_can_read_is_not_used() {
    let (_folder, entry) = filled();
    let (cache, key) = (entry.parent().unwrap(), entry.with_file_name("key"));
    fs::set_permissions(&key, Permissions::from_mode(0o644)).unwrap();
    let (_, warned) = load(cache);
    for words in ["are not cached", "`key`", "others may read or write it", "remove it"] {
        assert!(warned.contains(words), "{words:?}: {warned}");
    }
    fs::remove_file(&key).unwrap();
    let (_, warned) = load(cache);
    assert!(warned.contains("its content was changed"), "its entry was sealed by another key: {warned}");
    assert_eq!(load(cache).1, "");
    fs::write(&key, "short").unwrap();
    let (_, warned) = load(cache);
    assert!(warned.contains("it has 5 bytes, not 32"), "{warned}");
}

#[test]
fn without_a_usable_entry_the_policy_is_compiled() {
    let (_folder, entry) = filled();
    fs::remove_file(&entry).unwrap();
    fs::create_dir(&entry).unwrap();
    let (policy, warned) = load(entry.parent().unwrap());
    assert!(policy.next_step(&task(1), &[]).is_ok());
    for words in ["cannot read a compiled policy", "cannot cache a compiled policy", &entry.display().to_string()] {
        assert!(warned.contains(words), "{words:?}: {warned}");
    }
}

#[test]
fn an_untrusted_folder_is_not_changed() {
    let folder = tempfile::tempdir().unwrap();
    let inside = |name: &str| folder.path().join(name);
    fs::write(inside("file"), "").unwrap();
    for name in ["open", "real", "foreign"] {
        fs::create_dir(inside(name)).unwrap();
    }
    fs::set_permissions(inside("open"), Permissions::from_mode(0o777)).unwrap();
    symlink(inside("real"), inside("link")).unwrap();
    for (cache, why) in [
        (inside("open"), "others may write to it (its mode is 777)"),
        (inside("link"), "it is a symbolic link"),
        (inside("file"), "File exists"),
        (inside("file/below"), "Not a directory"),
        (foreign(inside("foreign")), "it belongs to the user"),
    ] {
        let (policy, warned) = load(&cache);
        assert!(policy.next_step(&task(1), &[]).is_ok());
        assert!(warned.contains(why) && warned.contains(&cache.display().to_string()), "{why:?}: {warned}");
    }
    assert!(["open", "real"].into_iter().all(|name| entries(&inside(name)).is_empty()), "it was written to");
}

/// A folder of another user: `/` for an ordinary user; root can create one.
fn foreign(folder: PathBuf) -> PathBuf {
    match chown(&folder, Some(65_534), None) {
        Ok(()) => folder,
        Err(_) => "/".into(),
    }
}

#[test]
fn many_processes_can_fill_it_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(Cache::at(folder.path()));
    let component = hostile(NAME);
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..6)
            .map(|_| scope.spawn(|| engine.load(NAME, &component).unwrap().next_step(&task(1), &[]).unwrap()))
            .collect();
        let decisions: Vec<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
        assert!(decisions.windows(2).all(|pair| pair[0] == pair[1]));
    });
    assert_eq!(entries(folder.path()).len(), 1, "{:?}", entries(folder.path()));
    assert_eq!(load(folder.path()).1, "");
}
