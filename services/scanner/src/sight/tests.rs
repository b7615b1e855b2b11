use proptest::prelude::*;
use qrcode::{Color, EcLevel, QrCode};

use super::*;
use crate::domain::symbol::Symbology;

/// A code as a phone shows it: dark on light, a little grey, not in the middle.
pub fn drawn(payload: &[u8], width: usize, height: usize, module_px: usize) -> Plane<'static> {
    let code = QrCode::with_error_correction_level(payload, EcLevel::M).unwrap();
    let (modules, left, top) = (code.width(), 60, 90);
    assert!(left + modules * module_px < width && top + modules * module_px < height);
    let mut grey = vec![200; width * height];
    for y in 0..modules * module_px {
        for x in 0..modules * module_px {
            if code[(x / module_px, y / module_px)] == Color::Dark {
                grey[(top + y) * width + left + x] = 40;
            }
        }
    }
    Plane::new(width, height, grey).unwrap()
}

/// A light plane with the bars of an EAN-13.
fn ean13(digits: &str, module_px: usize) -> Plane<'static> {
    const LEFT: [&str; 10] = [
        "0001101", "0011001", "0010011", "0111101", "0100011", "0110001", "0101111", "0111011", "0110111",
        "0001011",
    ];
    const FIRST: [&str; 10] =
        ["LLLLLL", "LLGLGG", "LLGGLG", "LLGGGL", "LGLLGG", "LGGLLG", "LGGGLL", "LGLGLG", "LGLGGL", "LGGLGL"];
    let digit: Vec<usize> = digits.bytes().map(|digit| usize::from(digit - b'0')).collect();
    let mut bars = String::from("101");
    for (at, parity) in FIRST[digit[0]].bytes().enumerate() {
        let left = LEFT[digit[at + 1]];
        // G is R mirrored, and R is L inverted.
        let inverted: String = left.chars().map(|bar| if bar == '0' { '1' } else { '0' }).collect();
        bars += &if parity == b'L' { left.to_owned() } else { inverted.chars().rev().collect() };
    }
    bars += "01010";
    for at in 7..13 {
        bars += &LEFT[digit[at]].chars().map(|bar| if bar == '0' { '1' } else { '0' }).collect::<String>();
    }
    bars += "101";
    let (width, height) = ((95 + 30) * module_px, 120);
    let row: Vec<u8> = (0..width)
        .map(|x| {
            let bar = (x / module_px).checked_sub(15).and_then(|at| bars.as_bytes().get(at));
            if bar == Some(&b'1') { 30 } else { 220 }
        })
        .collect();
    Plane::new(width, height, row.repeat(height)).unwrap()
}

fn contents(plane: &Plane<'_>, fallbacks: &[Fallback]) -> Vec<Vec<u8>> {
    cascade::look(plane, fallbacks, &|| false).into_iter().map(|sighting| sighting.content).collect()
}

fn payer() -> Vec<u8> {
    "0123456789".repeat(23).into_bytes().into_iter().chain(*b"0123456").collect()
}

