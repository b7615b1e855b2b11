use super::*;
use proptest::prelude::*;

const EAN: &[u8] = b"6901234567892";
const OTHER: &[u8] = b"4006381333931";

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn code(data: &[u8]) -> Framed {
    Framed::Code(data.to_vec())
}

fn payer() -> Vec<u8> {
    let mut token = [7; chit_payer_code::TOKEN_BYTES];
    token[0] = 0xF1;
    (token[12], token[14], token[20], token[21]) = (9, 9, 0, 156);
    chit_payer_code::digits::encode(&token).into_bytes()
}

/// Plays pieces at times in milliseconds, lets time pass whenever the framer waits, and a second at the end.
fn play(framer: &mut Framer, pieces: &[(u64, &[u8])]) -> Vec<Framed> {
    let mut framed = Vec::new();
    for (at, bytes) in pieces {
        while let Some(due) = framer.due().filter(|due| *due <= ms(*at)) {
            framed.extend(framer.tick(due));
        }
        framed.extend(framer.push(bytes, ms(*at)));
    }
    while let Some(due) = framer.due() {
        framed.extend(framer.tick(due));
    }
    framed
}

fn fresh(pieces: &[(u64, &[u8])]) -> Vec<Framed> {
    play(&mut Framer::new(Suffix::Auto), pieces)
}

/// A device that has sent three codes with this behind them; the last at 3 s.
fn used(suffix: &[u8]) -> Framer {
    let mut framer = Framer::new(Suffix::Auto);
    for at in 1..=3 {
        assert_eq!(play(&mut framer, &[(at * 1000, &[EAN, suffix].concat())]), [code(EAN)]);
    }
    framer
}

#[test]
fn every_suffix_that_devices_send_ends_a_code() {
    let vcard = b"BEGIN:VCARD\r\nVERSION:3.0\r\nN:Li;Na\r\nEND:VCARD";
    let lines = b"Sean Owen\r\nsrowen@example.org\r\n917-364-2918";
    let gs1 = b"\x1d01069012345678922112345\x1d1109010117100101";
    for content in [EAN, b"HELLO WORLD", vcard, lines, gs1, &payer()] {
        for (before, after) in [
            ("", "\r"),
            ("", "\n"),
            ("", "\r\n"),
            ("", "\t"),
            ("", "\x04"),
            ("\x02", "\x03"),
            ("\x02", "\x03\r"),
            ("", ""),
        ] {
            let sent = [before.as_bytes(), content, after.as_bytes()].concat();
            assert_eq!(fresh(&[(0, &sent)]), [code(content)], "{sent:?}");
        }
    }
}

/// Stalls of 70 ms have been seen inside a code; one after a line end is no other.
#[test]
fn a_card_of_several_lines_ends_with_its_end_and_a_frame_with_its_etx() {
    let vcard = b"BEGIN:VCARD\r\nVERSION:3.0\r\nN:Li;Na\r\nEND:VCARD";
    let calendar = b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VEVENT\nEND:VCALENDAR";
    let identified = [b"]Q1", &vcard[..]].concat();
    let lines = b"Sean Owen\r\nsrowen@example.org";
    for (content, before, after) in [
        (&vcard[..], "", "\r"),
        (vcard, "", "\n"),
        (vcard, "", ""),
        (vcard, "\x02", "\x03"),
        (calendar, "", "\r\n"),
        (&identified, "", "\r"),
        (lines, "\x02", "\x03"),
    ] {
        let sent = [before.as_bytes(), content, after.as_bytes()].concat();
        let within = before.len() + content.len();
        for at in 1..within {
            assert_eq!(fresh(&[(0, &sent[..at]), (70, &sent[at..])]), [code(content)], "{sent:?} at {at}");
        }
    }
}

#[test]
fn a_text_whose_last_line_looks_like_a_code_is_one_text_and_noise_before_a_code_is_none_of_it() {
    let text = [b"Second shelf from above\n", EAN].concat();
    assert_eq!(fresh(&[(0, &[&text[..], b"\r"].concat())]), [code(&text)]);
    let noise = [b"\x01\x06\n", EAN, b"\r"].concat();
    assert_eq!(fresh(&[(0, &noise)]).last(), Some(&code(EAN)));
}

