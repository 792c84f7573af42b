//! Configuration files, and the error line of each wrong one.

use std::fs;
use std::path::Path;

use super::*;

const EXAMPLE: &str = include_str!("../../../swaparoo.toml");

fn load(text: &str) -> Result<Config, ConfigError> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("s.toml");
    fs::write(&file, text).unwrap();
    Config::load(Some(&file), |_| ())
}

fn check(text: &str, line: usize, key: &str, says: &str) {
    let error = load(text).expect_err(text);
    let ConfigError::Wrong { line: at, key: of, what, .. } = &error else { panic!("{error} has no place") };
    assert_eq!((*at, of.as_str()), (line, key), "{error}");
    assert!(what.contains(says), "{error} should say {says:?}");
    assert_eq!(error.to_string().lines().count(), 1, "{error}");
}

#[test]
fn an_empty_file_equals_no_file() {
    assert_eq!(load("").unwrap(), Config::default());
    assert_eq!(Config::load(None, |_| ()).unwrap(), Config::default());
}

#[test]
fn tokens_of_keystone() {
    let cloud = "[placement]\ncloud = \"a\"\n[auth.keystone]\n";
    let roles = load(&format!("{cloud}roles = {{ Member = [\"read\"] }}")).unwrap().auth.keystone.unwrap().roles;
    assert_eq!(roles.into_keys().collect::<Vec<_>>(), ["member"]);
    let error = load("[placement]\nembedded = \"p\"\n[auth.keystone]\n").unwrap_err().to_string();
    assert!(error.contains("auth.keystone: Keystone is that of the cloud, so it also needs"), "{error}");
    check(&format!("{cloud}cache_for = \"10m\""), 4, "auth.keystone.cache_for", "600s is too long");
    let unknown = format!("{cloud}roles = {{ admin = [\"all\"] }}");
    check(&unknown, 4, "auth.keystone.roles", "the roles are `tasks`, `policies` and `read`");
}

#[test]
fn a_proxy_knows_placement_itself() {
    let check = |placement: &str, proxy: &str, says: &str| {
        let text = format!("[placement]\n{placement}\n[proxy]\n{proxy}\n");
        let error = load(&text).unwrap_err().to_string();
        assert!(error.contains(says), "{error} should say {says:?}");
    };
    let listen = "listen = \"127.0.0.1:8780\"";
    check("cloud = \"c\"", listen, "the proxy needs the URL of Placement itself");
    check("cloud = \"c\"\nurl = \"http://127.0.0.1:8780/placement\"", listen, "placement.url is this address");
    check("embedded = \"p.json\"", listen, "not placement.embedded");
    check("cloud = \"c\"", "tls_key = \"k\"", "it also needs proxy.tls_certificate");
    let good = load(&format!("[placement]\ncloud = \"c\"\nurl = \"http://p/placement\"\n[proxy]\n{listen}\n")).unwrap();
    assert_eq!(good.placement.url().map(|(url, _)| url.as_str()), Some("http://p/placement"));
}

