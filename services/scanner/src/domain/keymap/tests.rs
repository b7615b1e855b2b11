use super::*;
use proptest::prelude::*;

const SHIFT: u16 = 42;
const CONTROL: u16 = 29;

/// Types keys as a scanner does: down, up, one after the other. `^n` in `keys` is Shift held over the key.
fn typed(keyboard: &mut Keyboard, keys: &[(u16, &[u16])]) -> String {
    let mut bytes = Vec::new();
    let mut press = |key, press| {
        if let Typed::Bytes(more) = keyboard.key(key, press) {
            bytes.extend(more);
        }
    };
    for (key, held) in keys {
        held.iter().for_each(|held| press(*held, Press::Down));
        press(*key, Press::Down);
        press(*key, Press::Up);
        held.iter().rev().for_each(|held| press(*held, Press::Up));
    }
    String::from_utf8(bytes).unwrap()
}

fn text(layout: Layout, keys: &[(u16, &[u16])]) -> String {
    typed(&mut Keyboard::new(layout), keys)
}

const NONE: &[u16] = &[];

#[test]
fn digits_and_signs_of_four_countries_come_out_as_they_were_printed() {
    let digits: Vec<(u16, &[u16])> = (2..=11).map(|key| (key, NONE)).collect();
    for layout in [Layout::Us, Layout::Uk, Layout::De] {
        assert_eq!(text(layout, &digits), "1234567890", "{layout:?}");
    }
    let shifted: Vec<(u16, &[u16])> = (2..=11).map(|key| (key, [SHIFT].as_slice())).collect();
    assert_eq!(text(Layout::Fr, &shifted), "1234567890");
    assert_eq!(text(Layout::Us, &shifted), "!@#$%^&*()");
    assert_eq!(text(Layout::Uk, &shifted), "!\"£$%^&*()");
    assert_eq!(text(Layout::De, &shifted), "!\"§$%&/()=");
    // The signs of a base45 code and of a web address: / : . - + * $ %
    let us: &[(u16, &[u16])] =
        &[(53, NONE), (39, &[SHIFT]), (52, NONE), (12, NONE), (13, &[SHIFT]), (9, &[SHIFT])];
    assert_eq!(text(Layout::Us, us), "/:.-+*");
    let de: &[(u16, &[u16])] =
        &[(8, &[SHIFT]), (52, &[SHIFT]), (52, NONE), (53, NONE), (27, NONE), (27, &[SHIFT])];
    assert_eq!(text(Layout::De, de), "/:.-+*");
    let fr: &[(u16, &[u16])] =
        &[(52, &[SHIFT]), (52, NONE), (51, &[SHIFT]), (7, NONE), (13, &[SHIFT]), (43, NONE)];
    assert_eq!(text(Layout::Fr, fr), "/:.-+*");
}

#[test]
fn letters_lie_where_each_country_puts_them() {
    let keys: &[(u16, &[u16])] =
        &[(16, NONE), (17, NONE), (21, NONE), (30, NONE), (44, &[SHIFT]), (50, NONE)];
    assert_eq!(text(Layout::Us, keys), "qwyaZm");
    assert_eq!(text(Layout::De, keys), "qwzaYm");
    assert_eq!(text(Layout::Fr, keys), "azyqW,");
    assert_eq!(text(Layout::Fr, &[(39, NONE), (39, &[SHIFT])]), "mM");
    assert_eq!(text(Layout::De, &[(16, &[RIGHT_ALT]), (9, &[RIGHT_ALT])]), "@[");
    assert_eq!(text(Layout::Fr, &[(11, &[RIGHT_ALT])]), "@");
    assert_eq!(text(Layout::Uk, &[(40, &[SHIFT]), (3, &[SHIFT])]), "@\"");
}