#[test]
fn every_split_of_every_stream_gives_the_same_codes() {
    let vcard = b"BEGIN:VCARD\r\nVERSION:3.0\r\nN:Li;Na\r\nEND:VCARD";
    let lines = b"Sean Owen\r\nsrowen@example.org";
    for content in [EAN, b"]d2\x1d0106901234567892", b"HELLO WORLD", vcard, lines, &payer()] {
        for after in ["\r", "\n", "\r\n", "\t", "\x04", "\x03\r", ""] {
            let before = if after.starts_with('\x03') { "\x02" } else { "" };
            let sent = [before.as_bytes(), content, after.as_bytes()].concat();
            for at in 1..sent.len() {
                for stall in [0, 3, 12, 20] {
                    let pieces = [(0, &sent[..at]), (stall, &sent[at..])];
                    assert_eq!(
                        fresh(&pieces),
                        [code(content)],
                        "{content:?} {after:?} at {at} after {stall} ms"
                    );
                }
            }
        }
    }
}

#[test]
fn a_stall_inside_a_payer_code_does_not_split_it() {
    for after in ["", "\r", "\r\n", "\t"] {
        let sent = [&payer(), after.as_bytes()].concat();
        for at in 1..237 {
            for stall in [60, 70, 100] {
                assert_eq!(
                    fresh(&[(0, &sent[..at]), (stall, &sent[at..])]),
                    [code(&payer())],
                    "{at} {stall} ms"
                );
            }
        }
    }
}

#[test]
fn a_device_that_stops_sending_its_suffix_merges_nothing() {
    for suffix in ["\r", "\n", "\r\n", "\t", "\x04"] {
        for apart in [60, 100, 200, 260, 300, 450, 600] {
            let mut framer = used(suffix.as_bytes());
            let framed = play(&mut framer, &[(5000, EAN), (5000 + apart, OTHER), (5000 + 2 * apart, EAN)]);
            assert_eq!(framed, [code(EAN), code(OTHER), code(EAN)], "{suffix:?} {apart} ms");
        }
    }
}

#[test]
fn a_suffix_is_unlearnt_after_two_codes_that_end_otherwise() {
    let mut framer = used(b"\r");
    assert_eq!(framer.end(), Some(End::Cr));
    play(&mut framer, &[(5000, EAN)]);
    assert_eq!(framer.end(), None, "doubt");
    play(&mut framer, &[(6000, EAN)]);
    assert_eq!(framer.end(), Some(End::Silence));
    play(&mut framer, &[(7000, b"6901234567892\t"), (8000, b"6901234567892\t")]);
    assert_eq!(framer.end(), Some(End::Tab));
    assert_eq!(End::Tab.name(), "TAB");
}

#[test]
fn codes_that_came_in_one_read_are_taken_apart() {
    let both = |suffix: &str| [EAN, suffix.as_bytes(), OTHER, suffix.as_bytes()].concat();
    for suffix in ["\r", "\n", "\r\n", "\t", "\x04"] {
        assert_eq!(fresh(&[(0, &both(suffix))]), [code(EAN), code(OTHER)], "{suffix:?}");
    }
    assert_eq!(fresh(&[(0, b"\x026901234567892\x03\x024006381333931\x03")]), [code(EAN), code(OTHER)]);
    assert_eq!(fresh(&[(0, b"HELLO\rWORLD\r")]), [code(b"HELLO"), code(b"WORLD")]);
    assert_eq!(fresh(&[(0, b"]Q1HELLO\r\n]C0WORLD\r\n")]), [code(b"]Q1HELLO"), code(b"]C0WORLD")]);
    assert_eq!(fresh(&[(0, EAN), (50, OTHER)]), [code(EAN), code(OTHER)], "a pause tells where");
}

#[test]
fn a_known_suffix_is_not_waited_behind() {
    let mut framer = Framer::new(Suffix::Auto);
    assert_eq!(framer.push(b"6901234567892\r", ms(0)), [code(EAN)], "goods are complete");
    assert_eq!(framer.push(b"SHELF-12/B\r", ms(1000)), [code(b"SHELF-12/B")], "the suffix is known");
    assert_eq!(framer.push(b"two words\r", ms(2000)), [], "there may be lines");
    assert_eq!(framer.due(), Some(ms(2000) + SETTLE));
}

#[test]
fn a_told_suffix_is_never_unlearnt() {
    let mut framer = Framer::new(Suffix::Tab);
    play(&mut framer, &[(0, b"6901234567892\r"), (1000, b"6901234567892\r")]);
    assert_eq!(framer.end(), Some(End::Tab));
}

