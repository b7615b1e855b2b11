//! States by name, as DESIGN writes them: `PayerOk` is PAYER_OK.

use std::fmt::Debug;

pub trait Named {
    fn name(&self) -> String;
}

/// Every enumeration of states.
impl<T: Debug + Copy + Into<i32>> Named for T {
    fn name(&self) -> String {
        let mut name = String::new();
        for letter in format!("{self:?}").chars() {
            if letter.is_ascii_uppercase() && !name.is_empty() {
                name.push('_');
            }
            name.push(letter.to_ascii_uppercase());
        }
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Copy, Debug)]
    enum SaleState {
        PayerOk,
        Draft,
    }

    impl From<SaleState> for i32 {
        fn from(state: SaleState) -> Self {
            state as Self
        }
    }

    #[test]
    fn a_state_is_named_as_the_design_writes_it() {
        assert_eq!(SaleState::PayerOk.name(), "PAYER_OK");
        assert_eq!(SaleState::Draft.name(), "DRAFT");
    }
}
