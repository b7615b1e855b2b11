//! The till's pages: a gRPC client of checkout that stores no sale. HTML is made here and pushed to the browser, so that
//! a reload, a second screen and a restart all show what checkout knows.

mod assets;
mod code_pdf;
pub mod config;
mod cookie;
mod guard;
mod guests;
mod hub;
mod listen;
mod pages;
pub mod peers;
mod scans;
mod scene;
mod sessions;
mod thumb;
mod till;
mod view;
mod words;

use chit_runtime::{Context, Server};

pub use config::Config;
pub use till::Till;
pub use words::Lang;

/// Serves the pages until shutdown, and health and reflection on the service's own socket as every service does.
pub async fn run(ctx: Context, cfg: Config) -> anyhow::Result<()> {
    let listener = listen::bind(&ctx.shared, cfg.listen).await?;
    let url = listen::announce(&ctx.shared, &listener)?;
    tracing::info!(url, "the till's pages are served");
    let till = Till::new(&ctx, cfg)?;
    tokio::spawn(hub::follow_events(till.clone()));
    tokio::spawn(hub::follow_status(till.clone()));
    tokio::spawn(scans::follow(till.clone()));
    let pages = pages::router(till.clone());
    let shutdown = ctx.shutdown.clone();
    let web = async move {
        guests::serve(listener, pages, shutdown).await;
        Ok(())
    };
    let grpc = Server::new(&ctx, chit_proto::FILE_DESCRIPTOR_SET).run();
    // At once, not after the last answer: nobody new is to come.
    let address = async {
        ctx.shutdown.wait().await;
        listen::withdraw(&ctx.shared);
        Ok(())
    };
    tokio::try_join!(web, grpc, address)?;
    Ok(())
}

/// The pages over a shop's sockets, for tests: the same router with the same followers.
pub fn pages_of(ctx: &Context, cfg: Config) -> anyhow::Result<axum::Router> {
    let till = Till::new(ctx, cfg)?;
    tokio::spawn(hub::follow_events(till.clone()));
    tokio::spawn(hub::follow_status(till.clone()));
    Ok(pages::router(till))
}