#[test]
fn seven_bits_with_parity_are_read_and_told() {
    let mut framer = Framer::new(Suffix::Auto);
    let sent = b"690\xb1\xb23\xb456\xb7\xb89\xb2\x8d";
    assert_eq!(framer.push(sent, ms(0)), [code(EAN)]);
    assert_eq!((framer.parity(), framer.end()), (Some(Parity::Even), Some(End::Cr)));
}

#[test]
fn answers_to_commands_are_kept_apart_from_codes() {
    assert_eq!(fresh(&[(0, b"232BAD9\x06.")]), [Framed::Reply(b"232BAD9\x06.".to_vec())]);
    let mut framer = used(b"\r");
    let framed =
        play(&mut framer, &[(5000, b"\x02\x01\x30000@SCNENA1\x06;\x03"), (5010, b"6901234567892\r")]);
    assert_eq!(framed, [Framed::Reply(b"\x02\x01\x30000@SCNENA1\x06;\x03".to_vec()), code(EAN)]);
    assert_eq!(framer.end(), Some(End::Cr), "an answer teaches nothing");
}

#[test]
fn a_message_of_iso_15434_keeps_its_own_end() {
    let message = b"[)>\x1e06\x1d1P6901234567892\x1e\x04";
    assert_eq!(fresh(&[(0, &[message.as_slice(), b"\r"].concat())]), [code(message)]);
}

#[test]
fn an_endless_line_is_refused_once_and_the_next_code_is_read() {
    let endless = vec![b'7'; 100_000];
    let framed = fresh(&[(0, &endless), (10, b"7\r6901234567892\r")]);
    assert_eq!(framed, [Framed::Refused(Refusal::TooLong), code(EAN)]);
    let longest = vec![b'7'; CODE_LEN_MAX];
    assert_eq!(fresh(&[(0, &longest)]), [code(&longest)]);
    let too_long = vec![b'7'; CODE_LEN_MAX + 1];
    assert_eq!(fresh(&[(0, &too_long)]), [Framed::Refused(Refusal::TooLong)]);
}

#[test]
fn a_code_that_lost_a_part_is_refused_to_its_end() {
    for end in [b"\r".as_slice(), b""] {
        let mut framer = used(b"\r");
        framer.push(b"6901", ms(5000));
        framer.spoil(Refusal::KeysLost, ms(5000));
        let rest = [b"4567892".as_slice(), end].concat();
        let framed = play(&mut framer, &[(5010, &rest), (6000, b"4006381333931\r")]);
        assert_eq!(framed, [Framed::Refused(Refusal::KeysLost), code(OTHER)], "{end:?}");
    }
}

#[test]
fn half_a_code_of_an_unplugged_device_is_refused_and_all_is_forgotten() {
    let mut framer = used(b"\r");
    framer.push(b"6901", ms(5000));
    assert_eq!(framer.cut(), Some(Framed::Refused(Refusal::CutOff)));
    assert_eq!(framer.cut(), None);
    assert_eq!(framer.end(), None, "the next one may be another device");
}

proptest! {
    /// Whatever a line sends: no panic, no growth, no code beyond its limit, and nothing that was not sent.
    #[test]
    fn any_bytes_at_any_times_stay_within_limits(
        pieces in prop::collection::vec(
            (0u64..400, prop::collection::vec(prop_oneof![Just(b'\r'), Just(b'\n'), Just(2), Just(3), Just(b'6'), any::<u8>()], 0..80)),
            0..40,
        ),
    ) {
        let mut framer = Framer::new(Suffix::Auto);
        let (mut at, mut sent) = (0, 0);
        let mut timed = Vec::new();
        for (pause, bytes) in &pieces {
            at += pause;
            sent += bytes.len();
            timed.push((at, bytes.as_slice()));
        }
        let mut out = 0;
        for framed in play(&mut framer, &timed) {
            match framed {
                Framed::Code(code) => {
                    prop_assert!(!code.is_empty() && code.len() <= CODE_LEN_MAX);
                    out += code.len();
                }
                Framed::Reply(reply) => out += reply.len(),
                Framed::Refused(_) => {}
            }
        }
        prop_assert!(out <= sent);
        prop_assert_eq!(framer.due(), None);
    }
}

#[test]
fn a_code_right_behind_noise_is_read() {
    let noise = b"\xf3\x07q\x1b\xa2\n\x15\x90~\x00\xee";
    let read = fresh(&[(0, noise), (1, b"\r"), (1, &[EAN, b"\r"].concat())]);
    assert_eq!(read.last(), Some(&code(EAN)), "{read:?}");
}
