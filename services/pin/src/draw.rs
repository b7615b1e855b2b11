//! One-time PINs.

const PINS: u32 = 1_000_000;

/// Six digits, each PIN as likely as any other: `None` for draws above the last whole million, which are thrown away.
pub fn pin_of(draw: u32) -> Option<String> {
    (draw < u32::MAX / PINS * PINS).then(|| format!("{:06}", draw % PINS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_pin_is_likelier_than_another() {
        assert_eq!(pin_of(7).as_deref(), Some("000007"));
        assert_eq!(pin_of(4_293_999_999).as_deref(), Some("999999"));
        assert_eq!(pin_of(4_294_000_000), None);
    }
}
