//! Connects as the program does, by the given name or by the environment, and prints the address of Placement. For
//! tests of the environment, which need a separate process.

use std::process::ExitCode;

use swaparoo::clients::cloud::Cloud;

#[tokio::main]
async fn main() -> ExitCode {
    let name = std::env::args().nth(1);
    match Cloud::connect(name.as_deref()).await {
        Ok(cloud) => {
            println!("{}", cloud.placement());
            ExitCode::SUCCESS
        }
        Err(cause) => {
            eprintln!("{cause}");
            ExitCode::FAILURE
        }
    }
}