/// Three pixels of mean, again and again: a lens out of focus.
fn out_of_focus(plane: &Plane<'_>, passes: usize) -> Plane<'static> {
    let (width, height) = (plane.width, plane.height);
    let mut grey: Vec<f32> = plane.grey.iter().map(|pixel| f32::from(*pixel)).collect();
    for _ in 0..passes {
        let at = |x: usize, y: usize| grey[y.min(height - 1) * width + x.min(width - 1)];
        grey = (0..width * height)
            .map(|index| {
                let (x, y) = (index % width, index / width);
                let around =
                    [(x.saturating_sub(1), y), (x, y), (x + 1, y), (x, y.saturating_sub(1)), (x, y + 1)];
                around.iter().map(|(x, y)| at(*x, *y)).sum::<f32>() / 5.0
            })
            .collect();
    }
    Plane::new(width, height, grey.iter().map(|value| *value as u8).collect::<Vec<_>>()).unwrap()
}

#[test]
fn a_code_is_read_in_every_size_and_turn_and_in_negative() {
    for module_px in [2, 3, 5, 8] {
        let mut plane = drawn(&payer(), 640, 480, module_px);
        for turn in 0..4 {
            assert_eq!(contents(&plane, &[]), [payer()], "{module_px} px, {turn} quarter turns");
            plane = plane.turned();
        }
    }
    let negative = drawn(&payer(), 640, 480, 5).inverted();
    assert_eq!(contents(&negative, &[]), [] as [Vec<u8>; 0]);
    assert_eq!(contents(&negative, &[Fallback::Inverted]), [payer()]);
}

#[test]
fn modules_that_run_into_each_other_are_read_in_grey() {
    let blurred = out_of_focus(&drawn(&payer(), 640, 480, 6), 24);
    let read = cascade::look(&blurred, &[], &|| false);
    assert_eq!(read.len(), 1);
    assert_eq!((read[0].content.as_slice(), read[0].engine), (payer().as_slice(), Engine::Grid));
}

#[test]
fn grain_in_little_light_is_read_in_a_quarter_of_the_size() {
    let plane = drawn(&payer(), 640, 480, 7);
    let mut state = 1_u64;
    let mut noise = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 60) as i32 - 8
    };
    let dark = |pixel: &u8| (i32::from(*pixel) / 14 + 12 + noise()).clamp(0, 255) as u8;
    let dark: Vec<u8> = plane.grey.iter().map(dark).collect();
    let plane = Plane::new(640, 480, dark).unwrap();
    assert_eq!(contents(&plane, &[Fallback::Quarter]), [payer()]);
}

#[test]
fn several_codes_of_a_picture_are_all_told() {
    let (left, right) = (drawn(b"ONE", 300, 300, 6), drawn(b"TWO", 300, 300, 6));
    let rows = (0..300).flat_map(|y| left.row(y).iter().chain(right.row(y)).copied());
    let plane = Plane::new(600, 300, rows.collect::<Vec<_>>()).unwrap();
    let mut read = contents(&plane, &[]);
    read.sort();
    assert_eq!(read, [b"ONE".to_vec(), b"TWO".to_vec()]);
}

#[test]
fn bar_codes_of_goods_are_read_upright_and_upside_down() {
    let wanted = linear::READABLE;
    for module_px in [2, 3] {
        let plane = ean13("6901234567892", module_px);
        let read = linear::read(&plane, &wanted, &|| false);
        assert_eq!(read.len(), 1);
        assert_eq!(
            (read[0].content.as_slice(), read[0].symbology),
            (b"6901234567892".as_slice(), Symbology::Ean13)
        );
        let upside_down = plane.turned().turned();
        assert_eq!(linear::read(&upside_down, &wanted, &|| false), read);
        assert_eq!(linear::read(&plane.turned(), &wanted, &|| false), [], "lying bars want a turned picture");
        assert_eq!(linear::read(&plane, &[Symbology::Code128], &|| false), [], "nobody asked for it");
    }
}

#[test]
fn a_large_picture_is_scaled_down_first() {
    let plane = drawn(b"HELLO", 3000, 2000, 40);
    assert_eq!(cascade::bounded(&plane).pixels(), 1500 * 1000);
    assert_eq!(contents(&plane, &[]), [b"HELLO".to_vec()]);
}

#[test]
fn when_the_time_is_over_nothing_more_is_tried() {
    let blurred = out_of_focus(&drawn(&payer(), 640, 480, 6), 24);
    assert_eq!(cascade::look(&blurred, &Fallback::ALL, &|| true), []);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Noise, blocks and stripes of any size: nothing is read, nothing breaks.
    #[test]
    fn pictures_without_a_code_give_none(
        width in 1usize..400,
        height in 1usize..400,
        block in 1usize..24,
        seed: u64,
    ) {
        let grey: Vec<u8> = (0..width * height)
            .map(|at| {
                let (x, y) = ((at % width / block) as u64, (at / width / block) as u64);
                let mixed = (x.wrapping_mul(0x9E37_79B9) ^ y.wrapping_mul(0x85EB_CA6B) ^ seed).wrapping_mul(0xBF58_476D_1CE4_E5B9);
                (mixed >> 56) as u8
            })
            .collect();
        let plane = Plane::new(width, height, grey).unwrap();
        prop_assert_eq!(cascade::look(&plane, &Fallback::ALL, &|| false), []);
        prop_assert_eq!(linear::read(&plane, &linear::READABLE, &|| false), []);
    }
}
