//! Serves an empty Placement on a free port of loopback, and says which: `listening on http://127.0.0.1:PORT`. For trying
//! the crate alone; `swaparoo placement` does the same with options.

use swaparoo_placement::http;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    println!("listening on http://{}", listener.local_addr()?);
    http::serve(listener, http::Shared::default()).await
}
