//! Compiles every `chit/<service>/v1/*.proto` with protox, so that no system `protoc` is needed.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

use prost::Message as _;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    println!("cargo:rerun-if-changed={}", root.join("chit").display());
    let mut protos = Vec::new();
    collect_protos(&root.join("chit"), &mut protos)?;
    protos.sort();

    let descriptors = protox::compile(&protos, [&root])?;
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("chit.binpb"), descriptors.encode_to_vec())?;
    tonic_prost_build::configure().compile_fds(descriptors)?;
    Ok(())
}

fn collect_protos(dir: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() {
            collect_protos(&path, found)?;
        } else if path.extension().is_some_and(|e| e == "proto") {
            found.push(path);
        }
    }
    Ok(())
}
