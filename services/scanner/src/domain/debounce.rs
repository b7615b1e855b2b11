//! Drops the same code read twice in a row within one checkout, for handhelds that are too eager.

use std::time::Duration;

use super::scan::Code;

#[derive(Debug)]
pub struct Debounce {
    window: Duration,
    last: Option<(Code, Duration)>,
}

impl Debounce {
    /// Zero never drops anything.
    pub fn new(window: Duration) -> Self {
        Self { window, last: None }
    }

    /// A new checkout: the same code counts again.
    pub fn forget(&mut self) {
        self.last = None;
    }

    /// `now` is time since any fixed moment. The window counts from the last scan that was passed on.
    pub fn admits(&mut self, code: &Code, now: Duration) -> bool {
        if self.window.is_zero() {
            return true;
        }
        let repeated =
            matches!(&self.last, Some((last, at)) if last == code && now.saturating_sub(*at) < self.window);
        if !repeated {
            self.last = Some((code.clone(), now));
        }
        !repeated
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::scan::CodeBytes;

    fn code(text: &str) -> Code {
        Code { bytes: CodeBytes(text.into()), aim_identifier: String::new() }
    }

    #[test]
    fn the_same_code_is_dropped_inside_the_window_only() {
        let mut debounce = Debounce::new(Duration::from_millis(1000));
        let ms = Duration::from_millis;
        assert!(debounce.admits(&code("a"), ms(0)));
        assert!(!debounce.admits(&code("a"), ms(999)));
        assert!(debounce.admits(&code("a"), ms(1000)));
        assert!(debounce.admits(&code("b"), ms(1001)));
        assert!(debounce.admits(&code("a"), ms(1002)), "another code came between");
    }

    #[test]
    fn a_new_checkout_takes_the_same_code_again() {
        let mut debounce = Debounce::new(Duration::from_millis(1000));
        assert!(debounce.admits(&code("a"), Duration::ZERO));
        debounce.forget();
        assert!(debounce.admits(&code("a"), Duration::from_millis(1)));
    }

    #[test]
    fn without_a_window_goods_may_be_scanned_twice() {
        let mut debounce = Debounce::new(Duration::ZERO);
        assert!(debounce.admits(&code("a"), Duration::ZERO));
        assert!(debounce.admits(&code("a"), Duration::ZERO));
    }
}
