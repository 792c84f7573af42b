//! Connects as the program does, by the name given or by the environment, and says where Placement is. For tests that
//! are about the environment, which one process has but one of.

use std::process::ExitCode;

use swaparoo::cloud::Cloud;

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
