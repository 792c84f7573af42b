//! Whether the addresses can be used: no other program uses them, except a service that runs now.

use std::fmt::Display;
use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::net::UnixStream;
use std::path::Path;

use rustix::fs::{Access, access};
use swaparoo::http::config::{ListenConfig, ProxyConfig};

use super::report::Report;

/// Tries the socket and the TCP address.
pub fn examine(report: &mut Report, listen: &ListenConfig) {
    if let Some(socket) = &listen.socket {
        socket_at(report, socket);
    }
    if let Some(address) = listen.tcp {
        tcp_at(report, "listen.tcp", address);
    }
}

/// Tries the address of the proxy.
pub fn examine_proxy(report: &mut Report, proxy: &ProxyConfig) {
    if let Some(address) = proxy.listen {
        tcp_at(report, "proxy.listen", address);
    }
}

fn socket_at(report: &mut Report, socket: &Path) {
    let what = "listen.socket";
    match UnixStream::connect(socket) {
        Ok(_) => report.ok(what, format_args!("a service listens on {} now", socket.display())),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::ConnectionRefused) => {
            match folder(socket) {
                Folder::Writable => report.ok(what, format_args!("{} can be created", socket.display())),
                Folder::Missing(folder) => report.warning(what, missing(folder.display())),
                Folder::Closed(folder) => {
                    report.away(what, format_args!("this user cannot create files in {}", folder.display()));
                }
            }
        }
        Err(error) => report.away(what, format_args!("{}: {error}", socket.display())),
    }
}

fn tcp_at(report: &mut Report, what: &str, address: SocketAddr) {
    match TcpListener::bind(address) {
        Ok(_) => report.ok(what, format_args!("{address} is free")),
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            report.warning(what, format_args!("something listens on {address} now: the service, if it runs"));
        }
        Err(error) => report.away(what, format_args!("{address}: {error}")),
    }
}

/// The folder of a file that is created at the start.
pub enum Folder<'a> {
    Writable,
    Missing(&'a Path),
    Closed(&'a Path),
}

/// The state of the file's folder for this user.
pub fn folder(file: &Path) -> Folder<'_> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !folder.exists() {
        return Folder::Missing(folder);
    }
    if access(folder, Access::WRITE_OK | Access::EXEC_OK).is_ok() { Folder::Writable } else { Folder::Closed(folder) }
}

/// The unit of systemd creates the folders of the default configuration.
pub fn missing(folder: impl Display) -> String {
    format!("{folder} does not exist: create it, unless systemd does (RuntimeDirectory, StateDirectory)")
}
