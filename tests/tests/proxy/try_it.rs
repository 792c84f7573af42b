//! docs/try-it.md shows what the program does.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use crate::cli::audit::fake_nova::FakeNova;
use crate::program_under_test::{cache_in, program};
use crate::service::placement_fixture::PlacementFixture;

const PAGE: &str = include_str!("../../../docs/try-it.md");

struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The page's commands that start a proxy.
fn commands() -> Vec<Vec<String>> {
    let lines = PAGE.lines().filter_map(|line| line.strip_prefix("    swaparoo proxy "));
    lines.map(|line| line.split(' ').map(str::to_owned).collect()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_commands_start_a_proxy_that_says_where_it_is() {
    let placement = PlacementFixture::model().await;
    let nova = FakeNova::start(&placement.proxy.url()).await;
    let commands = commands();
    assert_eq!(commands.len(), 3, "{commands:?}");
    let (observes, decides) = ("the proxy observes moves at http://", "the proxy decides moves at http://");
    for (given, says) in commands.iter().zip([observes, observes, decides]) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("clouds.yaml"), nova.clouds_yaml()).unwrap();
        let own = given.iter().map(|word| match word.as_str() {
            "127.0.0.1:8780" => "127.0.0.1:0".to_owned(),
            "http://10.0.0.5:8778" => placement.proxy.url(),
            "mycloud" => "fake".to_owned(),
            word => word.to_owned(),
        });
        let mut command = Command::new(program());
        command.arg("proxy").args(own).args(["--tcp", "127.0.0.1:0"]).current_dir(folder.path());
        command.env("XDG_CACHE_HOME", cache_in(folder.path()));
        for variable in ["OS_CLOUD", "OS_AUTH_URL", "OS_CLIENT_CONFIG_FILE", "RUST_LOG"] {
            command.env_remove(variable);
        }
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let _killed = Killed(child);
        let lines: Vec<String> = tokio::task::block_in_place(|| lines.take(2).map(Result::unwrap).collect());
        assert!(lines.first().is_some_and(|line| line.starts_with(says)), "{lines:?}");
        assert!(lines.get(1).is_some_and(|line| line.starts_with("listening on http://127.0.0.1:")), "{lines:?}");
        let at = lines[0].rsplit(' ').next().unwrap();
        let answer = reqwest::Client::builder().no_proxy().build().unwrap().get(at).send().await.unwrap();
        assert_eq!(answer.status(), 200);
    }
}
