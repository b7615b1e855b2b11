//! Writes docs/api.md (`just docs`).

use std::path::Path;

fn main() -> anyhow::Result<()> {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let page = chit_integration_tests::api_doc::render(&repository)?;
    Ok(std::fs::write(repository.join("docs/api.md"), page)?)
}