#[test]
fn caps_lock_that_the_scanner_presses_turns_the_case_of_letters_only() {
    let keys: &[(u16, &[u16])] =
        &[(CAPS_LOCK, NONE), (30, NONE), (30, &[SHIFT]), (2, NONE), (CAPS_LOCK, NONE), (30, NONE)];
    assert_eq!(text(Layout::Us, keys), "Aa1a");
    assert_eq!(text(Layout::Fr, &[(CAPS_LOCK, NONE), (2, NONE), (3, NONE)]), "12");
}

#[test]
fn the_number_pad_and_alt_numbers_write_characters() {
    let pad: Vec<(u16, &[u16])> =
        [79, 80, 81, 75, 76, 77, 71, 72, 73, 82, 98].iter().map(|key| (*key, NONE)).collect();
    assert_eq!(text(Layout::De, &pad), "1234567890/");
    let mut keyboard = Keyboard::new(Layout::Us);
    let mut out = Vec::new();
    // Alt 0 2 9 is GS, Alt 6 5 is A, Alt 0 2 2 8 is ä.
    for digits in [[82, 80, 73].as_slice(), &[77, 76], &[82, 80, 80, 72]] {
        keyboard.key(LEFT_ALT, Press::Down);
        for key in digits {
            keyboard.key(*key, Press::Down);
            keyboard.key(*key, Press::Up);
        }
        if let Typed::Bytes(bytes) = keyboard.key(LEFT_ALT, Press::Up) {
            out.extend(bytes);
        }
    }
    assert_eq!(String::from_utf8(out).unwrap(), "\u{1d}Aä");
}

#[test]
fn separators_come_as_control_keys() {
    assert_eq!(text(Layout::Us, &[(27, &[CONTROL])]), "\u{1d}");
    assert_eq!(text(Layout::Us, &[(7, &[CONTROL]), (7, &[CONTROL, SHIFT])]), "\u{1e}\u{1e}");
    assert_eq!(text(Layout::De, &[(10, &[CONTROL, RIGHT_ALT])]), "\u{1d}");
}

#[test]
fn enter_and_tab_end_a_code_and_a_key_without_meaning_spoils_it() {
    let mut keyboard = Keyboard::new(Layout::Us);
    assert_eq!(keyboard.key(ENTER, Press::Down), Typed::Bytes(b"\r".to_vec()));
    assert_eq!(keyboard.key(PAD_ENTER, Press::Down), Typed::Bytes(b"\r".to_vec()));
    assert_eq!(keyboard.key(TAB, Press::Down), Typed::Bytes(b"\t".to_vec()));
    assert_eq!(keyboard.key(59, Press::Down), Typed::Nothing, "F1");
    assert_eq!(keyboard.key(ENTER, Press::Down), Typed::Refused(Refusal::KeysUnknown));
    assert_eq!(keyboard.key(ENTER, Press::Down), Typed::Bytes(b"\r".to_vec()), "the next one is whole again");
    assert_eq!(keyboard.key(2, Press::Repeat), Typed::Nothing);
}

#[test]
fn lost_keys_refuse_the_code_and_release_what_was_held() {
    let mut keyboard = Keyboard::new(Layout::Us);
    keyboard.key(SHIFT, Press::Down);
    assert_eq!(keyboard.dropped(), Typed::Refused(Refusal::KeysLost));
    assert_eq!(keyboard.key(2, Press::Down), Typed::Bytes(b"1".to_vec()));
}

proptest! {
    #[test]
    fn any_keys_write_text_or_nothing(keys in prop::collection::vec((0u16..300, 0u8..3), 0..200)) {
        for layout in [Layout::Us, Layout::Uk, Layout::De, Layout::Fr] {
            let mut keyboard = Keyboard::new(layout);
            for (key, press) in &keys {
                let press = [Press::Up, Press::Down, Press::Repeat][usize::from(*press)];
                if let Typed::Bytes(bytes) = keyboard.key(*key, press) {
                    prop_assert!(std::str::from_utf8(&bytes).is_ok() && bytes.len() <= 4);
                }
            }
        }
    }
}
