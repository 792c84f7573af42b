//! `swaparoo proxy`: a service with a proxy in front of Placement, with few options for a trial.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use reqwest::Url;
use swaparoo::http::Config;
use swaparoo::http::config::{JournalAt, PlacementAt, ProxyFail, ProxyMode};

use super::serve::{self, Serve};
use super::{Exit, log};

/// The API's address if the options name none.
const API: ([u8; 4], u16) = ([127, 0, 0, 1], 8786);

#[derive(Debug, Args)]
pub struct ProxyArgs {
    /// Where clients reach Placement through the proxy (proxy.listen)
    #[arg(long, value_name = "ADDR:PORT")]
    listen: Option<SocketAddr>,
    /// Placement itself, with its path if it has one (placement.url)
    #[arg(long, value_name = "URL")]
    placement: Option<Url>,
    /// A file with a token for Placement, instead of a cloud; ways back are then not decided (placement.token_file)
    #[arg(long, value_name = "FILE", requires = "placement", conflicts_with = "cloud")]
    token_file: Option<PathBuf>,
    /// The certificates of authorities for that URL, PEM (placement.cafile)
    #[arg(long, value_name = "FILE", requires = "placement")]
    cafile: Option<PathBuf>,
    /// What happens to nova's moves (proxy.mode)
    #[arg(long, value_enum)]
    mode: Option<ProxyMode>,
    /// What happens to a move that no policy can decide now (proxy.fail)
    #[arg(long, value_enum)]
    fail: Option<ProxyFail>,
    /// Write a record of each observed move to this folder (proxy.records.folder)
    #[arg(long, value_name = "FOLDER")]
    records: Option<PathBuf>,
    #[command(flatten)]
    serve: Serve,
}

/// Runs the service.
pub fn run(options: &ProxyArgs, log: &log::Options) -> anyhow::Result<Exit> {
    serve::run(&options.serve, log, &|config| over(options, config))
}

fn over(options: &ProxyArgs, config: &mut Config) {
    config.proxy.listen = options.listen.or(config.proxy.listen);
    config.proxy.mode = options.mode.unwrap_or(config.proxy.mode);
    config.proxy.fail = options.fail.unwrap_or(config.proxy.fail);
    if let Some(folder) = &options.records {
        config.proxy.records.folder = Some(folder.clone());
    }
    if let Some(url) = &options.placement {
        let cafile = options.cafile.clone();
        match &options.token_file {
            Some(token_file) => {
                config.placement.at = PlacementAt::Service { url: url.clone(), token_file: token_file.clone(), cafile };
            }
            None => (config.placement.endpoint, config.placement.endpoint_cafile) = (Some(url.clone()), cafile),
        }
    }
    if options.serve.names_no_file() {
        if options.serve.names_no_journal() && config.proxy.mode == ProxyMode::Observe {
            config.journal.at = JournalAt::Off;
        }
        // The default socket is in a folder that only an installed service has.
        config.listen.socket = options.serve.socket();
        if config.listen.socket.is_none() && config.listen.tcp.is_none() {
            config.listen.tcp = Some(API.into());
        }
    }
}