#[test]
fn keys_and_types_and_units() {
    check("[listen]\nsoket = \"/x\"", 2, "listen.soket", "unknown key `soket`, expected one of `socket`, `tcp`");
    check("[listn]\n", 1, "listn", "unknown key `listn`, expected one of `listen`");
    check("[tasks]\nopen = \"many\"", 2, "tasks.open", "invalid type: string \"many\"");
    check("[tasks]\n\nopen = 0", 3, "tasks.open", "expected a whole number of at least 1");
    check("[tasks]\nworkers = -1", 2, "tasks.workers", "`-1`, expected a whole number of at least 1");
    check("[listen]\nconnections = 1.5", 2, "listen.connections", "expected a whole number of at least 1");
    check("[policies]\ntraps = 5000000000", 2, "policies.traps", "5000000000 is too large");
    check("[policies]\nsearch_faults = 2", 2, "policies.search_faults", "expected a whole number of 0 to 1");
    check("[policies]\nreplay = 100001", 2, "policies.replay", "expected a whole number of 0 to 100000");
    let size = "it must be \"4MiB\" to \"32MiB\"";
    check("[policies.limits]\ncomponent_bytes = \"1MiB\"", 2, "policies.limits.component_bytes", size);
    check("[policies.limits]\nmemory_bytes = \"1GiB\"", 2, "policies.limits.memory_bytes", "\"4MiB\" to \"256MiB\"");
    check("[policies.limits]\ntable_elements = 4095", 2, "policies.limits.table_elements", "of 4096 to 65536");
    check("[policies.limits]\nfuel = 1", 2, "policies.limits.fuel", "unknown key `fuel`");
    check("[placement]\nbatch = 0", 2, "placement.batch", "`0`, expected a whole number of 1 to 1000");
    check("[placement]\nin_flight = 0", 2, "placement.in_flight", "`0`, expected a whole number of 1 to 10000");
    check("[placement]\nin_flight = 10001", 2, "placement.in_flight", "a whole number of 1 to 10000");
    check("[listen]\nconnections_per_peer = 0", 2, "listen.connections_per_peer", "a whole number of at least 1");
    check("[listen]\nconnections_unauthenticated = 0", 2, "listen.connections_unauthenticated", "of at least 1");
    check("[auth]\nrequests_per_token = 0", 2, "auth.requests_per_token", "a whole number of at least 1");
    check("[auth]\nwaits_per_token = \"9\"", 2, "auth.waits_per_token", "expected a whole number of at least 1");
    check("[placement]\ncloud = \"a\"\nbatch = 1001", 3, "placement.batch", "a whole number of 1 to 1000");
    check("[journal]\nkeep = -1", 2, "journal.keep", "expected a whole number of at least 0");
    check("[tasks]\nstop_patience = 30", 2, "tasks.stop_patience", "30 has no unit: write a duration");
    check("[tasks]\nstop_patience = \"30\"", 2, "tasks.stop_patience", "\"60s\" (ms, s, m, h or d)");
    check("[tasks]\nstop_patience = \"30 sec\"", 2, "tasks.stop_patience", "\"30 sec\" is not understood");
    check("[tasks]\nstop_patience = true", 2, "tasks.stop_patience", "expected a duration with its unit");
    check("[journal]\nkeep_for = \"99999999999999999d\"", 2, "journal.keep_for", "is not understood");
    check("[listen]\nlargest_body = \"1MB\"", 2, "listen.largest_body", "(B, KiB, MiB or GiB)");
    check("[listen]\ntcp = \"localhost\"", 2, "listen.tcp", "\"localhost\" is not an address and a port, such as");
    check("[log]\nformat = \"xml\"", 2, "log.format", "`text` or `json`");
    check("[log]\nfilter = \"a=b=c\"", 2, "log.filter", "is not a filter such as \"info\"");
    check("[log]\nfilter = \"inof\"", 2, "log.filter", "\"inof\" is no level: write one of off, error, warn, info");
    check(
        "[traces]\notlp = \"collector:4318\"",
        2,
        "traces.otlp",
        "\"collector:4318\" is not a URL of http:// or https://",
    );
    check("[traces]\notlp = \"x\"", 2, "traces.otlp", "\"x\" is not a URL: ");
    check("[audit]\nevery = 15", 2, "audit.every", "15 has no unit: write a duration");
    check("[audit]\nevery = \"0s\"", 2, "audit.every", "omit the key for no audits");
    check(
        "[audit]\nrepair = [\"all\"]",
        2,
        "audit.repair",
        "\"all\" is not repaired by a task: choose from deleted-server",
    );
    check(
        "[audit]\nrepair = [\"evacuated\"]",
        2,
        "audit.repair",
        "\"evacuated\" is not repaired by a task: choose from",
    );
    check("[placement]\nembedded = \"x\"\n[audit]\nevery = \"1m\"", 4, "audit.every", "also needs placement.cloud");
    check("[policies]\ntrusted_keys = [\n  \"a\",\n  1,\n]", 4, "policies.trusted_keys", "expected a string");
    check("[log\n", 1, "log", "");
}

