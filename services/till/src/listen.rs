//! The listener, and how others find it: `run_dir/till.url`.

use std::fs;
use std::net::SocketAddr;

use anyhow::Context as _;
use chit_runtime::Shared;
use tokio::net::TcpListener;

const URL_FILE: &str = "till.url";
const BEFORE_FILE: &str = "till.url.before";

/// With port 0 the port of the process before is tried first: a browser finds the till again after a restart.
pub async fn bind(shared: &Shared, listen: SocketAddr) -> anyhow::Result<TcpListener> {
    if listen.port() == 0
        && let Some(before) = port_before(shared)
        && let Ok(listener) = TcpListener::bind((listen.ip(), before)).await
    {
        return Ok(listener);
    }
    TcpListener::bind(listen)
        .await
        .with_context(|| format!("cannot serve the pages on {listen}; set [till] listen to a free port"))
}

fn port_before(shared: &Shared) -> Option<u16> {
    let read = |name| fs::read_to_string(shared.run_dir.join(name));
    let url = read(URL_FILE).or_else(|_stopped| read(BEFORE_FILE)).ok()?;
    url.trim().trim_end_matches('/').rsplit(':').next()?.parse().ok()
}

/// Writes the URL for people and tests.
pub fn announce(shared: &Shared, listener: &TcpListener) -> anyhow::Result<String> {
    let url = format!("http://{}/", listener.local_addr()?);
    fs::create_dir_all(&shared.run_dir)?;
    let (file, draft) = (shared.run_dir.join(URL_FILE), shared.run_dir.join("till.url.draft"));
    fs::write(&draft, format!("{url}\n"))
        .and_then(|()| fs::rename(&draft, &file))
        .with_context(|| format!("cannot write {}", file.display()))?;
    Ok(url)
}

/// Nobody is sent to pages that are gone; the next start remembers the port.
pub fn withdraw(shared: &Shared) {
    // A till that never came so far has none.
    let _ = fs::rename(shared.run_dir.join(URL_FILE), shared.run_dir.join(BEFORE_FILE));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_stopped_till_tells_no_address_and_comes_back_at_the_same_port() {
        let dir = tempfile::tempdir().unwrap();
        let shared = Shared::sandbox_in(dir.path());
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let listener = bind(&shared, any).await.unwrap();
        let url = announce(&shared, &listener).unwrap();
        drop(listener);
        withdraw(&shared);
        assert!(!shared.run_dir.join(URL_FILE).exists());
        let again = bind(&shared, any).await.unwrap();
        assert_eq!(announce(&shared, &again).unwrap(), url);
    }
}
