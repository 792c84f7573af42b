//! Which cloud is found, and the errors if none is found. Each test uses a separate process, since it needs its own
//! environment.

use std::net::TcpListener;
use std::process::Command;

use tempfile::TempDir;

use super::REAL;

const UNSET: [(&str, &str); 0] = [];

/// A folder with a clouds.yaml that has one cloud for each form of description.
pub fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let keystone = &REAL.urls().keystone;
    let nowhere = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let cloud = |name: &str, settings: &str| format!("  {name}:\n    region_name: RegionOne\n{settings}");
    let auth = |url: &str, more: &str| format!("    auth: {{auth_url: \"{url}\", {more}}}\n");
    let admin = "username: admin, project_name: admin, user_domain_id: default, project_domain_id: default";
    let password = |password: &str| auth(&format!("{keystone}/v3"), &format!("{admin}, password: {password}"));
    let robot = auth(keystone, "application_credential_id: ac0de, application_credential_secret: the-robots-secret");
    let elsewhere = "placement_endpoint_override: http://placement.example/\n";
    let clouds = [
        cloud("password", &password("the-admins-password")),
        cloud("application-credential", &format!("    auth_type: v3applicationcredential\n{robot}")),
        cloud("public-url", &format!("    interface: publicURL\n{}", password("the-admins-password"))),
        cloud("internal", &format!("    interface: internal\n{}", password("the-admins-password"))),
        cloud("region-two", &password("the-admins-password")).replace("RegionOne", "RegionTwo"),
        cloud("overridden", &format!("    {elsewhere}    interface: internal\n{}", password("the-admins-password"))),
        cloud("wrong-password", &password("a-wrong-secret")),
        cloud("no-password", &auth(keystone, admin)),
        cloud("nowhere", &auth(&format!("http://{nowhere}/v3"), &format!("{admin}, password: the-admins-password"))),
    ];
    let file = folder.path().join("clouds.yaml");
    std::fs::write(&file, format!("clouds:\n{}", clouds.concat())).unwrap();
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    folder
}

/// The standard output of `ask`, or its standard error if it fails. It runs in a folder with no other configuration.
fn ask(folder: &TempDir, name: Option<&str>, variables: &[(&str, &str)]) -> Result<String, String> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ask"));
    command.args(name).env_clear().env("HOME", folder.path().join("home")).current_dir(folder.path());
    let output = command.envs(variables.iter().copied()).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap().trim_end().to_owned();
    if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
}

fn check_found(name: Option<&str>, variables: &[(&str, &str)]) {
    assert_eq!(ask(&folder(), name, variables), Ok(format!("{}/", REAL.urls().placement)), "{name:?} {variables:?}");
}

/// Checks that it is one line with these words and without secrets.
fn check_refused(folder: &TempDir, name: Option<&str>, variables: &[(&str, &str)], words: &[&str]) {
    let said = ask(folder, name, variables).unwrap_err();
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(words.iter().all(|word| said.contains(word)), "{said:?} lacks one of {words:?}");
    assert!(["a-wrong-secret", "the-admins-password"].iter().all(|secret| !said.contains(secret)), "{said}");
}

#[test]
fn a_cloud_is_found_by_its_name() {
    for name in ["password", "application-credential", "public-url"] {
        check_found(Some(name), &UNSET);
    }
    check_found(None, &[("OS_CLOUD", "password")]);
    let overridden = ask(&folder(), Some("overridden"), &UNSET);
    assert_eq!(overridden.as_deref(), Ok("http://placement.example/"));
}

#[test]
fn only_the_file_in_the_variable_is_read() {
    let (here, there) = (tempfile::tempdir().unwrap(), folder());
    std::fs::write(here.path().join("clouds.yaml"), "clouds: {password: {auth: {auth_url: \"http://x\"}}}").unwrap();
    let file = there.path().join("clouds.yaml");
    let variables = [("OS_CLIENT_CONFIG_FILE", file.to_str().unwrap())];
    assert_eq!(ask(&here, Some("password"), &variables), Ok(format!("{}/", REAL.urls().placement)));
    check_refused(&here, Some("password"), &[("OS_CLIENT_CONFIG_FILE", "/none.yaml")], &["/none.yaml"]);
}

#[test]
fn a_cloud_is_found_by_the_variables() {
    let auth_url = format!("{}/v3", REAL.urls().keystone);
    let password = [
        ("OS_AUTH_URL", auth_url.as_str()),
        ("OS_USERNAME", "admin"),
        ("OS_PASSWORD", "the-admins-password"),
        ("OS_PROJECT_NAME", "admin"),
        ("OS_USER_DOMAIN_NAME", "Default"),
        ("OS_PROJECT_DOMAIN_NAME", "Default"),
        ("OS_REGION_NAME", "RegionOne"),
        ("OS_INTERFACE", "public"),
        ("OS_IDENTITY_API_VERSION", "3"),
    ];
    check_found(None, &password);
    let robot = [
        ("OS_AUTH_URL", auth_url.as_str()),
        ("OS_AUTH_TYPE", "v3applicationcredential"),
        ("OS_APPLICATION_CREDENTIAL_ID", "ac0de"),
        ("OS_APPLICATION_CREDENTIAL_SECRET", "the-robots-secret"),
    ];
    check_found(None, &robot);
    let without: Vec<_> = password.into_iter().filter(|(name, _)| *name != "OS_PASSWORD").collect();
    check_refused(&folder(), None, &without, &["OS_PASSWORD"]);
    let wrong: Vec<_> = without.into_iter().chain([("OS_PASSWORD", "a-wrong-secret")]).collect();
    check_refused(&folder(), None, &wrong, &["OS_* variables", "refuses the credentials", &auth_url]);
}

#[test]
fn an_error_is_one_line() {
    let (folder, keystone) = (folder(), REAL.urls().keystone.as_str());
    let check = |name, words: &[&str]| check_refused(&folder, Some(name), &UNSET, words);
    check("nosuch", &["\"nosuch\"", "clouds.yaml", "application-credential, internal, "]);
    check("wrong-password", &["\"wrong-password\"", "refuses the credentials", keystone]);
    check("no-password", &["\"no-password\"", "has no password", "OS_PASSWORD"]);
    check("nowhere", &["\"nowhere\"", "does not answer at http://127.0.0.1:"]);
    check("region-two", &["\"region-two\"", "no placement endpoint", "region RegionTwo"]);
    check("internal", &["\"internal\"", "no placement endpoint", "interface internal"]);
    check_refused(&folder, None, &UNSET, &["no cloud is named", "OS_AUTH_URL"]);
}

#[test]
fn a_broken_file_is_named() {
    let check = |text: &str| {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("clouds.yaml"), text).unwrap();
        check_refused(&folder, Some("password"), &UNSET, &["cannot read", "clouds.yaml"]);
    };
    check("clouds: {password: [");
    check("clouds: 5");
    let empty = tempfile::tempdir().unwrap();
    check_refused(&empty, Some("password"), &UNSET, &["\"password\"", "clouds.yaml does not exist"]);
}
