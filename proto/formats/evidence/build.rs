//! The messages of the stored format, from its specification and without gRPC.

use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = Path::new("../..");
    let file = root.join("chit/media_capture/v1/manifest.proto");
    println!("cargo:rerun-if-changed={}", file.display());
    let descriptors = protox::compile([file], [root])?;
    prost_build::Config::new().compile_fds(descriptors)?;
    Ok(())
}
