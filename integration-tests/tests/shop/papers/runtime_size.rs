//! ADR 13 keeps the shared crate small.

use super::{files_below, read};

/// The bound as ADR 13 states it.
fn lines_max() -> usize {
    let text = read("docs/adr/0013-runtime-size.md");
    let after = text.split("At most ").nth(1).expect("ADR 13 says: At most N lines of code");
    let (figure, rest) = after.split_once(' ').unwrap();
    assert!(rest.starts_with("lines of code"), "ADR 13 says: At most N lines of code");
    figure.replace(',', "").parse().unwrap()
}

/// Lines that are neither blank, comment nor test.
fn lines_of_code(text: &str) -> usize {
    let code = text.split("#[cfg(test)]").next().unwrap();
    let lines = code.lines().map(str::trim);
    lines.filter(|line| !line.is_empty() && !line.starts_with("//")).count()
}

#[test]
fn the_runtime_is_as_small_as_its_decision_says() {
    let sources = files_below("services/runtime/src");
    let lines: usize = sources.iter().map(|file| lines_of_code(&read(file))).sum();
    let max = lines_max();
    assert!(lines <= max, "{lines} lines of code, ADR 13 allows {max}");
    assert!(lines > max / 2, "only {lines} lines were counted, or ADR 13 allows far too many");
}
