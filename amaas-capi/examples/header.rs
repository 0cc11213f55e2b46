//! Writes `include/amaas.h`: `cargo run -p amaas-capi --example header`.
#![expect(clippy::print_stderr, reason = "a tool for people at a terminal")]

#[path = "../tests/header/generate.rs"]
mod generate;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    std::fs::write(generate::path(), generate::header()?)?;
    eprintln!("wrote {}", generate::path().display());
    Ok(())
}
