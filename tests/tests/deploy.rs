//! What is quick to check of `deploy/`. `cargo xtask deploy` installs all of it for real, at night (docs/testing.md).

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::program_under_test::{cache_in, program};

/// systemd-analyze's exposure of the unit, from 0 to 100. It was 15.
const EXPOSURE: &str = "20";

/// What the examples put into the templates of the role.
const VARIABLES: [(&str, &str); 16] = [
    ("ansible_managed", "Ansible"),
    ("swaparoo_address", "127.0.0.1"),
    ("swaparoo_api_port", "8785"),
    ("swaparoo_proxy_port", "8781"),
    ("swaparoo_proxy_mode", "observe"),
    ("swaparoo_placement_url", "https://127.0.0.1:9"),
    ("swaparoo_database_user", "swaparoo"),
    ("swaparoo_database_host", "127.0.0.1"),
    ("swaparoo_database_port", "9"),
    ("swaparoo_database_name", "swaparoo"),
    ("swaparoo_keystone_url", "http://127.0.0.1:9/v3"),
    ("swaparoo_keystone_user", "swaparoo"),
    ("swaparoo_keystone_password", "secret"),
    ("swaparoo_keystone_project", "service"),
    ("swaparoo_region", "RegionOne"),
    ("swaparoo_interface", "internal"),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

#[test]
fn systemd_finds_the_unit_hardened() {
    let unit = root().join("host/swaparoo.service");
    let mut analyze = Command::new("systemd-analyze");
    analyze.args(["security", "--offline=yes", "--no-pager", "--threshold", EXPOSURE]).arg(unit);
    match analyze.output() {
        Ok(said) => assert!(said.status.success(), "{}", printed(&said)),
        Err(_) => println!("skipped: there is no systemd-analyze"),
    }
}

#[test]
fn the_packages_scripts_are_shell() {
    for script in ["postinst", "prerm", "postrm"] {
        let text = fs::read_to_string(root().join("deploy/debian").join(script)).unwrap();
        assert!(text.starts_with("#!/bin/sh\n") && text.contains("\n#DEBHELPER#\n"), "{script}: {text}");
        let checked = Command::new("sh").args(["-n", "-c", &text]).output().unwrap();
        assert!(checked.status.success(), "{script}: {}", printed(&checked));
    }
}

#[test]
fn debians_changelog_has_the_programs_version() {
    let text = fs::read_to_string(root().join("deploy/debian/changelog")).unwrap();
    let first = concat!("swaparoo (", env!("CARGO_PKG_VERSION"), ") ");
    assert!(text.starts_with(first), "{text}");
}

/// The role's configuration has only keys that the program knows, and its files are accepted; only the services that it names do
/// not answer.
#[test]
fn the_program_accepts_the_configuration_of_the_examples() {
    let folder = tempfile::tempdir().unwrap();
    let key = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let files = [
        ("swaparoo.toml", rendered("swaparoo.toml.j2", folder.path())),
        ("clouds.yaml", rendered("clouds.yaml.j2", folder.path())),
        ("tokens", "tasks,policies,read 0123456789abcdef".to_owned()),
        ("runners-token", "0123456789abcdef".to_owned()),
        ("journal.password", "secret".to_owned()),
        ("tls.crt", key.cert.pem()),
        ("ca.pem", key.cert.pem()),
        ("tls.key", key.signing_key.serialize_pem()),
    ];
    for (name, text) in files {
        let file = folder.path().join(name);
        fs::write(&file, text).unwrap();
        fs::set_permissions(file, Permissions::from_mode(0o600)).unwrap();
    }
    let mut doctor = Command::new(program());
    doctor.args(["doctor", "--config"]).arg(folder.path().join("swaparoo.toml"));
    let said = doctor
        .env("OS_CLIENT_CONFIG_PATH", folder.path())
        .env("HOME", folder.path())
        .env("XDG_CACHE_HOME", cache_in(folder.path()))
        .output()
        .unwrap();
    let text = printed(&said);
    assert_eq!(said.status.code(), Some(75), "{text}");
    let failed = text.lines().filter_map(|line| line.strip_prefix("failed")?.split(':').next());
    let failed: Vec<_> = failed.map(str::trim).collect();
    assert_eq!(failed, ["journal.url", "keystone"], "{text}");
}

/// A template of the role with all of its optional lines.
fn rendered(template: &str, folder: &Path) -> String {
    let text = fs::read_to_string(root().join("deploy/roles/swaparoo/templates").join(template)).unwrap();
    let text: String = text.lines().filter(|line| !line.starts_with("{%")).flat_map(|line| [line, "\n"]).collect();
    let authorities = folder.join("ca.pem").display().to_string();
    let files = ["swaparoo_cafile", "swaparoo_database_cafile", "swaparoo_keystone_cafile"];
    let domains = ["swaparoo_keystone_user_domain", "swaparoo_keystone_project_domain"];
    let others =
        files.map(|name| (name, authorities.as_str())).into_iter().chain(domains.map(|name| (name, "Default")));
    let filled = VARIABLES.into_iter().chain(others).fold(text, |text, (name, value)| {
        text.replace(&format!("{{{{ {name} }}}}"), value)
            .replace(&format!("{{{{ {name} | to_json }}}}"), &format!("\"{value}\""))
    });
    assert!(!filled.contains("{{"), "a variable has no value in this test: {filled}");
    filled.replace("/etc/swaparoo", &folder.display().to_string())
}

fn printed(output: &Output) -> String {
    [&output.stdout[..], &output.stderr[..]].map(String::from_utf8_lossy).concat()
}