#[test]
fn keys_that_require_or_exclude_each_other() {
    check("[listen]\ntcp = \"0.0.0.0:1\"", 2, "listen.tcp", "listen.tls_key and auth.tokens; or listen on 127.0.0.1:1");
    check("[auth]\ntokens = \"t\"\n[listen]\ntcp = \"[::]:1\"", 4, "listen.tcp", "needs listen.tls_certificate and");
    let tls = "[listen]\ntls_certificate = \"c\"\ntls_key = \"k\"";
    check(&format!("{tls}\ntcp = \"10.0.0.1:1\""), 4, "listen.tcp", "needs auth.tokens");
    check(tls, 2, "listen.tls_certificate", "listen.tcp, which is not set");
    check("[listen]\ntcp = \"[::1]:1\"\ntls_key = \"k\"", 3, "listen.tls_key", "needs listen.tls_certificate");
    check("[listen]\ntls_certificate = \"c\"", 2, "listen.tls_certificate", "needs listen.tls_key");
    check("[listen]\nsocket = \"\"", 2, "listen.socket", "nothing to listen on");
    check("[placement]\nurl = \"http://p\"", 1, "placement", "`url` also needs `token_file`");
    check(
        "[placement]\ncloud = \"a\"\ncafile = \"c\"",
        1,
        "placement",
        "`cafile` also needs `url`; a cloud has its `cacert`",
    );
    check("[placement]\ncloud = \"a\"\nembedded = \"b\"", 1, "placement", "set one of");
    check("[journal]\noff = true\nfile = \"j\"", 1, "journal", "exclude each other");
    check("[journal]\nurl = \"mysql://u@h/d\"\nfile = \"j\"", 1, "journal", "set one of `file`, `url` and `off`");
    check("[journal]\ncafile = \"c\"", 1, "journal", "also needs `url`, the database's address");
    check("[journal]\nurl = \"redis://h/0\"", 2, "journal.url", "`redis` is neither postgresql:// nor mysql://");
    check("[journal]\nurl = \"mysql://u:p@h/d\"", 2, "journal.url", "put it into a file, and name the file");
    check("[journal]\nurl = \"mysql://u@h\"", 2, "journal.url", "the URL names no database");
    assert!(load(&format!("{tls}\ntcp = \"10.0.0.1:1\"\n[auth]\ntokens = \"t\"")).is_ok());
    assert!(load("[listen]\ntcp = \"127.1.2.3:1\"\n").is_ok());
}

#[test]
fn command_line_options_are_checked_with_the_file() {
    let error = Config::load(None, |config| config.listen.tcp = "1.2.3.4:5".parse().ok()).unwrap_err();
    assert!(error.to_string().starts_with("listen.tcp: other machines reach 1.2.3.4:5"), "{error}");
    let error = Config::load(Some(Path::new("/nowhere.toml")), |_| ()).unwrap_err();
    assert!(error.to_string().starts_with("the configuration /nowhere.toml cannot be read: "), "{error}");
}

#[test]
fn values_with_units() {
    let config = load("[tasks]\nstop_patience = \"200ms\"\n[journal]\nkeep_for = \"2h\"\noff = true").unwrap();
    assert_eq!(config.tasks.stop_patience.as_millis(), 200);
    assert_eq!((config.journal.keep_for.as_secs(), config.journal.at), (7_200, JournalAt::Off));
    assert_eq!(load("[listen]\nlargest_body = \"64 KiB\"").unwrap().listen.largest_body, 65_536);
}

/// The file sets these two shares of the connections only where they differ from the default shares.
#[test]
fn the_limits_of_a_peer_and_of_strangers_follow_from_the_total() {
    let parts = |text: &str| load(text).map(|config| (config.listen.of_peer(), config.listen.strangers())).unwrap();
    assert_eq!(parts(""), (512, 128));
    assert_eq!(parts("[listen]\nconnections = 1"), (1, 1));
    assert_eq!(parts("[listen]\nconnections_per_peer = 1024\nconnections_unauthenticated = 16"), (1024, 16));
    assert!(
        EXAMPLE.contains("#connections_per_peer = 512\n") && EXAMPLE.contains("#connections_unauthenticated = 128\n")
    );
}

#[test]
fn the_example_has_the_defaults() {
    let mut expected = Config::default();
    expected.listen.socket = Some("/run/swaparoo/swaparoo.sock".into());
    assert_eq!(load(EXAMPLE).unwrap(), expected);
}

/// Keys without a default are commented out. Each of them must be valid if it is set alone.
#[test]
fn the_example_shows_every_key() {
    let mut section = String::new();
    let mut shown = Vec::new();
    for line in EXAMPLE.lines() {
        let line = line.strip_prefix('#').filter(|line| !line.starts_with(' ')).unwrap_or(line);
        if line.starts_with('[') {
            section = line.to_owned();
            let within = section.trim_matches(['[', ']']).split_once('.');
            shown.extend(within.map(|(outer, inner)| format!("[{outer}]{inner}")));
        } else if let Some((key, _)) = line.split_once(" = ").filter(|_| !line.starts_with('#')) {
            shown.push(format!("{section}{key}"));
            let error = Config::parse(&format!("{section}\n{line}"), Path::new("s.toml")).err();
            let half = error.as_ref().is_none_or(|error| error.to_string().contains("needs"));
            assert!(half, "{line}: {error:?}");
        }
    }
    for section in
        ["listen", "auth", "auth.keystone", "placement", "journal", "tasks", "policies", "audit", "log", "traces"]
    {
        let error = load(&format!("[{section}]\nnone-such = 1")).unwrap_err().to_string();
        for key in error.split('`').skip(3).step_by(2) {
            assert!(shown.contains(&format!("[{section}]{key}")), "the example lacks {key} of [{section}]");
        }
    }
}
